"""Tables of analyzed reports: rows, panels, comparison, words."""

import pytest

import govtext as gt
from govtext import tables
from govtext.errors import DataError
from govtext.resources import sample_paths
from govtext.tables.panel import year_of

LAST_YEAR = "云山县2021年政府工作报告\n一、2020年工作回顾\n2020年，地区生产总值增长3.1%。\n二、2021年工作安排\n今年，地区生产总值增长7%。\n"
THIS_YEAR = "云山县2022年政府工作报告\n一、2021年工作回顾\n2021年，地区生产总值增长8.1%。\n二、2022年工作安排\n今年，地区生产总值增长6%左右。\n"


@pytest.fixture(scope="module")
def two_years(nlp):
    return [gt.analyze(gt.parse_report(text, id=id), nlp) for id, text in (("a", LAST_YEAR), ("b", THIS_YEAR))]


def test_columns_and_offsets(samples):
    for kind in tables.TABLES:
        table = getattr(tables, kind)(samples)
        assert list(table.columns) == tables.COLUMNS[kind]
        assert set(table["report"]) == {p.stem for p in sample_paths()}
    texts = {doc._.report["id"]: doc.text for doc in samples}
    for row in tables.metrics(samples).itertuples():
        assert texts[row.report][row.start : row.end] == row.mention
        assert row.mention in row.sentence


def test_one_doc_a_list_and_a_record_give_the_same(sample_county):
    from govtext.annotations import to_record

    one = tables.metrics(sample_county)
    assert one.equals(tables.metrics([sample_county])) and one.equals(tables.metrics(to_record(sample_county)))


def test_panel_of_targets_and_results(two_years):
    results = tables.panel(two_years, indicators=["地区生产总值"], status="achieved")
    assert results[["year", "kind", "value", "report"]].values.tolist() == [
        [2020, "change", 3.1, "a"],
        [2021, "change", 8.1, "b"],
    ]
    targets = tables.panel(two_years, indicators=["GDP"], status="planned")
    assert targets[["year", "value"]].values.tolist() == [[2021, 7.0], [2022, 6.0]]
    assert targets["bound"].tolist()[1] == "about"
    for row in targets.itertuples():
        text = {"a": LAST_YEAR, "b": THIS_YEAR}[row.report]
        assert text[row.start : row.end] in row.sentence


def test_panel_with_an_unknown_indicator_names_similar_ones(two_years):
    with pytest.raises(DataError, match="地区生产总值"):
        tables.panel(two_years, indicators=["地区生产总"])


def test_compare_sets_the_target_against_the_result(two_years):
    pairs = gt.compare(*two_years)
    target = pairs[pairs["relation"] == "target_result"]
    assert target[["year_a", "value_a", "value_b", "difference"]].values.tolist() == [
        [2021, 7.0, 8.1, pytest.approx(1.1)]
    ]
    assert "7%" in target["sentence_a"].item() and "8.1%" in target["sentence_b"].item()


@pytest.mark.parametrize(
    ("period", "year"),
    [("2021", 2021), ("2021-01/2021-12", 2021), ("2021-12-15", 2021), ("2016/2020", None), ("x", None)],
)
def test_year_of_a_period(period, year):
    assert year_of(period) == year


def test_words_by_domain_and_keyness(samples):
    words = tables.words(samples)
    assert words["count"].is_monotonic_decreasing and words["per_million"].sum() == pytest.approx(1e6)
    by_domain = tables.words(samples, by="domain")
    assert by_domain["count"].sum() == words["count"].sum()
    assert "建设" not in set(tables.words(samples, stop_words=["建设"])["word"])
    keys = tables.keyness(samples[0], samples[1], min_count=3)
    assert keys["log_likelihood"].is_monotonic_decreasing
    top = keys.iloc[0]
    assert (top["log_ratio"] > 0) == (top["count"] / len(samples[0]) > top["reference"] / len(samples[1]))


def test_unknown_table():
    with pytest.raises(DataError, match="metrics"):
        tables.rows("nothing", {})
