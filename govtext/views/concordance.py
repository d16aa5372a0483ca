"""Keyword in context: every place where a word stands, with what comes before and after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from govtext.display import pad, width
from govtext.errors import DataError
from govtext.tables import Docs, records
from govtext.views.blocks import Record
from govtext.views.html import View, element, escape, piece


@dataclass(frozen=True, slots=True)
class Hit:
    """One occurrence; ``start`` is its offset in the report's text."""

    report: str
    start: int
    before: str
    word: str
    after: str


def kwic(docs: Docs, word: str, *, window: int = 20, limit: int = 1000) -> View:
    """The word in its context: ``window`` characters on either side, ``limit`` hits at most.

    Finds the string wherever it stands in a sentence, part of a longer word or not. Raises DataError if ``word`` is empty.

    >>> import govtext as gt
    >>> print(kwic(gt.analyze("全年完成固定资产投资3亿元。"), "投资", window=4))
    report  固定资产  投资  3亿元。
    """
    if not word.strip():
        raise DataError("the word is empty; give one or more characters to look for")
    found = list(islice(_hits(docs, word, window), limit + 1))
    hits, more = found[:limit], len(found) > limit
    note = f"只列出前 {limit} 处" if more else f"共 {len(hits)} 处"
    return View(html=_html(hits, word, note), text=_text(hits, more=note if more else ""))


def _hits(docs: Docs, word: str, window: int) -> Iterator[Hit]:
    return (hit for record in records(docs) for hit in _hits_in(record, word, window))


def _hits_in(record: Record, word: str, window: int) -> Iterator[Hit]:
    text = record["text"]
    for sentence in record["sentences"]:
        start = text.find(word, sentence["start"], sentence["end"])
        while start >= 0:
            end = start + len(word)
            before, after = text[max(start - window, 0) : start], text[end : end + window]
            yield Hit(record["id"], start, _one_line(before), word, _one_line(after))
            start = text.find(word, end, sentence["end"])


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _text(hits: list[Hit], *, more: str) -> str:
    if not hits:
        return "没有找到"
    names = max(width(hit.report) for hit in hits)
    left = max(width(hit.before) for hit in hits)
    lines = [f"{pad(hit.report, names)}  {pad(hit.before, left, right=True)}  {hit.word}  {hit.after}" for hit in hits]
    return "\n".join([*lines, more] if more else lines)


def _html(hits: list[Hit], word: str, note: str) -> str:
    rows = "".join(
        element(
            "tr",
            element("td", escape(hit.report), class_="source")
            + element("td", str(hit.start), class_="source")
            + element("td", escape(hit.before), class_="before")
            + element("td", element("mark", escape(hit.word)))
            + element("td", escape(hit.after)),
        )
        for hit in hits
    )
    head = "".join(element("th", name, scope="col") for name in ("报告", "位置", "前文", "词", "后文"))
    table = element("table", element("caption", f"“{escape(word)}”{note}") + element("tr", head) + rows)
    return piece(table)
