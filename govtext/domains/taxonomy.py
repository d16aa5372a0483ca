"""The table of policy domains, and what they are called in other classification schemes."""

from __future__ import annotations

from govtext.errors import DataError
from govtext.resources import read_table


def describe(domain: str | None = None) -> list[dict[str, str]]:
    """The policy domains as rows: id, names in Chinese and English, definition, what it takes in and leaves out, two examples.

    With ``domain`` only its row; an unknown one raises DataError listing the ones there are.

    >>> describe("health")[0]["name_zh"], len(describe())
    ('卫生健康', 21)
    """
    rows = [dict(row) for row in read_table("domains")]
    if domain is None:
        return rows
    found = [row for row in rows if row["id"] == domain]
    if not found:
        raise DataError(f"no policy domain {domain!r}; there are: {', '.join(row['id'] for row in rows)}")
    return found


def schemes() -> dict[str, str]:
    """The classification schemes that ``crosswalk`` knows: id and name.

    >>> list(schemes())
    ['cap', 'state_council', 'budget', 'cofog']
    """
    return {row["id"]: row["name"] for row in read_table("crosswalk_schemes")}


def crosswalk(scheme: str) -> list[dict[str, str]]:
    """The policy domains in another scheme: rows of domain, code, name, relation and source.

    A domain may have several rows: one ``main`` class, which fits best, and further ones (``also``) that take in a part of it;
    ``none`` and domains without a counterpart may have none. An unknown scheme raises DataError listing the ones there are.

    >>> [(row["code"], row["name"]) for row in crosswalk("cap") if row["domain"] == "health"]
    [('3', 'Health')]
    """
    sources = {row["id"]: row["source"] for row in read_table("crosswalk_schemes")}
    if scheme not in sources:
        raise DataError(f"no scheme {scheme!r}; there are: {', '.join(sources)}")
    return [
        {key: row[key] for key in ("domain", "code", "name", "relation")} | {"source": sources[scheme]}
        for row in read_table("crosswalks")
        if row["scheme"] == scheme
    ]
