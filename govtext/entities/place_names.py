"""What names of places stand for: divisions by all their names and by chains of names, regions, places abroad."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import NamedTuple

from govtext.entities.divisions import Form, gazetteer, stem
from govtext.resources import read_table

COUNTRY = ("中国", "中华人民共和国", "新中国", "祖国")


class Match(NamedTuple):
    """A division that a name may stand for, and by which of its names."""

    code: str
    form: Form


@cache
def groups() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Names that stand for several divisions: name to (kind, codes)."""
    return {row["name"]: (row["kind"], tuple(row["codes"].split("|"))) for row in read_table("place_groups")}


@cache
def foreign_places() -> dict[str, str]:
    """Names of places outside China and their kind."""
    return {row["name"]: row["kind"] for row in read_table("foreign_places")}


@cache
def endings(*kinds: str) -> tuple[str, ...]:
    """How names of the given kinds of places end (road, line, water, relief, pass, settlement …); of all kinds if none is given.

    >>> "环城高速".endswith(endings("line"))
    True
    """
    return tuple(row["ending"] for row in read_table("place_endings") if not kinds or row["kind"] in kinds)


@lru_cache(maxsize=1 << 14)
def matches(name: str) -> tuple[Match, ...]:
    """The divisions that go by exactly this name, in the strongest form in which any does."""
    table = gazetteer()
    if name[:2] not in table.openings:
        return ()
    former = tuple(Match(codes[0], "alias") for codes in table.alias.get(name, ()) if len(codes) == 1)
    full = tuple(Match(code, "full") for code in table.full.get(name, ()))
    if full:
        return full + tuple(m for m in former if m.code not in {f.code for f in full})
    short = tuple(Match(code, "short") for code in table.short.get(name, ()) if code not in {f.code for f in former})
    # 南京东路, 太平湖: rather the road or lake than the township that is named after it
    if former or name.endswith((*endings("road"), "湖", "江", "河", "山", "港")):
        short = tuple(m for m in short if table.rank(m.code) < 4)
    return former + short or variants(name)


def variants(name: str) -> tuple[Match, ...]:
    """Divisions of the same level that have changed their kind: 徐水县 is 徐水区 now, 某某乡 a 镇."""
    table = gazetteer()
    if name.endswith("新区"):
        return ()
    for level in ("prefecture", "county", "township"):
        base = stem(name, level)
        found = [c for c in table.short.get(base, ()) if len(base) >= 2 and table.divisions[c].level == level]
        if found:
            return tuple(Match(code, "variant") for code in found)
    return ()


@lru_cache(maxsize=1 << 14)
def chains(name: str) -> tuple[Match, ...]:
    """Divisions named with one or more of those above them, innermost last: 湖南省长沙市长沙县."""
    table = gazetteer()
    if name[:2] not in table.openings:
        return ()
    found: dict[str, Match] = {}
    for cut in range(len(name) - 2, 1, -1):
        outer = {m.code for m in matches(name[:cut]) if table.rank(m.code) < 4 or m.form == "full"}
        if not outer:
            continue
        for inner in matches(name[cut:]) + chains(name[cut:]):
            lineage = table.lineage(inner.code)[1:]
            if outer.intersection(lineage) and (inner.form != "short" or table.rank(inner.code) < 4):
                found.setdefault(inner.code, Match(inner.code, "chain"))
    return tuple(found.values())
