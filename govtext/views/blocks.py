"""A record as paragraphs: which sentences share a line, what lies between them, and the text with its entities marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from govtext.views.html import element, escape

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph ``text[start:end]`` with its sentences (numbers into ``record["sentences"]``), or furniture if it has none."""

    start: int
    end: int
    sentences: tuple[int, ...] = ()


def find_blocks(record: Record) -> Iterator[Block]:
    """The paragraphs of a report in order; between them, as blocks of their own, the lines that hold no sentence."""
    text, position = record["text"], 0
    group: list[int] = []
    for i, sentence in enumerate(record["sentences"]):
        gap = text[position : sentence["start"]]
        if "\n" in gap or not group:
            if group:
                yield _paragraph(record, group)
            if gap.strip():
                yield Block(position, sentence["start"])
            group = []
        group.append(i)
        position = sentence["end"]
    if group:
        yield _paragraph(record, group)
    if text[position:].strip():
        yield Block(position, len(text))


def _paragraph(record: Record, group: Sequence[int]) -> Block:
    rows = record["sentences"]
    return Block(rows[group[0]]["start"], rows[group[-1]]["end"], tuple(group))


def domain_shares(record: Record, block: Block) -> list[tuple[str, float]]:
    """Probability of each domain over a paragraph, its sentences weighted by length, likeliest first."""
    totals: dict[str, float] = {}
    weight = 0
    for i in block.sentences:
        sentence = record["sentences"][i]
        length = sentence["end"] - sentence["start"]
        weight += length
        for domain, probability in sentence["domains"].items():
            totals[domain] = totals.get(domain, 0.0) + length * probability
    return sorted(((domain, total / weight) for domain, total in totals.items() if weight), key=lambda p: -p[1])


@dataclass(slots=True)
class Marker:
    """Writes stretches of a report as HTML, left to right, with each entity in a ``<mark>``.

    ``classes`` gives the class of a label. With ``titles`` an entity says in its ``title`` what is known of it; without,
    it carries its number in ``data-e`` for a script to look up.
    """

    record: Record
    classes: Mapping[str, str]
    titles: Sequence[str] | None = None
    _next: int = field(default=0, init=False)

    def __call__(self, start: int, end: int) -> str:
        """The HTML of ``text[start:end]``; stretches must come in order."""
        text, entities, position = self.record["text"], self.record["entities"], start
        parts: list[str] = []
        while self._next < len(entities) and entities[self._next]["start"] < end:
            i, entity = self._next, entities[self._next]
            self._next += 1
            if entity["start"] < position:
                continue  # overlaps what is written already
            stop = min(entity["end"], end)
            parts += [escape(text[position : entity["start"]]), self._mark(i, entity, text[entity["start"] : stop])]
            position = stop
        parts.append(escape(text[position:end]))
        return "".join(parts)

    def _mark(self, number: int, entity: Mapping[str, Any], text: str) -> str:
        if self.titles is None:
            return element(
                "mark", escape(text), class_=self.classes[entity["label"]], id=f"e{number}", data_e=number, tabindex=-1
            )
        return element("mark", escape(text), class_=self.classes[entity["label"]], title=self.titles[number])
