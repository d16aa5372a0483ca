"""Reads the metrics of a table kept as text: header and caption give their units, names and years to the cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from govtext.metrics.indicators import indicator_id
from govtext.metrics.units import Unit, unit_at
from govtext.numerals import parse_number, to_half_width, without_zeros
from govtext.types import Kind, Metric, SentenceContext

NO_CONTEXT: Final = SentenceContext()

_SEPARATOR: Final = re.compile(r" ?\| ?|\t")
_ROW: Final = re.compile(r"[^\n|\t]*(?: ?\| ?|\t)[^\n]*")
_CELL_NUMBER: Final = re.compile(
    r"\s*(?P<number>[-−]?(?:[0-9]{1,3}(?:,[0-9]{3}){1,5}|[0-9０-９]{1,20})(?:[.．][0-9０-９]{1,8})?)\s*(?P<percent>[%％]?)\s*$"
)
_IN_PARENTHESES: Final = re.compile(r"[（(](?:单位[:：]?)?(?P<unit>[^（）()]{1,12})[）)]\s*$")
_CAPTION_UNIT: Final = re.compile(r"单位[:：]\s*(?P<unit>[^\s，,；;、）)|]{1,12})")
_MAGNITUDE: Final = re.compile(r"[十百千万亿]+(?![瓦克米伏卡焦帕赫升])")
_CHANGE: Final = re.compile(r"增长|增幅|增速|增减|同比|±|升降|比上年")
_YEAR: Final = re.compile(r"((?:19|20)[0-9]{2})[ ]?年?")
_PLANNED: Final = re.compile(r"目标|计划|预期|预计")
_UNIT_HEADER: Final = re.compile(r"\s*(?:计量)?单位\s*$")
_ROW_NUMBER: Final = re.compile(r"\s*(?:序号|编号|行次|代码)\s*$")


@dataclass(frozen=True, slots=True)
class _Cell:
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class _Scale:
    """What a header says of the numbers under it: ``亿元`` is the unit 元 with the factor 10 ** 8."""

    unit: Unit
    factor: Decimal


def find_tables(text: str) -> Iterator[tuple[int, int]]:
    """The stretches of two or more lines with cells, separated by `` | `` or tabs; a caption with their unit is taken in.

    >>> list(find_tables("年报\\n指标 | 值（亿元）\\n总产值 | 12.5\\n完"))
    [(3, 24)]
    """
    rows: list[tuple[int, int]] = []
    caption: int | None = None
    position = 0
    for line in [*text.splitlines(keepends=True), ""]:
        body = line.rstrip("\r\n")
        if _ROW.fullmatch(body):
            rows.append((position, position + len(body)))
        else:
            if len(rows) > 1:
                yield (rows[0][0] if caption is None else caption), rows[-1][1]
            rows = []
            caption = position if _CAPTION_UNIT.search(body) else None
        position += len(line)


def find_table_metrics(text: str, context: SentenceContext = NO_CONTEXT) -> list[Metric]:
    """The metrics in the cells of the tables of ``text`` (a table, or a whole report); offsets refer to ``text``.

    A cell takes its unit from its column's header, its row's label, a column of units or a caption (``单位：亿元``), in
    this order; its indicator is the header or the label, whichever is not a year or a rate of change.

    >>> [(m.indicator, m.value, m.unit) for m in find_table_metrics("名称 | 总产值（亿元）\\n东镇 | 12.5")]
    [('总产值', Decimal('1250000000'), '元')]
    """
    return [m for start, end in find_tables(text) for m in _read_table(text, start, end, context)]


def _read_table(text: str, start: int, end: int, context: SentenceContext) -> Iterator[Metric]:
    rows = [row for row in _rows(text, start, end) if len(row) > 1]
    caption = _CAPTION_UNIT.search(text, start, end)
    shared = _scale(caption["unit"]) if caption else None
    headers = rows[0]
    if any(_CELL_NUMBER.match(c.text) and not _YEAR.fullmatch(c.text.strip()) for c in headers[1:]):
        return
    units_at = next((i for i, c in enumerate(headers) if _UNIT_HEADER.match(c.text)), None)
    label_at = next((i for i, c in enumerate(headers) if not _ROW_NUMBER.match(c.text)), 0)
    for row in rows[1:]:
        label = row[label_at] if label_at < len(row) else row[0]
        of_row = _scale(row[units_at].text) if units_at is not None and units_at < len(row) else None
        for header, cell in zip(headers, row, strict=False):
            if cell is not label and header is not headers[units_at or 0] and not _ROW_NUMBER.match(header.text):
                yield from _read_cell(cell, header, label, of_row or shared, context)


def _rows(text: str, start: int, end: int) -> Iterator[list[_Cell]]:
    position = start
    for line in text[start:end].splitlines(keepends=True):
        cells, left = [], 0
        body = line.rstrip("\r\n")
        for m in _SEPARATOR.finditer(body):
            cells.append(_cell(body, left, m.start(), position))
            left = m.end()
        cells.append(_cell(body, left, len(body), position))
        yield cells
        position += len(line)


def _cell(line: str, start: int, end: int, offset: int) -> _Cell:
    raw = line[start:end]
    start += len(raw) - len(raw.lstrip())
    end = start + len(raw.strip())
    return _Cell(offset + start, offset + end, line[start:end])


def _read_cell(
    cell: _Cell, header: _Cell, label: _Cell, given: _Scale | None, context: SentenceContext
) -> Iterator[Metric]:
    m = _CELL_NUMBER.match(cell.text)
    if m is None:
        return
    named = (
        label if _is_measure(header) and not _in_parentheses(label) and indicator_id(_name(header)) is None else header
    )
    if _YEAR.search(header.text) or _CHANGE.search(header.text) or _in_parentheses(label):
        named = label
    change = bool(_CHANGE.search(header.text))
    scale = _header_scale(header) or (_header_scale(label) if not change else None) or (given if not change else None)
    percent = m["percent"] or (change and (scale is None or "%" in header.text or "％" in header.text))
    if percent:
        scale = _scale("%")
    value = parse_number(m["number"].replace("−", "-"))
    yield _with_scale(_metric(cell, m, named, header, value, context, change=change), scale)


def _is_measure(header: _Cell) -> bool:
    """Whether a column is headed by a kind of number (a year, a value, a change) rather than by what is measured."""
    name = _name(header)
    return not name or bool(
        _YEAR.search(name)
        or _CHANGE.search(name)
        or name in {"数值", "绝对量", "绝对值", "总量", "完成数", "合计", "值"}
    )


def _metric(
    cell: _Cell,
    m: re.Match[str],
    named: _Cell,
    header: _Cell,
    value: Decimal,
    context: SentenceContext,
    *,
    change: bool,
) -> Metric:
    name = _name(named)
    kind: Kind = "change" if change else "share" if m["percent"] or name.endswith(("率", "比重", "占比")) else "level"
    year = _YEAR.search(header.text)
    period = year.group(1) if year else str(context.year) if context.year else None
    planned = bool(_PLANNED.search(header.text)) or (not year and context.part == "plan")
    planned = planned or bool(year and context.year and int(year.group(1)) > context.year)
    end = cell.start + m.end("percent" if m["percent"] else "number")
    return Metric(
        cell.start, end, value, indicator=name, indicator_start=named.start, indicator_end=named.start + len(name),
        indicator_id=indicator_id(name), kind=kind, status="planned" if planned else "achieved", period=period,
        direction=("up" if value > 0 else "down" if value < 0 else None) if change else None,
    )  # fmt: skip


def _with_scale(m: Metric, scale: _Scale | None) -> Metric:
    if scale is None or m.value is None:
        return m
    value = without_zeros(m.value * scale.factor)
    unit = scale.unit
    return replace(
        m, value=value, unit=unit.symbol, dimension=unit.dimension, canonical_unit=unit.canonical,
        canonical_value=unit.to_canonical(value),
    )  # fmt: skip


def _in_parentheses(cell: _Cell) -> bool:
    return _header_scale(cell) is not None


def _name(cell: _Cell) -> str:
    m = _IN_PARENTHESES.search(cell.text)
    return cell.text[: m.start()].rstrip() if m and _scale(m["unit"]) else cell.text


def _header_scale(cell: _Cell) -> _Scale | None:
    m = _IN_PARENTHESES.search(cell.text)
    return _scale(m["unit"]) if m else None


def _scale(words: str) -> _Scale | None:
    """``亿元`` as unit and factor; None if the words are no unit."""
    words = to_half_width(words).strip()
    magnitude = _MAGNITUDE.match(words)
    at = magnitude.end() if magnitude else 0
    found = unit_at(words, at)
    if found is None or found[1] != len(words):
        return None
    return _Scale(found[0], parse_number(magnitude.group()) if magnitude else Decimal(1))
