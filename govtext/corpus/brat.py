"""BRAT standoff: a folder with one ``.txt`` and one ``.ann`` for each document, one sentence a line.

Each sentence is a text-bound ``Sentence`` with the attributes ``Domain``, ``Domain2``, ``Domain3`` and ``Status`` and a note that holds its
other fields as JSON. Documents without such annotations are cut into sentences by the library's own layout.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from govtext.corpus.files import Span, dump, parse_object, read_lines, read_text, settle_spans, without_lost_metrics
from govtext.corpus.sentence import SCHEME, Row, mention_at
from govtext.errors import DataError, OutputError
from govtext.output import whole_folder
from govtext.report import parse_report

_BOUND = re.compile(r"(T\d+)\t(\S+) (\d{1,12} \d{1,12}(?:;\d{1,12} \d{1,12})*)\t(.*)", re.DOTALL)
_ATTRIBUTE = re.compile(r"A\d+\t(\S+) (T\d+) (\S+)")
_NOTE = re.compile(r"#\d+\t\S+ (T\d+)\t(.*)", re.DOTALL)
_DOMAINS = ("Domain", "Domain2", "Domain3")
_IN_MARKS = {"text", "entities", "domains", "status"}


def matches(path: Path, head: Row | None) -> bool:
    """Whether a folder holds standoff annotations."""
    return path.is_dir() and any(path.glob("*.ann"))


def read_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Rows with ``file, line n`` of the annotation; documents in the order of their names."""
    for ann in sorted(path.glob("*.ann")):
        yield from _Document(ann).rows()


def write_rows(rows: Iterable[Row], path: Path) -> None:
    """Write the folder whole or not at all, with an ``annotation.conf``; a document's sentences are put together."""
    by_doc: dict[str, list[Row]] = {}
    for row in rows:
        by_doc.setdefault(row["doc"], []).append(row)
    names = _file_names(by_doc)
    with whole_folder(path, own=own_files(path)) as folder:
        (folder / "annotation.conf").write_text(_configuration(by_doc), encoding="utf-8")
        for doc, found in by_doc.items():
            text = "\n".join(row["text"] for row in found) + "\n"
            (folder / f"{names[doc]}.txt").write_bytes(text.encode())
            (folder / f"{names[doc]}.ann").write_bytes("".join(f"{line}\n" for line in _marks(found)).encode())


def own_files(path: Path) -> list[Path]:
    """The files of a folder that are of this format."""
    return [path / "annotation.conf", *(file for ann in path.glob("*.ann") for file in (ann, ann.with_suffix(".txt")))]


class _Document:
    """The text and the marks of one ``.ann`` file."""

    def __init__(self, ann: Path) -> None:
        self.path, self.name = ann, ann.stem
        self.text = read_text(ann.with_suffix(".txt"))
        self.entities: list[tuple[str, Row]] = []
        self.sentences: dict[str, tuple[str, int, int]] = {}
        self.labels: dict[str, dict[str, str]] = {}
        self.notes: dict[str, str] = {}
        bound: list[tuple[str, str, str, list[Span], str]] = []
        for where, line in read_lines(ann, keep_returns=True):
            if found := _BOUND.fullmatch(line):
                bound.append((where, found[1], found[2], _spans(found[3]), found[4]))
            elif attribute := _ATTRIBUTE.fullmatch(line.strip()):
                self.labels.setdefault(attribute[2], {})[attribute[1]] = attribute[3]
            elif note := _NOTE.fullmatch(line):
                self.notes[note[1]] = note[2]
            elif line.startswith("T"):
                raise DataError(f"{where}: not a text-bound annotation: {line!r}")
        for where, key, label, spans, mention in bound:
            start, end = self._place(spans, mention, where)
            if label == "Sentence":
                self.sentences[key] = where, start, end
            else:
                self.entities.append((where, {"start": start, "end": end, "label": label}))

    def rows(self) -> Iterator[tuple[str, Row]]:
        """The sentences in the order of the text, each with the entities inside it."""
        marks = sorted(self.sentences.items(), key=lambda item: item[1][1])
        if not marks:
            report = parse_report(self.text, id=self.name)
            marks = [("", (str(self.path), s.start, s.end)) for s in report.sentences]
        inside = self._entities_of([(start, end) for _, (_, start, end) in marks])
        for (key, (where, start, end)), entities in zip(marks, inside, strict=True):
            row = {"doc": self.name, "start": start, "end": end, "id": f"{self.name}:{start}"}
            row |= parse_object(self.notes[key], where) if key in self.notes else {}
            given = self.labels.get(key, {})
            row["domains"] = [given[name] for name in _DOMAINS if name in given]
            row["status"] = given.get("Status")
            row["text"] = self.text[start:end]
            row["entities"] = [{**e, "start": e["start"] - start, "end": e["end"] - start} for e in entities]
            yield where, without_lost_metrics(row, where)

    def _entities_of(self, sentences: list[Span]) -> list[list[Row]]:
        """The entities inside each sentence; raises DataError for one that lies in none."""
        found: list[list[Row]] = [[] for _ in sentences]
        starts = [start for start, _ in sentences]
        for where, e in sorted(self.entities, key=lambda item: item[1]["start"]):
            i = bisect_right(starts, e["start"]) - 1
            if i < 0 or e["end"] > sentences[i][1]:
                raise DataError(
                    f"{where}: {e['label']} {self.text[e['start'] : e['end']]!r} does not lie inside one sentence"
                )
            found[i].append(e)
        return found

    def _place(self, spans: list[Span], mention: str, where: str) -> Span:
        """Start and end of an annotation; it may be broken at line ends only, where BRAT writes a space."""
        for (_, end), (start, _) in pairwise(spans):
            if self.text[end:start].strip("\r\n"):
                raise DataError(f"{where}: {mention!r} has a gap; annotate names in one piece")
        if " ".join(self.text[start:end] for start, end in spans) == mention:
            return spans[0][0], spans[-1][1]
        mention = mention.removesuffix("\r")  # of the line end
        if len(spans) == 1:
            spans = settle_spans(self.text, spans, [mention], where)
        if " ".join(self.text[start:end] for start, end in spans) != mention:
            mention_at(self.text, spans[0][0], spans[-1][1], mention, where)
        return spans[0][0], spans[-1][1]


def _spans(written: str) -> list[Span]:
    pairs = (part.split() for part in written.split(";"))
    return [(int(start), int(end)) for start, end in pairs]


def _marks(rows: Sequence[Row]) -> Iterator[str]:
    bound = attributes = offset = 0
    for note, row in enumerate(rows, 1):
        text, bound = row["text"], bound + 1
        key = f"T{bound}"
        yield f"{key}\tSentence {_fragments(text, 0, len(text), offset)}"
        given = [*zip(_DOMAINS, row["domains"], strict=False), *([("Status", row["status"])] if row["status"] else [])]
        for name, value in given:
            attributes += 1
            yield f"A{attributes}\t{name} {key} {value}"
        yield f"#{note}\tAnnotatorNotes {key}\t{dump({k: v for k, v in row.items() if k not in _IN_MARKS})}"
        for e in row["entities"]:
            bound += 1
            yield f"T{bound}\t{e['label']} {_fragments(text, e['start'], e['end'], offset)}"
        offset += len(text) + 1


def _fragments(text: str, start: int, end: int, offset: int) -> str:
    found = [
        (m.start() + offset + start, m.end() + offset + start, m[0]) for m in re.finditer(r"[^\n]+", text[start:end])
    ]
    return ";".join(f"{s} {e}" for s, e, _ in found) + "\t" + " ".join(words for *_, words in found)


def _file_names(docs: Iterable[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for doc in docs:
        safe = re.sub(r"[^\w.-]", "_", doc)[:100].lstrip(".") or "document"
        names[doc] = safe if safe not in names.values() else f"{safe}-{len(names) + 1}"
    if len(set(names.values())) < len(names):
        raise OutputError("documents cannot be told apart by name; give them names of letters and digits")
    return names


def _configuration(by_doc: dict[str, list[Row]]) -> str:
    rows = [row for found in by_doc.values() for row in found]
    labels = dict.fromkeys((*SCHEME.labels, *(e["label"] for row in rows for e in row["entities"])))
    domains = "|".join(dict.fromkeys((*SCHEME.domains, *(d for row in rows for d in row["domains"]))))
    attributes = [f"{name}\tArg:Sentence, Value:{domains}" for name in _DOMAINS]
    attributes.append(f"Status\tArg:Sentence, Value:{'|'.join(SCHEME.statuses)}")
    return "\n".join(["[entities]", *labels, "Sentence", "[relations]", "[events]", "[attributes]", *attributes, ""])
