"""spaCy DocBin: one Doc for each sentence, one token for each character, so that every edge of a name is an edge of a token.

Entities are ``doc.ents``, domains are ``doc.cats`` (as the text classifier of spaCy reads them), all else is JSON in ``doc.user_data``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from spacy.tokens import Doc, DocBin, Span
from spacy.vocab import Vocab

from govtext.corpus.files import numbered, without_lost_metrics
from govtext.corpus.sentence import SCHEME, Row
from govtext.errors import DataError
from govtext.output import whole_file

KEY = "govtext_sentence"  # of ``doc.user_data``
_ON_DOC = {"text", "entities"}


def matches(path: Path, head: Row | None) -> bool:
    """Whether a file looks like this format, by its name."""
    return path.suffix.lower() == ".spacy"


def read_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Rows with ``file, doc n``."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from None
    try:
        rows = [to_row(doc) for doc in DocBin().from_bytes(data).get_docs(Vocab())]
    except Exception as error:  # noqa: BLE001 - spaCy does not say what it raises on damaged bytes
        raise DataError(f"{path}: not a spaCy DocBin ({type(error).__name__}: {error})") from None
    places = (f"{path}, doc {i}" for i in range(1, len(rows) + 1))
    return numbered(((where, without_lost_metrics(row, where)) for where, row in zip(places, rows, strict=False)), path)


def write_rows(rows: Iterable[Row], path: Path) -> None:
    """Write the file whole or not at all."""
    vocab = Vocab()
    data = DocBin(store_user_data=True, docs=[to_doc(row, vocab) for row in rows]).to_bytes()
    with whole_file(path, "wb") as f:
        f.write(data)


def to_doc(row: Row, vocab: Vocab) -> Doc:
    """A Doc with one token for each character."""
    characters = list(row["text"])
    doc = Doc(vocab, words=characters, spaces=[False] * len(characters))
    doc.ents = [Span(doc, e["start"], e["end"], label=e["label"]) for e in row["entities"]]
    if row["domains"]:
        doc.cats = {name: float(name in row["domains"]) for name in dict.fromkeys((*SCHEME.domains, *row["domains"]))}
    doc.user_data[KEY] = {key: value for key, value in row.items() if key not in _ON_DOC}
    return doc


def to_row(doc: Doc) -> Row:
    """The row of a Doc; one made elsewhere has its domains in ``cats``, the likeliest first."""
    row: Row = dict(doc.user_data.get(KEY, {}))
    if not row:
        likely = sorted((name for name, p in doc.cats.items() if p >= 0.5), key=lambda name: -doc.cats[name])
        row = {"domains": likely}
    entities = [{"start": e.start_char, "end": e.end_char, "label": e.label_, "text": e.text} for e in doc.ents]
    return {**row, "text": doc.text, "entities": entities}
