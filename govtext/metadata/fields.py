"""Finds the labelled lines of a page's head: ``发布机构：…``, ``发布日期 | …``, ``标 题: …``."""

from __future__ import annotations

import re
from functools import cache

from govtext.metadata.passage import Passage, ReportText
from govtext.resources import read_table

_VALUE = r"\s{0,3}[:|][ |]{0,12}([^\n|]{2,120})"
_UNKNOWN = re.compile(r"未知|不详|无$|-+$|本站|本网")


def find_fields(report: ReportText, field: str) -> list[Passage]:
    """The values that the head gives for ``field`` (title, issuer, date), the most telling label first.

    >>> [p.text for p in find_fields(ReportText("发布机构：青禾县水利局\\n来源:本网"), "issuer")]
    ['青禾县水利局']
    """
    head = report.head.text
    found = []
    for pattern in _patterns(field):
        for m in pattern.finditer(head):
            value = re.split(r" {2,}| (?=[^ ]{2,8}:)", m[1].strip())[0]
            if value and not _UNKNOWN.match(value):
                start = m.start(1) + m[1].index(value)
                found.append(report.passage(start, start + len(value), report.source_at(start, start + len(value))))
    return found


@cache
def _patterns(field: str) -> tuple[re.Pattern[str], ...]:
    labels = [row["label"] for row in read_table("metadata_labels") if row["field"] == field]
    return tuple(re.compile(r"(?<![\u4e00-\u9fff])" + " {0,4}".join(label) + _VALUE) for label in labels)
