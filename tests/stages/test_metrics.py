"""Metrics: quantities, linking, periods, canonical indicators and tables, with cases as data lines."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govtext.errors import ModelError
from govtext.keys import KeyTable
from govtext.labels import DOMAINS, KINDS
from govtext.metrics import (
    MetricModel,
    find_all_metrics,
    find_metrics,
    find_quantities,
    find_table_metrics,
    find_tables,
    indicators,
)
from govtext.metrics.grams import Alphabet, gram_keys
from govtext.metrics.indicators import indicator_id
from govtext.metrics.model import packaged_model
from govtext.metrics.periods import resolve_baseline, resolve_period
from govtext.metrics.units import units
from govtext.training.corpus import Example
from govtext.training.linking import LinkerSettings, LinkProblem
from govtext.training.metrics import train_metric_model
from govtext.types import Metric, SentenceContext

SPECS = Path(__file__).parents[1] / "specs"


def cases(name):
    lines = (SPECS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [pytest.param(case, id=(case.get("text") or case.get("mention"))[:24]) for case in map(json.loads, lines)]


def text_of(value):
    return None if value is None else str(value)


# --- quantities ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("quantities"))
def test_quantities(case):
    found = [
        {
            "text": case["text"][q.start : q.end], "start": q.start, "end": q.end, "value": text_of(q.value),
            "value_max": text_of(q.value_max), "unit": q.unit, "bound": q.bound,
        }
        for q in find_quantities(case["text"])
    ]  # fmt: skip
    assert found == case["quantities"]


ALPHABET = st.sampled_from(
    list(
        "0123456789０９．,，.%％‰一二三十百千万亿两几余多第前至到-—~/：:年月日个家亿元平方公里增长 达为约，。；、()（）《》“”GA\n"
    )
)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=ALPHABET, max_size=80) | st.text(max_size=60))
def test_quantities_of_any_text_have_offsets_in_order(text):
    end = 0
    for q in find_quantities(text):
        assert end <= q.start < q.end <= len(text)
        assert text[q.start : q.end] == text[q.start : q.end].strip()
        assert q.value_max is None or q.value_max >= q.value
        end = q.end


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=ALPHABET, max_size=80))
def test_metrics_of_any_text_have_offsets(text):
    for m in find_metrics(text):
        assert text[m.start : m.end]
        assert m.kind in KINDS
        assert m.indicator == (text[m.indicator_start : m.indicator_end] if m.indicator else "")


@pytest.mark.parametrize(
    "piece", ["1", "1,000", "一", "万", "亿", "第", "1-", "1/", "1:", "12年", "约", "百分之", "3.5%、", "9月"]
)
def test_time_is_linear(piece):
    text = piece * (200_000 // len(piece))
    started = time.process_time()
    for _ in find_quantities(text):
        pass
    assert time.process_time() - started < 8


def test_values_are_exact():
    (q,) = find_quantities("投资84.84亿元")
    assert (q.value, q.canonical_value, q.dimension) == (Decimal(8484000000), Decimal(8484000000), "money")
    (q,) = find_quantities("造林3亩")
    assert (q.canonical_value, q.canonical_unit) == (Decimal(2000), "平方米")


def test_units_have_one_canonical_unit_for_each_dimension():
    canonical = {}
    for unit in units().values():
        if unit.dimension in {"count", "occurrences", "money_foreign", "division", "grade"}:
            continue
        assert canonical.setdefault(unit.dimension, unit.canonical) == unit.canonical
        assert unit.factor > 0


# --- records ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("linking"))
def test_linking(case):
    context = SentenceContext(**case["context"])
    found = [
        {
            "text": case["text"][m.start : m.end], "indicator": m.indicator, "kind": m.kind, "status": m.status,
            "period": m.period, "indicator_id": m.indicator_id,
        }
        for m in find_metrics(case["text"], context)
    ]  # fmt: skip
    assert found == case["metrics"]


@pytest.mark.parametrize("case", cases("periods"))
def test_periods(case):
    text = case["text"]
    context = SentenceContext(**{k: tuple(v) if isinstance(v, list) else v for k, v in case["context"].items()})
    period = resolve_period(text, len(text), context, status=case["status"])
    assert (period, resolve_baseline(text, len(text), period, context)) == (case["period"], case["baseline"])


def test_bare_magnitudes_take_the_unit_of_their_indicator():
    (m,) = find_metrics("固定资产投资完成84.84亿。")
    assert (m.unit, m.dimension) == ("元", "money")


def test_direction_of_a_change():
    down, up = find_metrics("单位GDP能耗下降3.2%，工业用电量增长5%。")
    assert (down.direction, up.direction) == ("down", "up")


def test_many_sentences_at_once_give_the_same_records():
    lines = [json.loads(line) for line in (SPECS / "linking.jsonl").read_text(encoding="utf-8").splitlines()] * 8
    texts, contexts = [case["text"] for case in lines], [SentenceContext(**case["context"]) for case in lines]
    texts[3] = "加强学习。"
    assert find_all_metrics(texts, contexts) == [find_metrics(*pair) for pair in zip(texts, contexts, strict=True)]
    assert find_all_metrics([], []) == []


def test_a_quantity_alone_has_no_indicator():
    (m,) = find_metrics("5%")
    assert (m.indicator, m.indicator_start) == ("", None)


def test_sentence_without_numbers():
    assert find_metrics("加强干部队伍建设。") == []


# --- n-grams and linking --------------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(st.sets(st.integers(1, 2**60), max_size=200), st.lists(st.integers(0, 2**60), max_size=50))
def test_rows_of_keys(known, others):
    table = KeyTable(sorted(known))
    asked = np.array([*sorted(known), *others], np.int64)
    rows = dict(zip(sorted(known), range(1, len(known) + 1), strict=True))
    assert table.rows(asked).tolist() == [rows.get(key, 0) for key in asked.tolist()]


@given(st.text(alphabet="产值增长甲乙\0", max_size=12))
def test_keys_of_ngrams_are_those_of_their_words(text):
    alphabet = Alphabet("产值增长")
    keys = gram_keys(alphabet.numbers(text))
    for n in range(1, 6):
        for i in range(len(text) - n + 1):
            gram = text[i : i + n]
            if all(c in alphabet.characters for c in gram):
                assert keys[n - 1, i] == alphabet.key(gram)


def test_the_gradient_is_the_slope_of_the_loss():
    text = "产值5亿元，增长3%，新建码头2座、泊位6个。"
    quantities = list(find_quantities(text))
    links = [(0, 2), (0, 2), (13, 15), (18, 20)]
    assert [text[a:b] for a, b in links] == ["产值", "产值", "码头", "泊位"]
    problem = LinkProblem.of([(text, quantities, links)] * 2, LinkerSettings())
    point = np.random.default_rng(0).normal(0, 0.1, problem.parameters.size)
    _, gradient = problem.loss(point)
    step = np.random.default_rng(1).normal(0, 1, len(point))
    slope = (problem.loss(point + 1e-5 * step)[0] - problem.loss(point - 1e-5 * step)[0]) / 2e-5
    assert slope == pytest.approx(float(gradient @ step), rel=1e-5)


# --- canonical indicators -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("indicators"))
def test_indicator_id(case):
    assert indicator_id(case["mention"]) == case["id"]


def test_table_of_indicators():
    table = indicators()
    assert len(table) >= 200
    names = [name for i in table.values() for name in (i.name, *i.synonyms)]
    assert len(names) == len(set(names))
    assert {i.domain for i in table.values()} <= set(DOMAINS)
    assert all(i.english and i.authority and i.dimension for i in table.values())


# --- tables -------------------------------------------------------------------------------------------------------------


NO_CONTEXT = SentenceContext()


def rows(text, context=NO_CONTEXT):
    found = []
    for m in find_table_metrics(text, context):
        assert parse_cell(text[m.start : m.end])
        found.append((m.indicator, text_of(m.value), m.unit, m.kind, m.status, m.period))
    return found


def parse_cell(cell):
    return cell.strip("%％").replace(",", "").replace(".", "").lstrip("-").isdigit()


def test_header_hands_its_unit_to_the_cells():
    text = "乡镇 | 总产值（亿元） | 粮食产量（吨）\n东镇 | 1.25 | 3,000\n西镇 | 0.8 | --"
    assert rows(text) == [
        ("总产值", "125000000", "元", "level", "achieved", None),
        ("粮食产量", "3000", "吨", "level", "achieved", None),
        ("总产值", "80000000", "元", "level", "achieved", None),
    ]


def test_rows_name_the_indicator_where_columns_are_years():
    text = "单位：亿元\n指标\t2020年\t2021年\t增长（%）\n地区生产总值\t140.2\t151\t6.0"
    assert rows(text, SentenceContext(year=2021)) == [
        ("地区生产总值", "14020000000", "元", "level", "achieved", "2020"),
        ("地区生产总值", "15100000000", "元", "level", "achieved", "2021"),
        ("地区生产总值", "6", "%", "change", "achieved", "2021"),
    ]


def test_column_of_units_and_targets():
    text = "序号 | 指标名称 | 单位 | 2022年目标\n1 | 城镇新增就业 | 万人 | 2.1\n2 | 森林覆盖率 | % | 45.2"
    assert rows(text, SentenceContext(year=2021)) == [
        ("城镇新增就业", "21000", "人", "level", "planned", "2022"),
        ("森林覆盖率", "45.2", "%", "share", "planned", "2022"),
    ]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from(list("指标|值（亿元）单位：% \t\n12.5-,年")), max_size=60))
def test_tables_of_any_text(text):
    assert all(0 <= start < end <= len(text) for start, end in find_tables(text))
    for m in find_table_metrics(text):
        assert text[m.start : m.end].strip()


# --- the model ----------------------------------------------------------------------------------------------------------


def test_model_round_trip(tmp_path):
    model = packaged_model()
    model.to_disk(tmp_path / "metrics.npz")
    again = MetricModel.from_disk(tmp_path / "metrics.npz")
    text = "完成投资38.2亿元，同比增长12%。"
    assert find_metrics(text, model=again) == find_metrics(text)
    assert again.to_bytes() == model.to_bytes()


def test_damaged_model_is_refused(tmp_path):
    with pytest.raises(ModelError, match="damaged"):
        MetricModel.from_bytes(b"no model")
    with pytest.raises(ModelError, match="no metric model"):
        MetricModel.from_disk(tmp_path / "missing.npz")


def example(text, metrics, status="achieved"):
    spans = [(text.index(words), indicator, kind) for words, indicator, kind in metrics]
    found = tuple(
        Metric(start, start + len(words), indicator=indicator, kind=kind, status=status)
        for (start, indicator, kind), (words, _, _) in zip(spans, metrics, strict=True)
    )
    return Example(
        id=text, doc="d", text=text, context=SentenceContext(), entities=(), metrics=found, domains=("none",),
        status=status, furniture=False, start=0, end=len(text),
    )  # fmt: skip


def test_training_is_deterministic_and_learns():
    examples = [
        example("新建公园3个。", [("3个", "公园", "level")]),
        example("新建码头5座。", [("5座", "码头", "level")]),
        example("力争产值增长6%。", [("6%", "产值", "change")], status="planned"),
        example("力争销量增长9%。", [("9%", "销量", "change")], status="planned"),
    ] * 3
    one, two = train_metric_model(examples), train_metric_model(examples)
    assert one.to_bytes() == two.to_bytes()
    (m,) = find_metrics("力争税收增长7%。", model=one)
    assert (m.indicator, m.kind, m.status) == ("税收", "change", "planned")


def test_training_without_metrics_is_refused():
    with pytest.raises(ValueError, match="no metrics"):
        train_metric_model([example("加强学习。", [])])
