"""Numerals: cases as data lines, round trips, and cn2an as an oracle for whole numbers."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import cn2an
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govtext.numerals import format_chinese, format_number, parse_number, parse_range, to_half_width

SPECS = Path(__file__).parents[1] / "specs" / "numerals.jsonl"
CASES = [json.loads(line) for line in SPECS.read_text(encoding="utf-8").splitlines()]
DECIMALS = st.decimals(min_value=0, max_value=10**16 - 1, places=3, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize("case", [c for c in CASES if "error" not in c], ids=lambda c: c["text"])
def test_value(case):
    low, high = parse_range(case["text"])
    assert str(low) == case["value"]
    assert (None if high is None else str(high)) == case.get("value_max")


@pytest.mark.parametrize("case", [c for c in CASES if "error" in c], ids=lambda c: repr(c["text"]))
def test_no_numeral(case):
    with pytest.raises(ValueError, match="no number"):
        parse_number(case["text"])


@given(st.integers(0, 10**16 - 1))
def test_agrees_with_cn2an_on_whole_numbers(number):
    assert parse_number(cn2an.an2cn(number)) == number


@given(st.integers(0, 10**16 - 1))
def test_is_written_as_cn2an_reads(number):
    written = format_chinese(Decimal(number))
    assert cn2an.cn2an("一" + written if written.startswith("十") else written, "strict") == number


@given(DECIMALS)
def test_round_trip(value):
    assert parse_number(format_number(value)) == value
    assert parse_number(format_chinese(value)) == value


@given(DECIMALS)
def test_full_width_reads_alike(value):
    digits = f"{value:f}"
    wide = digits.translate(str.maketrans("0123456789.", "０１２３４５６７８９．"))
    assert to_half_width(wide) == digits
    assert parse_number(wide) == value


@given(st.text(alphabet="零一二两三四五六七八九十百千万亿点分之成半几多余0123456789,.，/ -", max_size=40))
def test_any_text_gives_a_decimal_or_value_error(text):
    try:
        value = parse_number(text)
    except ValueError:
        return
    assert isinstance(value, Decimal)
    assert value.is_finite()


def test_outside_of_what_is_written_out():
    with pytest.raises(ValueError, match="outside"):
        format_chinese(Decimal(10) ** 16)
