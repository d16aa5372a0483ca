"""Finds what a report says of itself: title, issuer, level, place, years, date, meeting, and where it was read."""

from __future__ import annotations

from collections.abc import Sequence

from govtext.metadata.dates import find_meeting, find_publication_date
from govtext.metadata.issuers import find_issuer, find_level
from govtext.metadata.passage import Passage, ReportText, normalize
from govtext.metadata.places import find_place
from govtext.metadata.title import find_title
from govtext.metadata.years import find_years
from govtext.types import Found, Furniture, Metadata


def find_metadata(
    text: str,
    *,
    furniture: Sequence[Furniture] = (),
    title: str | None = None,
    name: str | None = None,
    extra: Sequence[tuple[str, str]] = (),
) -> Metadata:
    """Metadata of a report; every field tells its source and offsets in ``text``, and is None when nothing says it.

    ``title`` is what the file format gives as title, ``name`` the file's name without suffix, ``extra`` what a page's
    own metadata say (``("date", "2022-01-24")``, ``("source", "…")``). A value stands where it was read, but is not
    always the very words: dates are ISO 8601, years of a work report follow from the date on which it was given.

    >>> meta = find_metadata("云岭街道2021年工作总结及2022年工作计划\\n日期：2022-01-24\\n一、2021年工作总结")
    >>> meta.place.value, meta.level.value, meta.year.value, meta.plan_year.value, meta.date.value
    ('云岭街道', 'street', 2021, 2022, '2022-01-24')
    """
    report = ReportText(text, furniture=furniture)
    page = {key: Passage(normalize(value), "html") for key, value in extra if value.strip()}
    named = find_title(report, title=title, name=name)
    heading = named[1] if named else None
    meeting = find_meeting(report)
    date = find_publication_date(report, extra=[p for key, p in page.items() if key == "date"])
    issuer = find_issuer(report, title=heading, extra=[p for key, p in page.items() if key in ("source", "site")])
    place, level = _place_and_level(report, heading, issuer, meeting, name)
    year, plan_year = find_years(report, title=heading, date=date, meeting=meeting)
    return Metadata(
        title=heading.found(named[0], 0, len(heading.text)) if named and heading else None,
        issuer=issuer, level=level, place=place, year=year, plan_year=plan_year, date=date, meeting=meeting,
    )  # fmt: skip


def _place_and_level(
    report: ReportText, title: Passage | None, issuer: Found | None, meeting: Found | None, name: str | None
) -> tuple[Found | None, Found | None]:
    """Place and level belong together: the level is the issuer's or the place's, and a national body has no place."""
    said = [_as_passage(found) for found in (issuer, meeting) if found]
    level = find_level(issuer, [p for p in (title, *said) if p], report.passage(0, 300))
    if level and level.value == "national":
        return None, level
    names = [Passage(name, "file name")] if name else []
    found = find_place([p for p in (title, *said, *names) if p], report)
    if not found:
        return None, level
    place, place_level = found
    return place, level or Found(place_level, place.source, place.start, place.end)


def _as_passage(found: Found) -> Passage:
    return Passage(str(found.value), found.source, found.start)
