"""The HTML views: nothing of the text is lost or taken for markup, and the page does what it promises in a browser."""

import base64
import copy
import hashlib
import json
import re
import time
import unicodedata
from types import SimpleNamespace

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

import govtext as gt
from govtext import views
from govtext.display import colour_of, entity_rows, pad, quantity, width
from govtext.errors import DataError, OutputError
from govtext.labels import DOMAINS, ENTITY_LABELS
from govtext.resources import sample_paths
from govtext.views.html import embedded_json

SCRIPT = "<script>document.title='owned'</script>"
IMAGE = '"><img src=x onerror="document.title=\'owned\'">'
HOSTILE = f"一、{SCRIPT}标题\n{IMAGE}完成投资</script>3亿元。<!-- '`${{x}} & &lt;\n"


def bare(text):
    """The text without white space and control characters, which a browser does not keep."""
    return "".join(c for c in text if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cs") and c != "\ufffd")


def tree_of(html):
    return lxml.html.document_fromstring(str(html))


@pytest.fixture
def hostile(make_record):
    link = {"name": IMAGE, "code": SCRIPT, "path": [SCRIPT]}
    record = make_record(
        HOSTILE,
        entities=[
            (SCRIPT, "PLACE", {"place": link}),
            (IMAGE, '"><svg onload=x>', {}),
            ("3亿元", "METRIC", {"metric": {"indicator": IMAGE, "value": 3, "unit": SCRIPT, "period": IMAGE}}),
        ],
        domains=[{'"><b onclick=x>': 0.5, SCRIPT: 0.4}],
        id=f"../{IMAGE}",
        title=SCRIPT + IMAGE,
    )
    record["meta"] |= {"issuer": IMAGE, "meeting": SCRIPT, "level": IMAGE}
    return record


def assert_harmless(html, *, scripts):
    tree = tree_of(html)
    assert len(tree.xpath("//script")) == scripts
    assert not tree.xpath("//img|//b[@onclick]|//iframe|//object|//embed|//link|//base")
    assert not [a for node in tree.iter() for a in node.attrib if a.lower().startswith("on")]


def test_report_text_is_never_markup(hostile):
    page = views.report(hostile, explanations={hostile["sentences"][0]["start"]: [(SCRIPT, 1.0), (IMAGE, -0.5)]})
    assert_harmless(page, scripts=3)
    tree = tree_of(page)
    assert tree.xpath("//title")[0].text == SCRIPT + IMAGE
    assert bare(SCRIPT) in bare(tree.get_element_by_id("text").text_content())
    data = json.loads(tree.get_element_by_id("data").text)
    assert data["entities"][0][1] == SCRIPT and [SCRIPT, "+1.00"] in data["sentences"][0][2]


@pytest.mark.parametrize("piece", [views.entities, views.outline, views.metrics, lambda r: views.kwic(r, "投资")])
def test_pieces_are_never_markup(hostile, piece):
    assert_harmless(piece(hostile)._repr_html_(), scripts=0)


def test_index_is_never_markup(hostile):
    page = views.index([hostile])
    assert_harmless(page, scripts=2)
    (href,) = tree_of(page).xpath("//tbody//a/@href")
    assert href.endswith(".html") and not re.search(r"[\\/<>\"]|\.\.|%2F", href)


def test_policy_allows_own_scripts_only(county):
    page = str(views.report(county))
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1].replace("&#x27;", "'")
    inline = re.findall(r"<script>(.*?)</script>", page, re.DOTALL) + re.findall(
        r"<style>(.*?)</style>", page, re.DOTALL
    )
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in inline]
    assert len(hashes) == 3 and all(h in policy for h in hashes)
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy


def test_page_needs_no_network(county):
    tree = tree_of(views.report(county))
    assert not tree.xpath("//@src")
    assert all(href.startswith("#") for href in tree.xpath("//@href"))
    assert not re.search(r"https?://|url\(|@import", str(views.report(county)))


@given(st.lists(st.text(alphabet="一二投资（）、。；1.5%\n 　<>&\"'来源：分享到", max_size=40), max_size=6))
def test_no_character_is_lost(make_record, lines):
    text = "\n".join(lines) + "\n"
    if not text.strip():
        return
    record = make_record(text, entities=[("投", "PLACE", {})] if "投" in text else [])
    shown = "".join(
        node.text_content()
        for node in tree_of(views.report(record)).xpath("//main//*[contains(@class, 't') and @class='t']")
    )
    assert bare(shown) == bare(text)


def test_entities_are_marked_with_what_is_known(county):
    tree = tree_of(views.report(county))
    marks = tree.xpath("//main//mark")
    assert [m.text for m in marks] == [e["text"] for e in county["entities"]]
    data = json.loads(tree.get_element_by_id("data").text)
    assert ["数值", "8,450,000,000 元"] in data["entities"][0][2]
    assert ["区划代码", "349921"] in data["entities"][2][2] and ["所属", "安徽省 / 云山县"] in data["entities"][2][2]
    assert data["entities"][9][2] == []


def test_overlapping_entities_keep_the_text(make_record):
    record = make_record("云山县人民医院落成。\n", entities=[("云山县人民医院", "ORG", {})])
    record["entities"].append({**record["entities"][0], "end": 3, "label": "PLACE", "text": "云山县"})
    assert "云山县人民医院" in tree_of(views.report(record)).get_element_by_id("text").text_content()


def test_paragraph_ribbon_has_domain_and_probability(county):
    ribbons = [
        " ".join(r.text_content().split())
        for r in tree_of(views.report(county)).xpath("//button[contains(@class,'ribbon')]")
    ]
    assert any(r.startswith("工业产业 8") and r.endswith("完成") for r in ribbons)


def test_outline_links_lead_to_headings(county):
    tree = tree_of(views.report(county))
    links = tree.xpath("//nav[@id='outline']//a")
    assert [a.text for a in links][:3] == ["一、2023年工作回顾", "（一）工业稳步增长", "（二）教育提质扩面"]
    ids = set(tree.xpath("//@id"))
    assert all(a.get("data-go") in ids for a in links)
    assert len(ids) == len(tree.xpath("//@id"))


def test_furniture_is_folded_away(county):
    (folded,) = tree_of(views.report(county)).xpath("//details[@class='furniture']")
    assert "字体大小" in folded.text_content()


def test_metrics_table_counts_only_records(county):
    rows = tree_of(views.report(county)).xpath("//section[@id='metrics']//tbody/tr")
    assert len(rows) == 6
    assert rows[5].xpath("./td[2]")[0].text_content() == "约7%"


def test_explanations_stand_with_their_sentence(county):
    start = county["sentences"][3]["start"]
    data = json.loads(
        tree_of(views.report(county, explanations={start: [("工业", 1.234)]})).get_element_by_id("data").text
    )
    assert data["sentences"][3][2] == [["工业", "+1.23"]]
    assert not any(row[2] for i, row in enumerate(data["sentences"]) if i != 3)


def test_report_without_tags(make_record):
    page = views.report(make_record("没有标注的一句话。\n"))
    assert "没有识别出数量" in page and "未分类" in page


def test_doc_and_record_give_the_same_page(sample_county):
    from govtext.annotations import to_record

    assert views.report(sample_county) == views.report(to_record(sample_county))


def test_save_writes_whole_or_not_at_all(county, tmp_path):
    page = views.report(county)
    path = page.save(tmp_path / "页.html")
    assert path.read_text(encoding="utf-8") == page and [p.name for p in tmp_path.iterdir()] == ["页.html"]
    with pytest.raises(OutputError, match="give a folder that exists"):
        page.save(tmp_path / "none" / "a.html")


def test_notebook_frame_is_sandboxed(county):
    frame = lxml.html.fragment_fromstring(views.report(county)._repr_html_())
    assert frame.tag == "iframe" and "allow-same-origin" not in frame.get("sandbox")
    assert frame.get("srcdoc").startswith("<!DOCTYPE html>")


def test_pieces_as_text(county):
    assert "数量 (7): 84.5亿元、6.2%、12家" in str(views.entities(county))
    assert str(views.outline(county)).splitlines()[:2] == ["一、2023年工作回顾", "  （一）工业稳步增长"]
    lines = str(views.metrics(county)).splitlines()
    assert len(lines) == 7 and lines[1].split()[:2] == ["规上工业总产值", "84.5亿元"]


def test_kwic(county):
    lines = str(views.kwic([county, county], "新增", window=6)).splitlines()
    assert len(lines) == 4 and lines[1].split() == ["云山县-2023", "建工程完工，", "新增", "学位1200"]
    assert len({width(line.partition("新增")[0]) for line in lines}) == 1
    assert "只列出前 1 处" in str(views.kwic(county, "新增", limit=1))
    assert str(views.kwic(county, "没有这个词")) == "没有找到"
    with pytest.raises(DataError):
        views.kwic(county, " ")


def test_kwic_leaves_furniture_out(county):
    assert str(views.kwic(county, "字体大小")) == "没有找到"


@pytest.mark.parametrize(
    ("metric", "shown"),
    [
        ({"value": 6, "value_max": 7, "unit": "%"}, "6–7%"),
        ({"value": 0.5, "value_max": None, "unit": "个工作日", "bound": "at_most"}, "不超过 0.5 个工作日"),
        ({"value": None, "unit": "元"}, ""),
        ({"value": 3, "unit": None}, "3"),
    ],
)
def test_quantity(metric, shown):
    assert quantity(metric) == shown


def test_canonical_unit_is_shown_where_it_differs():
    rows = entity_rows({"metric": {"value": 2, "unit": "亩", "canonical_value": 1333.33, "canonical_unit": "m²"}})
    assert ("基本单位", "1,333.33 m²") in rows


def test_pad_counts_chinese_as_two():
    assert pad("县", 4) + "|" == "县  |" and pad("县", 4, right=True) == "  县"


def test_json_cannot_end_its_element():
    value = ["</script><!--", "\u2028", "&"]
    assert json.loads(embedded_json(value)) == value
    assert not set(embedded_json(value)) & set("<>&\u2028")


def _luminance(rgb):
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


@pytest.mark.parametrize("label", ENTITY_LABELS)
def test_text_on_label_colours_is_readable(label):
    colour = [int(colour_of("label", label)[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    tint = [1 - 0x22 / 255 * (1 - c) for c in colour]
    soft = [c / 255 for c in (0x57, 0x60, 0x6A)]
    assert (_luminance(tint) + 0.05) / (_luminance(soft) + 0.05) > 4.5


def test_every_domain_has_a_colour_of_its_own():
    assert len({colour_of("domain", domain) for domain in DOMAINS}) == len(DOMAINS)


# in a browser


@pytest.fixture
def browse(chromium, tmp_path):
    """Opens a page at a width; gives short hands for what the tests do."""

    def open_page(page, *, width=1280, height=900):
        chromium.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        chromium.get(page.save(tmp_path / "page.html").as_uri())

        def all_of(selector):
            return chromium.find_elements("css selector", selector)

        def visible(selector):
            return [e for e in all_of(selector) if e.is_displayed()]

        def js(script, *arguments):
            return chromium.execute_script(script, *arguments)

        def errors():
            return [entry["message"] for entry in chromium.get_log("browser")]

        return SimpleNamespace(
            one=lambda s: all_of(s)[0], all=all_of, visible=visible, js=js, errors=errors, driver=chromium
        )

    return open_page


def press(page, key):
    from selenium.webdriver.common.keys import Keys

    page.driver.switch_to.active_element.send_keys(getattr(Keys, key))


@pytest.mark.browser
def test_filter_by_label(browse, county):
    page = browse(views.report(county))
    background = "return getComputedStyle(document.querySelector('#e2')).backgroundColor"
    assert page.js(background) != "rgba(0, 0, 0, 0)"
    page.one("#bar input[data-label='0']").click()
    assert page.js(background) == "rgba(0, 0, 0, 0)"
    page.one("#clear").click()
    assert page.js(background) != "rgba(0, 0, 0, 0)" and not page.errors()


@pytest.mark.browser
def test_filter_by_domain_and_status(browse, county):
    page = browse(views.report(county))
    before = len(page.visible("#text .b"))
    chip = next(c for c in page.all("#domains button") if "教育" in c.text)
    chip.click()
    assert chip.get_attribute("aria-pressed") == "true"
    shown = page.one("#text").text
    assert "普惠园" in shown and "新建小学" in shown and "云山经开区" not in shown
    assert "二、2024年工作安排" in shown and "（一）工业稳步增长" not in shown
    assert [row.text.split()[1] for row in page.visible("#metrics tbody tr")] == ["学位", "普惠园覆盖率"]
    assert "显示" in page.one("#shown").text
    page.one("#status option[value=planned]").click()
    assert "普惠园" not in page.one("#text").text
    page.one("#clear").click()
    assert len(page.visible("#text .b")) == before


@pytest.mark.browser
def test_sort(browse, county):
    page = browse(views.report(county))

    def column(n):
        return [row.find_elements("css selector", "td,th")[n].text for row in page.all("#metrics tbody tr")]

    button = page.all("#metrics thead button")[2]
    button.click()
    assert [v for v in column(2) if "%" in v] == ["6.2%", "约\n7%", "91%"]
    assert page.all("#metrics thead th")[2].get_attribute("aria-sort") == "ascending"
    button.click()
    assert [v for v in column(2) if "%" in v] == ["91%", "约\n7%", "6.2%"]
    page.all("#metrics thead button")[0].click()
    assert column(0) == [str(i) for i in range(1, 7)]


@pytest.mark.browser
def test_jump_to_the_sentence_and_back(browse, county):
    page = browse(views.report(county))
    page.all("#domains button")[0].click()  # the target may be filtered away: the jump brings it back
    link = next(a for a in page.all("#metrics tbody a") if a.is_displayed())
    number = link.get_attribute("data-go")
    link.click()
    assert page.driver.switch_to.active_element.get_attribute("id") == number
    assert link.text in page.one(".here").text
    page.one("#back").click()
    assert page.driver.switch_to.active_element == link
    page.js("document.querySelector('#outline a').click()")
    assert page.driver.switch_to.active_element.text == "一、2023年工作回顾"


@pytest.mark.browser
def test_tip_by_mouse_and_keyboard(browse, county):
    from selenium.webdriver import ActionChains

    page = browse(views.report(county))
    ActionChains(page.driver).move_to_element(page.one("#e2")).perform()
    tip = page.one("#tip")
    assert tip.is_displayed() and "349921" in tip.text
    press(page, "ESCAPE")
    assert not tip.is_displayed()
    page.js("document.querySelector('#text mark[tabindex=\"0\"]').focus()")
    assert "8,450,000,000 元" in tip.text
    press(page, "ARROW_RIGHT")
    assert page.driver.switch_to.active_element.get_attribute("aria-describedby") == "tip" and "6.2%" in tip.text
    assert len(page.all("#text mark[tabindex='0']")) == 1


@pytest.mark.browser
def test_ribbon_opens_the_sentences(browse, county):
    start = county["sentences"][3]["start"]
    page = browse(views.report(county, explanations={start: [("工业", 1.234)]}))
    ribbon = next(r for r in page.all(".ribbon") if "工业产业 8" in " ".join(r.text.split()))
    ribbon.click()
    details = page.one(".sentences")
    assert ribbon.get_attribute("aria-expanded") == "true"
    assert "工业产业 93%，宏观经济 5%" in details.text and "+1.23" in details.text
    ribbon.click()
    assert not page.all(".sentences")


@pytest.mark.browser
def test_search_across_marks(browse, county):
    page = browse(views.report(county))
    page.one("#q").send_keys("增长6.2%。")  # half outside, half inside an entity
    wait_for(lambda: page.one("#hits").text == "1 / 1")
    assert page.js("return [...CSS.highlights.get('current')][0].toString()") == "增长6.2%。"
    page.one("#q").clear()
    page.one("#q").send_keys("新增")
    wait_for(lambda: page.one("#hits").text == "1 / 2")
    press(page, "ENTER")
    assert page.one("#hits").text == "2 / 2"
    page.one("#q").send_keys("没有")
    wait_for(lambda: page.one("#hits").text == "没有找到")


def wait_for(condition, *, seconds=5):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.05)


def print_pages(page):
    pdfium = pytest.importorskip("pypdfium2")
    with pdfium.PdfDocument(base64.b64decode(page.driver.print_page())) as pdf:
        return [bare(sheet.get_textpage().get_text_range()) for sheet in pdf]


@pytest.mark.browser
def test_print_to_pdf(browse, county):
    text, table = print_pages(browse(views.report(county)))
    assert "全年规上工业总产值84.5亿元" in text and "普惠园覆盖率" in table
    assert "清除筛选" not in text and "字体大小" not in text


@pytest.mark.browser
def test_printed_table_repeats_its_head(browse, make_record):
    numbers = [f"{n}家" for n in range(1, 100)]
    entities = [(n, "METRIC", {"metric": {"indicator": "企业", "value": 1}}) for n in numbers]
    _, *tables = print_pages(browse(views.report(make_record("、".join(numbers) + "。", entities=entities))))
    assert len(tables) > 1 and all("时期状态领域" in table for table in tables)


@pytest.mark.browser
def test_hostile_report_is_shown_as_text(browse, hostile):
    page = browse(views.report(hostile, explanations={hostile["sentences"][0]["start"]: [(IMAGE, 1.0)]}))
    for ribbon in page.all(".ribbon"):
        ribbon.click()
    for mark in page.all("#text mark"):
        page.js("arguments[0].focus()", mark)
    assert page.driver.title == SCRIPT + IMAGE
    assert IMAGE in page.one("#text").text and not page.all("img") and not page.errors()


@pytest.mark.browser
def test_policy_stops_a_script_that_slipped_in(browse, county):
    page = browse(
        views.Page(
            views.report(county).replace("<main", f"{SCRIPT}<img src=x onerror=\"document.title='owned'\"><main", 1)
        )
    )
    assert page.driver.title == county["title"]
    assert any("Content Security Policy" in error for error in page.errors())


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_page_fits_the_screen(browse, county, width):
    page = browse(views.report(county), width=width)
    assert page.js("return document.documentElement.scrollWidth") <= width
    assert all(e.is_displayed() for e in page.all("h1, #q, #text, #metrics"))


@pytest.mark.browser
def test_index_sorts(browse, county):
    other = copy.deepcopy(county) | {"id": "b", "title": "甲县报告", "entities": []}
    page = browse(views.index([county, other]))
    page.all("thead button")[8].click()
    assert [a.text for a in page.all("tbody a")] == ["甲县报告", "云山县2023年工作总结"]


@pytest.mark.browser
def test_long_report_answers_at_once(browse, make_record):
    text = "\n".join(gt.read(sample_paths()[1]).text for _ in range(16))
    mentions = [
        (m[0], "METRIC", {"metric": {"indicator": "指标", "value": 1}}) for m in re.finditer(r"\d[\d.]*%", text)
    ]
    domains = [{"economy": 0.9}, {"health": 0.8, "welfare": 0.1}]
    page = browse(views.report(make_record(text, entities=mentions, domains=domains)))
    assert len(text) > 60_000
    spent = "const t = performance.now(); arguments[0].click(); void document.body.offsetHeight; return performance.now() - t"
    assert page.js(spent, page.one("#domains button")) < 1000
    assert page.js(spent, page.all("#metrics thead button")[2]) < 1000
