"""Corpora in and out: annotated sentences in the formats of annotation tools and training libraries, all on character offsets."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from govtext.corpus.files import read_objects
from govtext.corpus.predictions import from_record, from_report
from govtext.corpus.sentence import SCHEME, AnnotatedSentence, Row, Scheme, from_row, to_row
from govtext.errors import DataError
from govtext.output import check_folder, check_target

__all__ = [
    "FORMATS",
    "SCHEME",
    "AnnotatedSentence",
    "Scheme",
    "check_corpus_target",
    "detect_format",
    "from_record",
    "from_report",
    "from_row",
    "read_corpus",
    "to_row",
    "write_corpus",
]

# name: module, in the order in which a file is tried
FORMATS = {
    "datasets": "hugging_face",
    "docbin": "docbin",
    "conll": "conll",
    "brat": "brat",
    "label-studio": "label_studio",
    "prodigy": "prodigy",
    "jsonl": "jsonl",
    "doccano": "doccano",
}
FOLDERS = ("datasets", "brat")


def read_corpus(
    path: str | Path, format: str | None = None, *, scheme: Scheme = SCHEME, **options: Any
) -> list[AnnotatedSentence]:
    """The annotated sentences of a file or folder, in its order; without ``format`` it is told by name and content.

    ``options`` go to the format (doccano: ``offsets``). Raises DataError naming file and line if an offset does not match its text, entities
    overlap, a label is unknown to the scheme, or nothing is found.
    """
    path = Path(path)
    if not path.exists():
        raise DataError(f"{path}: no such file or folder")
    rows = _module(format or detect_format(path)).read_rows(path, **options)
    sentences = [from_row(row, where, scheme=scheme) for where, row in rows]
    if not sentences:
        raise DataError(f"{path}: no annotated sentence in it")
    return sentences


def write_corpus(
    sentences: Iterable[AnnotatedSentence],
    path: str | Path,
    format: str = "jsonl",
    *,
    overwrite: bool = False,
    **options: Any,
) -> Path:
    """Write annotated sentences as a file (``datasets`` and ``brat``: a folder), whole or not at all.

    ``options`` go to the format: ``tags`` ("bio" or "bioes") of conll; ``field`` and ``offsets`` of doccano; ``model_version`` of
    label-studio; ``split`` and ``scheme`` of datasets. Raises OutputError if the path exists and ``overwrite`` is not set, or is a
    folder that holds other files than those of the format.
    """
    path = Path(path)
    check_corpus_target(path, format, overwrite=overwrite)
    _module(format).write_rows(map(to_row, sentences), path, **options)
    return path


def check_corpus_target(path: Path, format: str = "jsonl", *, overwrite: bool = False) -> None:
    """Raise, before long work, what ``write_corpus`` would raise of a path and a format; makes the folder that it is to stand in."""
    module = _module(format)
    check_target(path, overwrite=overwrite, folder=format in FOLDERS)
    if format == "datasets":
        module.load_datasets()
    if format in FOLDERS:
        check_folder(path, module.own_files(path))


def detect_format(path: str | Path) -> str:
    """The name of a corpus's format; raises DataError if none fits."""
    path = Path(path)
    head = _head(path)
    for name in FORMATS:
        if _module(name).matches(path, head):
            return name
    raise DataError(f"{path}: none of the known formats ({', '.join(FORMATS)}); name the format")


def _head(path: Path) -> Row | None:
    """The first object of a JSON file."""
    if path.is_dir() or path.suffix.lower() not in (".jsonl", ".json", ".ndjson"):
        return None
    for _, row in read_objects(path):
        return row
    raise DataError(f"{path}: no annotated sentence in it")


def _module(format: str) -> Any:
    if format not in FORMATS:
        raise DataError(f"no corpus format {format!r}; there are: {', '.join(FORMATS)}")
    return import_module(f"govtext.corpus.{FORMATS[format]}")
