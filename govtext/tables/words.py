"""Words of analyzed reports: frequencies, and what one corpus has more of than another."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import pandas as pd

from govtext.resources import read_table
from govtext.tables.rows import Docs, Record, records


def stop_words() -> frozenset[str]:
    """Stop words of the genre: function words and the formulas that every report repeats.

    >>> {"的", "进一步"} <= stop_words()
    True
    """
    return frozenset(row["word"] for row in read_table("stop_words"))


def words(
    docs: Docs, *, by: Literal["report", "domain", "section"] | None = None, stop_words: Iterable[str] = ()
) -> pd.DataFrame:
    """Word frequencies, the most frequent first; ``by`` counts within reports, domains or sections.

    Punctuation and numbers are left out, and the ``stop_words`` given (see the function ``stop_words`` for those of the genre). With
    ``by="report"`` a pivot of the table is the document-term matrix that topic models take. ``per_million`` is relative to
    the words counted in the same group.
    """
    counts: Counter[tuple[Any, str]] = Counter()
    stop = set(stop_words)
    for record in records(docs):
        for word, group in _grouped_words(record, by):
            if word not in stop and word[0].isalpha():
                counts[group, word] += 1
    totals: Counter[Any] = Counter()
    for (group, _), n in counts.items():
        totals[group] += n
    data = [
        {"group": group, "word": word, "count": n, "per_million": n * 1_000_000 / totals[group]}
        for (group, word), n in counts.most_common()
    ]
    table = pd.DataFrame(data, columns=["group", "word", "count", "per_million"])
    return table.rename(columns={"group": by}) if by else table.drop(columns="group")


def _grouped_words(record: Record, by: str | None) -> Iterator[tuple[str, Any]]:
    text, sentences, i = record["text"], record["sentences"], 0
    for start, end in record["words"]:
        while i < len(sentences) and sentences[i]["end"] <= start:
            i += 1
        if i == len(sentences) or start < sentences[i]["start"]:
            continue  # page furniture
        sentence = sentences[i]
        group = {"report": record["id"], "domain": sentence["domain"], "section": sentence["section"], None: None}[by]
        yield text[start:end], group


def keyness(docs: Docs, reference: Docs, *, min_count: int = 5, stop_words: Iterable[str] = ()) -> pd.DataFrame:
    """Words that one corpus uses more or less than another, by log-likelihood (Dunning 1993), the most telling first.

    ``log_ratio`` is the binary logarithm of the ratio of relative frequencies (0.5 is added to each count); positive where ``docs`` use the
    word more. Words with fewer than ``min_count`` in both corpora together are left out.
    """
    a, b = (words(d, stop_words=stop_words).set_index("word")["count"] for d in (docs, reference))
    table = pd.DataFrame({"count": a, "reference": b}).fillna(0).astype(int)
    total_a, total_b = max(int(a.sum()), 1), max(int(b.sum()), 1)
    table = table[table.sum(axis=1) >= min_count]
    table["log_likelihood"] = [
        _log_likelihood(x, y, total_a, total_b) for x, y in table[["count", "reference"]].to_numpy()
    ]
    table["log_ratio"] = [
        math.log2(((x + 0.5) / total_a) / ((y + 0.5) / total_b)) for x, y in table[["count", "reference"]].to_numpy()
    ]
    return table.sort_values("log_likelihood", ascending=False, kind="stable").reset_index(names="word")


def _log_likelihood(a: int, b: int, total_a: int, total_b: int) -> float:
    expected = (a + b) / (total_a + total_b)
    return 2 * sum(n * math.log(n / (expected * total)) for n, total in ((a, total_a), (b, total_b)) if n)
