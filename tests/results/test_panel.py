"""Panels and comparisons: whose figure a metric is, and counts of what came in against counts of what there is."""

import pytest

import govtext as gt
from govtext import tables
from govtext.metrics import find_metrics


@pytest.fixture
def analyzed(make_record):
    """A record of a composed report with the metrics that the library finds; ``places`` are (name, code, relation)."""

    def make(text, *, home=("云山市", "349900"), places=(), id="report"):
        found = [(m.start, text[m.start : m.end], "METRIC", {"metric": _metric(m)}) for m in _sentences(text)]
        position = 0
        for name, code, relation in places:
            position = text.index(name, position)
            found.append((position, name, "PLACE", {"place": {"name": name, "code": code, "relation": relation}}))
            position += len(name)
        record = make_record(text, entities=[row[1:] for row in sorted(found)], id=id)
        record["meta"]["place"] = {"name": home[0], "code": home[1]} if home else None
        return record

    return make


def _sentences(text):
    from dataclasses import replace

    for sentence in gt.parse_report(text).sentences:
        for m in find_metrics(text[sentence.start : sentence.end], gt.types.SentenceContext(year=2023)):
            moved = {
                f: getattr(m, f) + sentence.start
                for f in ("start", "end", "indicator_start", "indicator_end")
                if getattr(m, f) is not None
            }
            yield replace(m, **moved)


def _metric(m):
    fields = (
        "indicator",
        "indicator_start",
        "indicator_end",
        "indicator_id",
        "unit",
        "kind",
        "direction",
        "status",
        "period",
    )
    return {f: getattr(m, f) for f in fields} | {"value": float(m.value)}


def cells(record, indicator, **options):
    return tables.panel(record, indicators=[indicator], **options)["value"].tolist()


EAST, WEST = ("青石县", "349921", "is"), ("白沙区", "349902", "is")
HEAD = "云山市2023年工作总结\n"


@pytest.mark.parametrize(
    ("text", "places", "expected"),
    [
        ("全市地区生产总值增长6%。", (), [6.0]),
        ("青石县地区生产总值增长9%。全市地区生产总值增长6%。", (EAST,), [6.0]),
        ("其中，青石县地区生产总值增长9%。", (EAST,), []),
        ("青石县地区生产总值增长9%。", (("青石县", None, None),), []),
        ("地区生产总值增长6%，青石县增长9%、白沙区增长8%。", (EAST, WEST), [6.0]),
        ("青石县工业提速，地区生产总值首次突破300亿元。", (EAST,), []),
        ("青石县率先达标，全市地区生产总值增长6%。", (EAST,), [6.0]),
        ("青石县招商成势；地区生产总值增长6%。", (EAST,), [6.0]),
        ("云山市地区生产总值增长6%。", (("云山市", "349900", "is"),), [6.0]),
        ("地区生产总值增长6%，高于松河省平均水平。", (("松河省", "990000", "is"),), [6.0]),
        ("云山高新区地区生产总值增长12%。", (), []),
        ("省级开发区地区生产总值增长12%。", (), []),
        ("朝阳区地区生产总值增长9%。", (), []),
        ("项目建设提速，地区生产总值增长6%。", (), [6.0]),
    ],
)
def test_figures_of_other_places_are_no_cells(analyzed, text, places, expected):
    assert cells(analyzed(HEAD + text, places=places), "地区生产总值") == expected


def test_figures_under_the_heading_of_another_place_are_no_cells(analyzed):
    text = HEAD + "一、全市情况\n地区生产总值增长6%。\n二、各县情况\n（一）青石县\n地区生产总值增长9%。\n"
    assert cells(analyzed(text, places=[EAST]), "地区生产总值") == [6.0]


def test_the_rank_belongs_to_the_one_ranked(analyzed):
    record = analyzed(HEAD + "地区生产总值增速居松河省第二，全年预计达500亿元。", places=[("松河省", "990000", "is")])
    assert sorted(cells(record, "地区生产总值")) == [2.0, 5e10]


def test_without_a_place_of_its_own_a_report_keeps_its_figures(analyzed):
    assert cells(analyzed("2023年工作总结\n地区生产总值增长6%。", home=None), "地区生产总值") == [6.0]


def test_what_came_in_is_not_set_against_what_there_is(analyzed):
    stock = analyzed("云山市2022年工作总结\n高新技术企业达到58家。", id="a")
    added = analyzed(HEAD + "新认定高新技术企业9家。", id="b")
    both = tables.panel([stock, added], indicators=["高新技术企业"])
    assert sorted(both[["value", "added"]].values.tolist()) == [[9.0, True], [58.0, False]]
    assert gt.compare(stock, added).empty


def test_counts_of_the_same_sort_are_compared(analyzed):
    before = analyzed("云山市2022年工作总结\n新认定高新技术企业7家，高新技术企业达到58家。", id="a")
    after = analyzed(HEAD + "新增高新技术企业9家，高新技术企业总数达到67家。", id="b")
    for record, year in ((before, "2022"), (after, "2023")):
        for entity in record["entities"]:
            entity["metric"]["period"] = year
    pairs = gt.compare(before, after)
    assert sorted(pairs["difference"].tolist()) == [2.0, 9.0]


def test_an_indicator_that_counts_what_came_in_does_so_however_it_is_put(analyzed):
    before = analyzed("云山市2022年工作总结\n新增城镇就业3.9万人。", id="a")
    after = analyzed(HEAD + "城镇新增就业4.1万人。", id="b")
    for record, year in ((before, "2022"), (after, "2023")):
        record["entities"][0]["metric"]["period"] = year
    assert gt.compare(before, after)["difference"].tolist() == [2000.0]
