"""What is fuzzed: each target takes any bytes and raises AssertionError where a promise of the library does not hold."""

from __future__ import annotations

import io
import json
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from govtext.clean import find_furniture
from govtext.corpus import AnnotatedSentence, read_corpus, to_row, write_corpus
from govtext.errors import DataError, GovtextError
from govtext.formats import extract
from govtext.metadata import find_metadata
from govtext.metrics import find_metrics, find_quantities, find_table_metrics, find_tables
from govtext.numerals import format_chinese, format_number, parse_number, parse_range
from govtext.report import lay_out
from govtext.sentences import find_sentences
from govtext.structure import find_sections
from govtext.types import Extract
from govtext.words.patterns import find_exact_words

SECONDS_A_CHARACTER = 0.002  # of processor time, under the fuzzer's instruments; the stages need a hundredth of it
SECONDS_AT_LEAST = 2.0  # for what is loaded at the first call

Target = Callable[[bytes], None]
PART_MARK = b"\n%%\n"  # between the parts of a Word file


def check(name: str, data: bytes) -> None:
    """Run a target on an input; raises AssertionError if it breaks a promise or takes too long."""
    started = time.process_time()
    TARGETS[name](data)
    seconds = time.process_time() - started
    assert seconds < SECONDS_AT_LEAST + SECONDS_A_CHARACTER * len(data), f"{seconds:.1f} s for {len(data)} bytes"


def _read(data: bytes, *, name: str) -> None:
    """A file of a format: an Extract whose marks lie in its text, or one line that begins with the name."""
    try:
        found = extract(data, name=name)
    except GovtextError as error:
        assert str(error).startswith(name) and "\n" not in str(error), error
        return
    assert found.text.strip(), "an empty text"
    found.text.encode()  # no halves of characters
    for mark in (*found.headings, *found.furniture):
        assert 0 <= mark.start < mark.end <= len(found.text), mark
    _lay_out(found)


def _read_parts(data: bytes) -> None:
    """A Word file made of the given document, styles and numbering: the archive is sound, what is in it is anything."""
    _read(word_file(*(*data.split(PART_MARK, 2), b"", b"")[:3]), name="r.docx")


def word_file(document: bytes | str, styles: bytes | str, numbering: bytes | str) -> bytes:
    """A Word file of these parts."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in (
            *_WORD_FRAME,
            ("word/document.xml", document),
            ("word/styles.xml", styles),
            ("word/numbering.xml", numbering),
        ):
            archive.writestr(name, content)
    return stream.getvalue()


def _lay_out(found: Extract) -> None:
    """The whole layout of a text: every offset lies in it, spans are in order."""
    report = lay_out(found, id="r", path=None, name="清屿县2021年报告")
    text = report.text
    _in_order(text, report.sentences)
    _in_order(text, report.furniture)
    for i, section in enumerate(report.sections):
        assert 0 <= section.start <= section.heading_start <= section.heading_end <= section.end <= len(text), section
        assert section.parent is None or section.parent < i, section
    for sentence in report.sentences:
        assert sentence.section is None or sentence.section < len(report.sections), sentence


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _layout(data: bytes) -> None:
    if text := _text(data):
        _lay_out(Extract(text=text, format="text"))


def _sections(data: bytes) -> None:
    text = _text(data)
    sections = find_sections(text, furniture=find_furniture(text))
    assert all(s.start < s.end <= len(text) for s in sections)


def _sentences(data: bytes) -> None:
    text = _text(data)
    _in_order(text, find_sentences(text, furniture=(), sections=()))


def _metadata(data: bytes) -> None:
    """Metadata with a title and fields of the format that are anything, too."""
    text = _text(data)
    title, _, rest = text.partition("\n")
    extra = (("date", title), ("source", title), ("site", rest[:99]))
    found = find_metadata(text, furniture=find_furniture(text), title=title or None, name=title or None, extra=extra)
    for field in ("title", "issuer", "level", "place", "year", "plan_year", "date", "meeting"):
        value = getattr(found, field)
        if value is not None and value.start is not None:
            assert 0 <= value.start < value.end <= len(text), (field, value)


def _numerals(data: bytes) -> None:
    """A numeral is a number that is written and read back, or DataError or ValueError."""
    text = _text(data)
    for parse in (parse_number, parse_range):
        try:
            found: Any = parse(text)
        except (GovtextError, ValueError):
            continue
        for value in found if isinstance(found, tuple) else (found,):
            if value is not None:
                assert isinstance(value, Decimal) and value.is_finite(), value
                assert parse_number(format_number(value)) == value, value
                if 0 <= value < 10**16:
                    assert parse_number(format_chinese(value)) == value, value


def _quantities(data: bytes) -> None:
    text = _text(data)
    _in_order(text, list(find_quantities(text)))


def _metrics(data: bytes) -> None:
    """Records, which must be JSON."""
    from govtext.annotations import metric_json

    text = _text(data)
    found = find_metrics(text)
    for metric in (*found, *(m for start, end in find_tables(text) for m in find_table_metrics(text[start:end]))):
        json.dumps(metric_json(metric), allow_nan=False)
        assert 0 <= metric.start < metric.end, metric
    for metric in found:
        assert metric.end <= len(text)
        if metric.indicator_start is not None and metric.indicator_end is not None:
            assert text[metric.indicator_start : metric.indicator_end] == metric.indicator, metric


def _words(data: bytes) -> None:
    text = _text(data)
    assert all(0 <= start < end <= len(text) for start, end in find_exact_words(text))


def _corpus(data: bytes, *, format: str) -> None:
    """A corpus of a format: sentences that can be written and read again, or one line that begins with the name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "c")
        if format == "brat":
            path.mkdir()
            text, _, marks = data.partition(PART_MARK)
            (path / "d.txt").write_bytes(text)
            (path / "d.ann").write_bytes(marks)
        else:
            path.write_bytes(data)
        try:
            sentences = read_corpus(path, format)
        except DataError as error:
            assert str(error).startswith(str(path)), error
            return
        again = read_corpus(write_corpus(sentences, path.with_name("again.jsonl")), "jsonl")
        assert [_json(s) for s in again] == [_json(s) for s in sentences]


def _json(sentence: AnnotatedSentence) -> str:
    return json.dumps(to_row(sentence))


def _in_order(text: str, spans: Iterable[Any]) -> None:
    position = 0
    for span in spans:
        assert position <= span.start < span.end <= len(text), span
        position = span.end


_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_CONTENT = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_WORD_FRAME = (
    (
        "[Content_Types].xml",
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        + "".join(
            f'<Override PartName="/word/{part}.xml" ContentType="{_CONTENT}.{kind}+xml"/>'
            for part, kind in (("document", "document.main"), ("styles", "styles"), ("numbering", "numbering"))
        )
        + "</Types>",
    ),
    (
        "_rels/.rels",
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{_RELATIONS}/officeDocument" Target="word/document.xml"/></Relationships>',
    ),
    (
        "word/_rels/document.xml.rels",
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
        f'<Relationship Id="r2" Type="{_RELATIONS}/numbering" Target="numbering.xml"/></Relationships>',
    ),
)

TARGETS: dict[str, Target] = {
    **{kind: partial(_read, name=f"r.{kind}") for kind in ("txt", "html", "docx", "pdf")},
    "docx_parts": _read_parts,
    "layout": _layout,
    "sections": _sections,
    "sentences": _sentences,
    "metadata": _metadata,
    "numerals": _numerals,
    "quantities": _quantities,
    "metrics": _metrics,
    "words": _words,
    **{
        f"corpus-{name}": partial(_corpus, format=name)
        for name in ("jsonl", "conll", "doccano", "label-studio", "brat", "prodigy", "docbin")
    },
}
