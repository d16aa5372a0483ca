"""Reads the bytes of a report file as an Extract: the format is chosen by suffix and checked against the content."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import PurePath
from typing import cast

from govtext.errors import ReadError
from govtext.formats.limits import check_size, check_text
from govtext.formats.sniff import sniff_format
from govtext.resources import read_table
from govtext.types import Extract

Reader = Callable[..., Extract]

SUFFIXES: dict[str, str] = {
    ".txt": "txt",
    ".html": "html",
    ".htm": "html",
    ".shtml": "html",
    ".xhtml": "html",
    ".docx": "docx",
    ".pdf": "pdf",
}
"""Suffixes that can be read, and the format that each stands for."""
DOCUMENTS = frozenset(row["key"] for row in read_table("unreadable_formats") if row["kind"] == "document")
"""Suffixes of documents that must be converted first."""


def extract(data: bytes, *, name: str) -> Extract:
    """Read the bytes of a file called ``name``; the suffix chooses the reader, and the content must agree with it.

    A name without a suffix is read by its content alone. The text of a plain text file is the decoded file unchanged.
    Raises ReadError (or MissingExtraError for .docx and .pdf without their extra) with one line that names the file and
    the next step.

    >>> extract("青禾县2023年工作总结".encode("gb18030"), name="report.txt")
    Extract(text='青禾县2023年工作总结', format='txt', encoding='gb18030', ...)
    """
    check_size(len(data), name=name)
    found = _reader(_choose_format(data, name=name))(data, name=name)
    check_text(found.text, name=name)
    return found


def _choose_format(data: bytes, *, name: str) -> str:
    suffix = PurePath(name).suffix.lower()
    wanted, content = SUFFIXES.get(suffix), sniff_format(data)
    if wanted == content or (not suffix and content in SUFFIXES.values()):
        return content
    if wanted == "html" and content == "txt":  # a fragment without <html> is HTML all the same
        return wanted
    raise ReadError(f"{name}: {_mismatch(suffix, content, path=name)}")


def _mismatch(suffix: str, content: str, *, path: str) -> str:
    """Why a file cannot be read as what its name says, and what to do."""
    stem, wanted = PurePath(path).stem, SUFFIXES.get(suffix)
    if content in SUFFIXES.values() and content != "txt":
        right = next(s for s, f in SUFFIXES.items() if f == content)
        return f"the content is {content.upper()}, not what the suffix says; rename it to {stem}{right}"
    advice = (None if wanted else _advice(suffix, "document", "other")) or _advice(content, "content")
    if advice:
        return advice.format(stem=stem, folder=PurePath(path).parent, path=path)
    if wanted:
        return (
            f"not a {wanted.upper()} file (damaged or misnamed); open it in its program and save it again as {wanted}"
        )
    return f"unknown format {suffix or content!r}; known suffixes are {' '.join(SUFFIXES)}"


def _advice(key: str, *kinds: str) -> str | None:
    rows = read_table("unreadable_formats")
    return next((row["advice"] for row in rows if row["kind"] in kinds and row["key"] == key), None)


def _reader(fmt: str) -> Reader:
    """The ``read_<format>`` function of the format's module, imported when first needed."""
    return cast(Reader, getattr(import_module(f"govtext.formats.{fmt}"), f"read_{fmt}"))
