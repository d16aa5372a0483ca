"""The value types that stages hand to each other: plain frozen dataclasses, all offsets in characters, half-open.

Every mention promises ``text[m.start:m.end]`` for the text that it was found in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Part = Literal["review", "plan"]
Status = Literal["achieved", "planned", "other"]
Label = Literal["PLACE", "ORG", "PROJECT", "METRIC"]
Kind = Literal["level", "change", "share", "rank"]
Bound = Literal["about", "at_least", "at_most", "more_than", "less_than"]
Level = Literal["national", "province", "prefecture", "county", "township", "street", "village", "department"]


@dataclass(frozen=True, slots=True)
class Furniture:
    """A stretch of page furniture (site navigation, source line, footer …), marked and never cut out."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class HeadingMark:
    """A heading known from the file format itself (``<h2>``, a Word heading style); ``level`` counts from 1."""

    start: int
    end: int
    level: int


@dataclass(frozen=True, slots=True)
class Extract:
    """What a format reader found: the text that all offsets refer to, and what the format itself says of it."""

    text: str
    format: str  # txt | html | docx | pdf
    encoding: str | None = None
    title: str | None = None
    headings: tuple[HeadingMark, ...] = ()
    furniture: tuple[Furniture, ...] = ()
    meta: tuple[
        tuple[str, str], ...
    ] = ()  # what the format says beside the text: ("date", "2022-01-24"), ("source", …)


@dataclass(frozen=True, slots=True)
class Section:
    """One node of the section tree: ``text[start:end]`` is heading and body, subsections included.

    ``parent`` is an index into the list of sections (always smaller than the section's own), None at the top.
    ``number`` is the numeral as written without its punctuation (``一``, ``1``, ``①``, ``一是``), "" if there is none;
    ``heading`` is the heading line without number and final punctuation. ``part`` says whether the section reviews the past
    or plans ahead, None where neither it nor a parent says so.
    """

    start: int
    end: int
    level: int
    number: str
    heading: str
    parent: int | None
    heading_start: int
    heading_end: int
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence; ``section`` is the index of the innermost section it stands in, None before the first."""

    start: int
    end: int
    section: int | None = None
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class SentenceContext:
    """What a stage may know of a sentence beside its own words. All fields are optional.

    ``heads`` is the heading path from the outermost section inwards, as the text has it (number included); for a sentence
    that is itself a heading, its own heading is left out. ``position`` runs from 0 (first sentence) to 1 (last).
    ``year`` is the year reported on, ``plan_year`` the year planned for. ``around`` are the sentences nearest to it, up to five
    before and five after, in the order of the text and without the sentence itself.
    """

    heads: tuple[str, ...] = ()
    previous: str = ""
    following: str = ""
    position: float = 0.0
    part: Part | None = None
    is_heading: bool = False
    title: str = ""
    level: str | None = None
    year: int | None = None
    plan_year: int | None = None
    around: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """A tagged name or quantity (ANNOTATION §2)."""

    start: int
    end: int
    label: Label


@dataclass(frozen=True, slots=True)
class Metric:
    """The record of one METRIC (offsets refer to the same text as ``start`` and ``end``).

    ``value`` is exact, in ``unit`` with magnitude words applied (84.84亿元 is 8484000000 元); percentages are in percent.
    ``canonical_value``/``canonical_unit`` give the same quantity in the base unit of its dimension (亩 to m²).
    """

    start: int
    end: int
    value: Decimal | None = None
    value_max: Decimal | None = None
    unit: str | None = None
    bound: Bound | None = None
    indicator: str = ""
    indicator_start: int | None = None
    indicator_end: int | None = None
    indicator_id: str | None = None
    kind: Kind = "level"
    direction: Literal["up", "down"] | None = None
    status: Literal["achieved", "planned"] = "achieved"
    period: str | None = None
    baseline: str | None = None
    canonical_value: Decimal | None = None
    canonical_unit: str | None = None
    dimension: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceLink:
    """What a PLACE is tied to.

    ``relation``: ``is`` a division of the code table (``code``: six digits, nine for a township; ``path`` from the province
    down, the division included), lies ``in`` one (``container``, its path), is a ``group`` of divisions (``members``: a region,
    a river that crosses them), is ``abroad``; None where that stays open, with ``candidates`` if codes compete.
    ``name`` is the official name of the division, else the words as written. ``confidence`` runs from 0 to 1.
    """

    name: str
    code: str | None
    level: str | None
    path: tuple[str, ...] = ()
    relation: Literal["is", "in", "group", "abroad"] | None = "is"
    candidates: tuple[str, ...] = ()
    confidence: float = 0.0
    container: str | None = None
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProjectLink:
    """What its sentence says of a PROJECT: the METRIC that is its investment, its stage and the word that says so, by offsets.

    ``target`` is true where the stage is still to be reached.
    """

    stage: str | None = None
    stage_start: int | None = None
    stage_end: int | None = None
    target: bool = False
    investment_start: int | None = None
    investment_end: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One piece of metadata and where it was read: offsets in the text, or the source's name (``file name``)."""

    value: str | int
    source: str  # "title" | "text" | "furniture" | "file name" | "html"
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a report says of itself; each field is None when the text does not say."""

    title: Found | None = None
    issuer: Found | None = None
    level: Found | None = None
    place: Found | None = None
    year: Found | None = None  # the year reported on
    plan_year: Found | None = None  # the year planned for
    date: Found | None = None  # publication date, ISO 8601
    meeting: Found | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A report as read, with its layout: the input of the pipeline.

    ``text`` is the decoded file for ``.txt`` (unchanged to the character) and the extracted text for other formats.
    """

    text: str
    id: str = "report"
    path: str | None = None
    format: str = "text"
    encoding: str | None = None
    meta: Metadata = field(default_factory=Metadata)
    furniture: tuple[Furniture, ...] = ()
    sections: tuple[Section, ...] = ()
    sentences: tuple[Sentence, ...] = ()
