"""Readers: decoding, HTML, Word, PDF; hostile input gives exactly one clear line."""

import io
import zipfile

import docx
import pytest
from docx.oxml import parse_xml
from hypothesis import given, settings
from hypothesis import strategies as st

from govtext.errors import GovtextError, MissingExtraError, ReadError
from govtext.formats import SUFFIXES, extract, limits
from govtext.formats.numbering import format_ordinal

REPORT = "云岭街道2023年工作总结\r\n\r\n一、主要工作\r\n\u3000\u3000全年完成投资3.5亿元，增长5%。\r\n"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


# ---- building files ---------------------------------------------------------------------------------------------


def docx_bytes(*, build=None, body=()):
    document = docx.Document()
    if build:
        build(document)
    for xml in body:
        document.element.body.insert(-1, parse_xml(xml))
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def zip_bytes(parts):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def pdf_bytes(pages, *, trailer=b"", operators=b""):
    """A PDF of lines (x, y, text[, size]) in a Chinese font that need not be embedded."""
    font = b"/BaseFont /STSong-Light"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",
        b"<< /Type /Font /Subtype /Type0 %s /Encoding /UniGB-UCS2-H /DescendantFonts [4 0 R] >>" % font,
        b"<< /Type /Font /Subtype /CIDFontType0 %s /DW 1000 /FontDescriptor 5 0 R"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> >>" % font,
        b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0"
        b" /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
    ]
    kids = []
    for lines in pages:
        shown = [
            b"BT /F1 %d Tf 1 0 0 1 %d %d Tm <%s> Tj ET\n"
            % (size[0] if size else 16, x, y, text.encode("utf-16-be").hex().encode())
            for x, y, text, *size in lines
        ]
        content = operators + b"".join(shown)
        objects.append(b"<< /Length %d >>\nstream\n%sendstream" % (len(content), content))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >>"
            b" /Contents %d 0 R >>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    out, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    return (
        out
        + head
        + b"trailer\n<< /Size %d /Root 1 0 R %s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, len(out))
    )


def paragraph(*texts, top):
    """Lines 24 points apart, 26 characters to the margin; a leading ``>`` indents by two characters."""
    return [(80 + 32 * t.startswith(">"), top - 24 * i, t.lstrip(">")) for i, t in enumerate(texts)]


def wrapped(text, *, width=26):
    """A paragraph as printed: indented by two characters, then full lines."""
    first, rest = text[: width - 2], text[width - 2 :]
    return [">" + first, *(rest[i : i + width] for i in range(0, len(rest), width))]


# ---- plain text -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "reported", "bom"),
    [
        ("utf-8", "utf-8", b""),
        ("utf-8", "utf-8-sig", b"\xef\xbb\xbf"),
        ("gb18030", "gb18030", b""),
        ("gbk", "gb18030", b""),
        ("utf-16-le", "utf-16-le", b"\xff\xfe"),
        ("utf-16-be", "utf-16-be", b"\xfe\xff"),
        ("utf-16-le", "utf-16-le", b""),
        ("utf-16-be", "utf-16-be", b""),
        ("utf-32-le", "utf-32-le", b"\xff\xfe\x00\x00"),
    ],
)
def test_text_is_the_decoded_file_unchanged(encoding, reported, bom):
    found = extract(bom + REPORT.encode(encoding), name="r.txt")
    assert (found.text, found.encoding, found.format) == (REPORT, reported, "txt")


def test_traditional_chinese_in_big5_is_detected():
    text = "臺北市政府施政報告，本年度持續推動市政建設，完成道路拓寬工程。\n" * 20
    found = extract(text.encode("big5"), name="r.txt")
    assert found.text == text
    assert "big5" in found.encoding


def test_utf16_without_any_ascii_character():
    text = "全年完成固定资产投资三亿元增长百分之五" * 5
    assert extract(text.encode("utf-16-le"), name="r.txt").text == text


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\x00\ufeff", exclude_categories=["Cc", "Cs"]), min_size=1)
)
def test_any_utf8_text_comes_back_unchanged(text):
    if text.isspace():
        return
    assert extract(text.encode(), name="r.txt").text == text


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([*SUFFIXES, ".doc", ""]))
def test_any_bytes_give_an_extract_or_one_line(data, suffix):
    try:
        found = extract(data, name="r" + suffix)
    except GovtextError as error:
        assert "\n" not in str(error) and str(error).startswith("r" + suffix)
    else:
        assert found.text.strip()


def test_file_without_a_suffix_is_read_by_its_content():
    assert extract(b"<html><body><p>x</p></body></html>", name="report").format == "html"
    assert extract("年".encode(), name="report").format == "txt"


def test_twenty_megabytes_in_one_line():
    data = ("全年完成投资3亿元，" * 700_000).encode()
    assert len(data) > 18_000_000
    with pytest.raises(ReadError, match="7,000,000 characters"):
        extract(data, name="r.txt")
    broken = data.replace("，".encode(), "。\n".encode())
    assert extract(broken, name="r.txt").text.count("\n") == 700_000


# ---- HTML -------------------------------------------------------------------------------------------------------

PAGE = """<!DOCTYPE html><html><head><meta charset="{charset}"><title>云岭街道2023年工作总结_青禾县人民政府</title>
<meta name="PubDate" content="2024-01-05 10:00"><meta name="ContentSource" content="云岭街道"></head><body>
<div class="nav"><a href="/">首页</a> &gt; <a href="/zw">政务公开</a></div>
<h1>云岭街道2023年工作总结</h1><div class="info">字体：大 中 小</div>
<div class="{container}"><style>p {{ margin: 0 }}</style>
<p>&nbsp;&nbsp;&nbsp;&nbsp;各位代表：</p>
<h2>一、主要工作</h2><!-- 注释 --><script>var x = "脚本";</script>
<p>　　全年完成<b>投资</b><span>3.5</span>亿元，
   增长5%。<br>其中工业1亿元<br/>农业2亿元。<span style="display: none">隐藏</span></p>
<table><tr><th>指标</th><th>数值</th></tr><tr><td><p>财政收入</p></td><td>3<br>亿元</td></tr>
<tr><td></td><td></td></tr><tr><td>粮食</td><td></td></tr></table>
<ul><li>甲项</li><li>乙项</li></ul></div>
<div class="footer">主办：青禾县人民政府</div></body></html>"""
ARTICLE = (
    "各位代表：\n一、主要工作\n全年完成投资3.5亿元，增长5%。\n其中工业1亿元\n农业2亿元。\n"
    "指标 | 数值\n财政收入 | 3 亿元\n粮食 | \n甲项\n乙项"
).replace("粮食 | \n", "粮食 |\n")


@pytest.mark.parametrize("container", ["TRS_Editor", "pages_content mhide", "article-content", "v_news_content"])
@pytest.mark.parametrize("charset", ["gb2312", "utf-8"])
def test_article_of_a_government_page(container, charset):
    page = PAGE.format(charset=charset, container=container)
    found = extract(page.encode("gb18030" if charset == "gb2312" else charset), name="r.html")
    assert found.text == ARTICLE
    assert found.title == "云岭街道2023年工作总结"
    assert [(found.text[h.start : h.end], h.level) for h in found.headings] == [("一、主要工作", 2)]
    assert dict(found.meta) == {"date": "2024-01-05 10:00", "source": "云岭街道"}


@pytest.mark.parametrize(
    "element", ['<div id="zoom">{}</div>', '<div id="UCAP-CONTENT">{}</div>', "<ucapcontent>{}</ucapcontent>"]
)
def test_known_containers_by_id_and_tag(element):
    body = element.format("<p>正文一段。</p>")
    page = f"<html><body><p>导航</p><div class=side>排行</div>{body}<p>页脚</p></body></html>"
    assert extract(page.encode(), name="r.htm").text == "正文一段。"


def test_innermost_container_with_nearly_all_the_text_wins():
    inner = "<div class=TRS_Editor>" + "<p>正文一段。</p>" * 20 + "</div>"
    page = (
        f"<html><body><div class=article-content><p>分享到</p>{inner}</div><div class=TRS_Editor>附</div></body></html>"
    )
    assert extract(page.encode(), name="r.html").text == "\n".join(["正文一段。"] * 20)


def test_container_with_next_to_nothing_is_not_the_article():
    text = "全年完成固定资产投资三亿元，增长百分之五，新增就业一千人，群众生活持续改善。"
    page = f"<html><body><div class=main-box>{f'<p>{text}</p>' * 20}</div><div id=zoom>附件下载</div></body></html>"
    assert extract(page.encode(), name="r.html").text.count(text) == 20


def test_general_extractor_leaves_out_the_navigation():
    text = "全年完成固定资产投资三亿元，增长百分之五，新增就业一千人，群众生活持续改善。"
    links = "".join(f'<li><a href="/{i}">栏目{i}</a></li>' for i in range(30))
    paragraphs = "".join(f"<p>{text}{i}</p>" for i in range(12))
    page = f"<html><body><ul class=menu>{links}</ul><div class=box><h2>一、回顾</h2>{paragraphs}</div></body></html>"
    found = extract(page.encode(), name="r.html")
    assert "栏目7" not in found.text
    assert found.text.count(text) == 12
    assert [found.text[h.start : h.end] for h in found.headings] == ["一、回顾"]


def test_layout_table_is_no_data_table():
    page = "<html><body><table><tr><td><table><tr><td><p>第一段。</p><p>第二段。</p></td></tr></table></td><td>右</td></tr></table></body></html>"
    assert extract(page.encode(), name="r.html").text.startswith("第一段。\n第二段。")


def test_preformatted_text_keeps_its_lines():
    page = "<html><body><div class=TRS_Editor><pre>一、回顾\n全年完成投资。</pre></div></body></html>"
    assert extract(page.encode(), name="r.html").text == "一、回顾\n全年完成投资。"


def test_wrong_meta_charset_and_a_few_damaged_bytes():
    page = PAGE.format(charset="gb2312", container="TRS_Editor")
    assert extract(page.encode("utf-8"), name="r.html").text == ARTICLE
    long = page.replace("各位代表：", "各位代表：" + "全年完成投资。" * 400).encode("gb18030")
    damaged = long.replace("甲项".encode("gb18030"), b"\xff\xff")
    for charset in b"gb2312 iso-8859-1 windows-1252 raw_unicode_escape undefined idna utf-8 big5".split():
        found = extract(damaged.replace(b"gb2312", charset), name="r.html")
        assert (found.encoding, "乙项" in found.text) == ("gb18030", True)
    latin = "<html><meta charset=iso-8859-1><p>Résumé: l'été à Pékin</p>".encode("latin-1") + b"\xff\x00"
    with pytest.raises(ReadError):
        extract(latin, name="r.html")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<table>",
                "<tr>",
                "<td>",
                "</td>",
                "</table>",
                "<h2>",
                "</h2>",
                "<br>",
                "甲",
                " 乙丙 ",
                "<pre>",
                "\n",
            ]
        ),
        max_size=40,
    )
)
def test_headings_of_any_page_are_lines_of_its_text(parts):
    page = "<html><body>" + "".join(parts) + "</body></html>"
    try:
        found = extract(page.encode(), name="r.html")
    except ReadError:
        return
    lines = found.text.split("\n")
    assert all(line == line.strip() and line for line in lines)
    assert all(found.text[h.start : h.end] in lines for h in found.headings)


# ---- Word -------------------------------------------------------------------------------------------------------


def test_word_paragraphs_tables_headings_in_order():
    def build(document):
        document.add_paragraph("云岭街道2023年工作总结", style="Title")
        document.add_heading("一、主要工作", 1)
        run = document.add_paragraph("完成投资").add_run("3亿元")
        run.add_break()
        table = document.add_table(2, 2)
        for cell, text in zip(table._cells, ["指标", "数值", "财政\n收入", "3"], strict=True):
            cell.text = text
        document.add_heading("（一）工业", 2)
        document.add_table(1, 1).cell(0, 0).text = "方框里的话"

    found = extract(docx_bytes(build=build), name="r.docx")
    assert (
        found.text
        == "云岭街道2023年工作总结\n一、主要工作\n完成投资3亿元\n指标 | 数值\n财政 收入 | 3\n（一）工业\n方框里的话"
    )
    assert found.title == "云岭街道2023年工作总结"
    assert [(found.text[h.start : h.end], h.level) for h in found.headings] == [("一、主要工作", 1), ("（一）工业", 2)]


def test_word_insertions_stay_and_deletions_go():
    body = (
        f'<w:p {W}><w:r><w:t>原文</w:t></w:r><w:ins w:id="1" w:author="a"><w:r><w:t>插入</w:t></w:r></w:ins>'
        '<w:del w:id="2" w:author="a"><w:r><w:delText>删除</w:delText></w:r></w:del></w:p>',
        f"<w:sdt {W}><w:sdtContent><w:p><w:r><w:t>控件</w:t></w:r></w:p></w:sdtContent></w:sdt>",
    )
    assert extract(docx_bytes(body=body), name="r.docx").text == "原文插入\n控件"


def test_word_automatic_numbers_are_written_out():
    def build(document):
        for text in ("甲", "乙"):
            document.add_paragraph(text, style="List Number")
        document.add_paragraph("丙", style="List Bullet")

    assert extract(docx_bytes(build=build), name="r.docx").text == "1.甲\n2.乙\n丙"


@pytest.mark.parametrize(
    ("n", "fmt", "shown"),
    [(1, "chineseCounting", "一"), (10, "chineseCountingThousand", "十"), (23, "japaneseCounting", "二十三"), (20, "chineseCounting", "二十"),
     (2, "decimalEnclosedCircleChinese", "②"), (3, "lowerLetter", "c"), (9, "lowerRoman", "ix"), (7, "unheard-of", "7")],
)  # fmt: skip
def test_number_formats_of_word(n, fmt, shown):
    assert format_ordinal(n, fmt) == shown


# ---- PDF --------------------------------------------------------------------------------------------------------

TEXT = "青禾县全年完成固定资产投资八十亿元，同比增长百分之五，社会消费品零售总额三十亿元，财政收入稳步提高。"


def test_pdf_joins_wrapped_lines_across_pages_and_marks_furniture():
    lines = wrapped(TEXT * 3)
    header = (200, 800, "青禾县政府公报")
    first = [
        header,
        (150, 740, "二〇二三年工作总结", 24),
        *paragraph(">一、回顾", *lines[:3], top=700),
        (290, 40, "- 1 -"),
    ]
    second = [header, *paragraph(*lines[3:], ">（一）工业", *lines, top=740), (290, 40, "- 2 -")]
    third = [header, *paragraph(*lines, top=740), (290, 40, "第3页 共3页")]
    found = extract(pdf_bytes([first, second, third]), name="r.pdf")
    furniture = [(f.kind, found.text[f.start : f.end]) for f in found.furniture]
    assert furniture == [
        ("running_header", "青禾县政府公报"), ("page_number", "- 1 -"),
        ("running_header", "青禾县政府公报"), ("page_number", "- 2 -"),
        ("running_header", "青禾县政府公报"), ("page_number", "第3页 共3页"),
    ]  # fmt: skip
    marked = {text for _, text in furniture}
    assert [line for line in found.text.split("\n") if line not in marked] == [
        "二〇二三年工作总结", "一、回顾", TEXT * 3, "（一）工业", TEXT * 3, TEXT * 3,
    ]  # fmt: skip
    assert found.title == "二〇二三年工作总结"


def test_pdf_does_not_join_headings_items_and_sentence_ends():
    full = "全" * 26
    page = paragraph(full[:25] + "。", full, "（二）农业", "1.粮食", full, "3.5亿元用于水利。", "另起一段", top=700)
    text = extract(pdf_bytes([page]), name="r.pdf").text
    assert text == "\n".join([full[:25] + "。", full, "（二）农业", "1.粮食", full + "3.5亿元用于水利。", "另起一段"])


def test_pdf_with_indents_goes_on_after_a_sentence_that_ends_at_the_margin():
    full = "全" * 25 + "。"
    page = paragraph(">一、回顾", ">" + full[:23] + "。", full, "完。", ">" + full[:20] + "。", ">次段", top=700)
    text = extract(pdf_bytes([page]), name="r.pdf").text
    assert text == "\n".join(["一、回顾", full[:23] + "。" + full + "完。", full[:20] + "。", "次段"])


# ---- hostile input ----------------------------------------------------------------------------------------------

OLE = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600
CONTENT_TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
ENTITY_BOMB = '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><w>&b;</w>'
IMAGE = b"q 500 0 0 700 40 40 cm BI /W 2 /H 2 /CS /G /BPC 8 ID \x00\xff\xff\x00 EI Q\n"
ENCRYPT = b"/Encrypt << /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >> /ID [<00><00>] " % (b"00" * 32, b"00" * 32)


def damaged_docx():
    data = bytearray(docx_bytes(build=lambda d: d.add_paragraph("年" * 400)))
    middle = data.index(b"word/document.xml") + 60
    data[middle : middle + 40] = b"\xff" * 40
    return bytes(data)


HOSTILE = {
    "empty.txt": (b"", "empty"),
    "empty.docx": (b"", "empty"),
    "empty.html": (b"", "empty"),
    "blank.txt": (b" \r\n\t \n", "only white space"),
    "blank-utf16.txt": (b"\xff\xfe \x00\n\x00", "only white space"),
    "bom-only.txt": (b"\xef\xbb\xbf", "no text"),
    "binary.txt": (bytes(range(256)) * 20, "binary"),
    "controls.txt": (b"\x01\x02\x03\x04" * 50, "binary"),
    "nul.txt": ("全年完成投资\0\0三亿元".encode(), "binary"),
    "odd-utf16.txt": (b"\xff\xfe" + "工作总结".encode("utf-16-le") + b"\x00", "damaged or cut off"),
    "cut-utf8.txt": (("全年完成投资三亿元。" * 50).encode() + b"\xe5\xb9", "damaged"),
    "wrong-encoding.txt": (bytes([0xFE, 0x80, 0xC0, 0xFF, 0xF5, 0x81]) * 200, "save it as UTF-8"),
    "really-html.txt": (b"<!DOCTYPE html><html><body>x</body></html>", "rename it to really-html.html"),
    "really-pdf.txt": (pdf_bytes([[(80, 700, TEXT)]]), "rename it to really-pdf.pdf"),
    "really-docx.txt": (docx_bytes(build=lambda d: d.add_paragraph("x")), "rename it to really-docx.docx"),
    "really-doc.txt": (OLE, "soffice"),
    "really-html.doc": (b"<html><body>x</body></html>", "rename it to really-html.html"),
    "old.doc": (OLE, "soffice"),
    "old.wps": (OLE, "soffice"),
    "old.rtf": (b"{\\rtf1 x}", "soffice"),
    "old-doc-renamed.docx": (OLE, "soffice"),
    "sheet.xls": (OLE, "spreadsheet"),
    "sheet.docx": (zip_bytes({"xl/workbook.xml": "x"}), "spreadsheet"),
    "page.ofd": (zip_bytes({"OFD.xml": "x"}), "save it as PDF"),
    "page.mht": (b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "HTML only"),
    "picture.pdf": (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "ocrmypdf"),
    "report.xyz": (b"x", ".docx"),
    "text.docx": ("工作总结".encode(), "not a DOCX file"),
    "cut.docx": (docx_bytes(build=lambda d: d.add_paragraph("年" * 400))[:3000], "damaged or cut off"),
    "damaged.docx": (damaged_docx(), "damaged"),
    "other-zip.docx": (zip_bytes({"a.txt": "x"}), "zip archive without a Word document"),
    "no-types.docx": (zip_bytes({"word/document.xml": "<w/>"}), "no readable Word document"),
    "no-rels.docx": (zip_bytes({"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": "<w/>"}), "no readable Word"),
    "entity-bomb.docx": (zip_bytes({"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": ENTITY_BOMB}), "entities"),
    "pictures-only.docx": (docx_bytes(), "no text"),
    "script-only.html": (b"<html><body><script>fill()</script><div id=zoom></div></body></html>", "no text"),
    "tags-only.html": (b"<p></p>" * 500, "no text"),
    "nested.html": (b"<html><body>" + b"<div>" * 100_000 + "深".encode(), "nested"),
    "crowded.html": (b"<html><body>" + b"<b>x</b>" * 300_001, "elements"),
    "entity-bomb.html": (b"<!DOCTYPE html [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><html><body></body></html>", "no text"),
    "scan.pdf": (pdf_bytes([[], []], operators=IMAGE), "ocrmypdf -l chi_sim"),
    "broken.pdf": (pdf_bytes([[(80, 700, TEXT)]])[:700], "damaged or cut off"),
    "header-only.pdf": (b"%PDF-1.7\n", "damaged or cut off"),
    "encrypted.pdf": (pdf_bytes([[(80, 700, TEXT)]], trailer=ENCRYPT), "password"),
    "html.pdf": (b"<html><body>404</body></html>", "rename it to html.html"),
    "private-font.pdf": (pdf_bytes([[(80, 700, "\ue001\ue002\ue003" * 8)]]), "--force-ocr"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_gives_one_clear_line(name):
    data, word = HOSTILE[name]
    with pytest.raises(ReadError) as caught:
        extract(data, name=f"in/{name}")
    message = str(caught.value)
    assert message.startswith(f"in/{name}: ")
    assert word in message
    assert "\n" not in message and len(message) < 260


def test_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(limits, "MAX_UNPACKED_BYTES", 2**22)
    data = zip_bytes(
        {"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": b"0" * (limits.MAX_UNPACKED_BYTES + 1)}
    )
    assert len(data) < 1_000_000
    with pytest.raises(ReadError, match="zip bomb"):
        extract(data, name="bomb.docx")


def test_a_word_file_of_too_many_tags_is_refused_before_it_is_parsed(monkeypatch):
    monkeypatch.setattr("govtext.formats.docx.MAX_TAGS", 200_000)
    parts = {"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": "<w/>", "word/a.bmp": b"BM" + b"<" * 300_000}
    with pytest.raises(ReadError, match="no readable Word document"):
        extract(zip_bytes(parts), name="picture.docx")
    parts["word/a.dat"] = "\ufeff<w:document>" + "<w:p/>" * 199_999
    with pytest.raises(ReadError, match="200,000 tags"):
        extract(zip_bytes(parts), name="crowded.docx")


def test_limits_on_size_and_pages(monkeypatch):
    monkeypatch.setattr(limits, "MAX_BYTES", 10)
    with pytest.raises(ReadError, match="limit"):
        extract(b"x" * 11, name="big.txt")
    monkeypatch.undo()
    monkeypatch.setattr("govtext.formats.pdf.MAX_PAGES", 1)
    with pytest.raises(ReadError, match="2 pages"):
        extract(pdf_bytes([[(80, 700, TEXT)], []]), name="long.pdf")


@pytest.mark.parametrize(("module", "name", "extra"), [("docx", "r.docx", "docx"), ("pypdfium2", "r.pdf", "pdf")])
def test_missing_extra_names_the_install_command(monkeypatch, module, name, extra):
    monkeypatch.setitem(__import__("sys").modules, module, None)
    data = docx_bytes() if extra == "docx" else pdf_bytes([[]])
    with pytest.raises(MissingExtraError, match=rf"govtext\[{extra}\]"):
        extract(data, name=name)


def test_every_refused_suffix_has_its_advice():
    for suffix in (".doc", ".wps", ".rtf", ".xls", ".xlsx", ".ppt", ".ofd", ".caj", ".md", ".odt", ".et", ".mht"):
        with pytest.raises(ReadError) as caught:
            extract("工作总结".encode(), name=f"r{suffix}")
        assert "unknown format" not in str(caught.value)


def nested_boxes(depth):
    inside = "<w:r><w:pict><w:txbxContent><w:p><w:r><w:t>框</w:t></w:r>" * depth
    return f"<w:p {W}><w:r><w:t>外</w:t></w:r>{inside}{'</w:p></w:txbxContent></w:pict></w:r>' * depth}</w:p>"


def test_text_boxes_inside_each_other_are_read_once():
    found = extract(docx_bytes(body=[nested_boxes(40)]), name="r.docx")
    assert found.text == "外" + "\n框" * 40


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<w:sdt><w:sdtContent>", "</w:sdtContent></w:sdt>"),
        ("<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>"),
        ("<w:p><w:r><w:txbxContent>", "</w:txbxContent></w:r></w:p>"),
    ],
)
def test_deep_nesting_in_word(before, after):
    body = f"<w:customXml {W}>{before * 60}<w:p><w:r><w:t>深</w:t></w:r></w:p>{after * 60}</w:customXml>"
    assert extract(docx_bytes(body=[body]), name="r.docx").text == "深"


def test_numbers_and_styles_of_word_are_bounded():
    """A number pattern of megabytes, a first number of a thousand digits and a chain of styles cost each paragraph next to nothing."""
    from docx.oxml.ns import qn

    def build(document):
        for _ in range(300):
            document.add_paragraph("甲", style="List Number")
        numbering = document.part.numbering_part.element
        for level in numbering.iter(qn("w:lvl")):
            level.find(qn("w:lvlText")).set(qn("w:val"), "%1" * 100_000)
        styles = document.styles.element
        for i in range(2_000):
            name = f'<w:style {W} w:type="paragraph" w:styleId="s{i}"><w:name w:val="s{i}"/><w:basedOn w:val="s{i + 1}"/></w:style>'
            styles.append(parse_xml(name))
        for paragraph in document.paragraphs:
            paragraph._p.pPr.find(qn("w:pStyle")).set(qn("w:val"), "s0")

    assert extract(docx_bytes(build=build), name="r.docx").text == "\n".join(["甲"] * 300)

    def numbered(document):
        document.add_paragraph("甲", style="List Number")
        for start in document.part.numbering_part.element.iter(qn("w:start")):
            start.set(qn("w:val"), "9" * 1_000)

    assert len(extract(docx_bytes(build=numbered), name="r.docx").text) < 60


def test_a_part_that_is_other_xml_is_damage():
    parts = zip_parts(docx_bytes(build=lambda d: d.add_paragraph("甲")))
    for part in ("word/styles.xml", "word/document.xml"):
        with pytest.raises(ReadError, match="damaged"):
            extract(zip_bytes({**parts, part: "<a/>"}), name="r.docx")


def test_an_archive_that_ends_inside_a_part_is_damage():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        archive.writestr("word/document.xml", "<w/>")
    data = bytearray(stream.getvalue())
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 20 : entry + 28] = (10**6).to_bytes(4, "little") * 2  # its sizes, packed and unpacked
    with pytest.raises(ReadError, match="damaged or cut off"):
        extract(bytes(data), name="r.docx")


def zip_parts(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_text_beyond_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(limits, "MAX_CHARACTERS", 100)
    for name, data in {
        "r.txt": ("年\n" * 60).encode(),
        "r.pdf": pdf_bytes([[(80, 700, "年" * 60)], [(80, 700, "月" * 60)]]),
    }.items():
        with pytest.raises(ReadError, match="limit of 100"):
            extract(data, name=name)


def test_ten_thousand_pages_are_refused():
    """A page tree that counts ten thousand pages, and one that leads back to itself."""
    tree = b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[%s]/Count %d>>endobj\n3 0 obj%s endobj\n"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
    end = b"trailer<</Root 1 0 R>>\n%%EOF\n"
    with pytest.raises(ReadError, match=f"10000 pages are more than the limit of {limits.MAX_PAGES}"):
        extract(tree % (b"3 0 R " * 10_000, 10_000, page) + end, name="r.pdf")
    loop = b"<</Type/Pages/Parent 2 0 R/Kids[2 0 R 3 0 R]/Count 9>>"
    with pytest.raises(ReadError, match=r"r\.pdf: "):
        extract(tree % (b"3 0 R ", 9, loop) + end, name="r.pdf")


@pytest.mark.parametrize(
    "page",
    [
        "<div class=TRS_Editor>正文" * 900 + "字" * 100_000 + "</div>" * 900,
        "<table><tr><td>a</td><td>" * 300 + "字" * 100_000 + "</td></tr></table>" * 300,
        "<!DOCTYPE[" * 20_000 + "<p>字",
        "".join(f"<p>全年完成固定资产投资第{i}号项目</p>" for i in range(10_000)),
        "<p>全年完成固定资产投资的项目</p>" * 10_000,
    ],
    ids=["containers", "tables", "doctypes", "paragraphs", "alike"],
)
def test_time_for_hostile_pages_is_bounded(page):
    import time

    started = time.process_time()
    extract(f"<html><body>{page}".encode(), name="r.html")
    assert time.process_time() - started < 5  # 0.1 to 0.5 s


def test_declarations_are_no_text():
    page = "<?xml version='1.0'?><!doctype html [<!ENTITY a 'aaaa'>]><html><body><p>字</p></body></html>"
    assert extract(page.encode(), name="r.html").text == "字"
