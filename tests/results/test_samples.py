"""The packaged samples: well-formed, in the encodings they are meant to show, with everything that docs and tests rely on."""

import re

import pytest

import govtext as gt
from govtext import tables
from govtext.labels import DOMAINS, ENTITY_LABELS
from govtext.resources import sample_paths

EXPECTED = {
    "01_street_work_report": ("html", "utf-8", 2023, 2024, "望澜街道"),
    "02_county_work_report": ("txt", "utf-8", 2024, 2025, "清屿县"),
    "03_department_summary": ("txt", "gb18030", 2024, 2025, "临澜市"),
}


@pytest.fixture(scope="module")
def reports():
    return {path.stem: gt.read(path) for path in sample_paths()}


def test_there_are_three():
    assert [path.stem for path in sample_paths()] == list(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_format_encoding_and_metadata(reports, name):
    report = reports[name]
    format, encoding, year, plan_year, place = EXPECTED[name]
    assert (report.format, report.encoding) == (format, encoding)
    assert report.meta.year.value == year and report.meta.plan_year.value == plan_year
    assert report.meta.place.value == place


@pytest.mark.parametrize("name", EXPECTED)
def test_size_and_sections(reports, name):
    report = reports[name]
    assert 3000 <= len(report.text) <= 4000
    assert {s.part for s in report.sections} >= {"review", "plan"}
    depth = {s.level for s in report.sections}
    assert len(depth) >= 3
    assert any(s.is_heading for s in report.sentences)


def test_no_sentence_of_the_web_page_is_furniture(reports):
    report = reports["01_street_work_report"]
    sentences = [report.text[s.start : s.end] for s in report.sentences]
    assert not [s for s in sentences if re.search("字体|分享|上一篇|责任编辑|标识码|ICP|当前位置", s)]


@pytest.mark.parametrize(
    ("name", "result", "target", "rate"),
    [("02_county_work_report", "3415人", 3200, "106.7%"), ("03_department_summary", "5.86万人", 5.5, "106.5%")],
)
def test_rates_follow_from_the_amounts(reports, name, result, target, rate):
    text = reports[name].text
    assert result in text and rate in text
    assert f"{float(result.rstrip('万人')) / target:.1%}" == rate


def test_samples_show_every_label_and_most_domains(samples):
    assert set(tables.entities(samples)["label"]) == set(ENTITY_LABELS)
    found = set(tables.sentences(samples)["domain"])
    assert len(found & set(DOMAINS)) >= 18
    assert {"achieved", "planned"} <= set(tables.sentences(samples)["status"])


def test_samples_have_every_kind_of_metric(samples):
    assert set(tables.metrics(samples)["kind"]) == {"level", "change", "share", "rank"}
