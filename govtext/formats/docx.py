"""Reads Word files: paragraphs and tables in order, automatic numbers, heading styles, title; tracked deletions left out."""

from __future__ import annotations

import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from lxml import etree

from govtext.errors import MissingExtraError, ReadError
from govtext.formats.layout import LayoutBuilder
from govtext.formats.limits import MAX_TAGS, check_archive
from govtext.formats.numbering import Numbering
from govtext.types import Extract

if TYPE_CHECKING:
    from docx.document import Document

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_WRAPPERS = frozenset(_W + tag for tag in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"))
_SKIPPED = frozenset({_FALLBACK, *(_W + tag for tag in ("del", "moveFrom", "txbxContent", "footnote", "rPr", "pPr"))})
_CHARACTERS = {_W + "tab": " ", _W + "br": "\n", _W + "cr": "\n", _W + "noBreakHyphen": "-"}
_HEADING_STYLE = re.compile(r"(?:heading|标题) ?([1-9])", re.IGNORECASE)
_TITLE_STYLES = ("title", "标题")
_CONTENTS_STYLE = re.compile(r"(?:toc|目录) ?[1-9]", re.IGNORECASE)
_XML = re.compile(rb"[\s\xef\xbb\xbf\xfe\xff]{0,99}<")  # a byte order mark before it
_HEAD, _CHUNK = 4096, 2**16  # bytes
_MAX_HEADING = 100  # characters; a longer paragraph in a heading style is body text
_MAX_CHAIN = 10  # styles that one is based on
_DAMAGED = (  # of the archive, or of the XML in it
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, NotImplementedError, RuntimeError,
    KeyError, ValueError, TypeError, AttributeError, etree.XMLSyntaxError,
)  # fmt: skip


def read_docx(data: bytes, *, name: str) -> Extract:
    """The text of a Word file, one line a paragraph, one line a table row (cells separated by `` | ``).

    Headings come from heading styles and outline levels, the title from the style ``Title``, entries of a table of
    contents are furniture. Raises ReadError if the file is damaged, protected or unpacks to too much, and
    MissingExtraError if python-docx is not installed.
    """
    _check_parts(data, name=name)
    document = _open(data, name=name)
    try:
        reader = _DocxReader(document)
        reader.read_blocks(document.element.body)
    except _DAMAGED:
        raise ReadError(f"{name}: the file is damaged; open it in Word and save it again") from None
    layout = reader.layout
    if not layout.text:
        raise ReadError(f"{name}: holds no text (pictures of pages?); run OCR, or fetch another version")
    return Extract(
        text=layout.text, format="docx", title=reader.title, headings=tuple(layout.headings),
        furniture=tuple(layout.furniture),
    )  # fmt: skip


def _check_parts(data: bytes, *, name: str) -> None:
    """Refuse archives that unpack to too much, and XML parts that declare entities or hold more tags than any report."""
    archive, tags = check_archive(data, name=name), 0
    try:
        for part in archive.infolist():
            with archive.open(part) as stream:
                head = stream.read(_HEAD).replace(b"\0", b"")
                if part.filename.endswith((".xml", ".rels")) and (b"<!DOCTYPE" in head or b"<!ENTITY" in head):
                    raise ReadError(f"{name}: declares XML entities, as no Word file does; save it again in Word")
                tags += _count_tags(head, stream)
            if tags > MAX_TAGS:
                raise ReadError(f"{name}: more than {MAX_TAGS:,} tags, more than a report has; split the file")
    except _DAMAGED:
        raise ReadError(f"{name}: the file is damaged or cut off; fetch it again") from None


def _count_tags(head: bytes, stream: IO[bytes]) -> int:
    """Tags in a part that begins with ``head``, none if it is no XML."""
    if not _XML.match(head):
        return 0
    return head.count(b"<") + sum(chunk.count(b"<") for chunk in iter(partial(stream.read, _CHUNK), b""))


def _open(data: bytes, *, name: str) -> Document:
    try:
        import docx
        from docx.opc.exceptions import OpcError
    except ImportError:
        raise MissingExtraError("python-docx", "docx", f"{name}: reading .docx") from None
    try:
        return docx.Document(io.BytesIO(data))
    except (*_DAMAGED, OpcError):
        raise ReadError(
            f"{name}: no readable Word document in it (damaged?); open it in Word and save it again"
        ) from None


class _DocxReader:
    """Walks the blocks of one document."""

    def __init__(self, document: Document) -> None:
        self.layout = LayoutBuilder()
        self.title: str | None = None
        self._styles = {style.style_id: style.element for style in document.styles}
        self._numbering = Numbering(_part_element(document, "numbering"))

    def read_blocks(self, parent: Any) -> None:
        """Paragraphs and tables below ``parent`` in document order."""
        for block in _children(parent):
            if block.tag == _W + "p":
                self._read_paragraph(block)
            elif block.tag == _W + "tbl":
                self._read_table(block)

    def _read_paragraph(self, paragraph: Any) -> None:
        styles = self._style_chain(paragraph)
        text = _paragraph_text(paragraph).strip()
        if text:
            text = self._numbering.label(paragraph, styles) + text
        names = [_value(style, "name") or "" for style in styles]
        if text and any(n.lower() in _TITLE_STYLES for n in names[:1]):
            self.title = f"{self.title} {text}" if self.title else " ".join(text.split())
        heading = self._heading_level(paragraph, styles, names) if len(text) <= _MAX_HEADING else None
        contents = "contents" if any(_CONTENTS_STYLE.fullmatch(n) for n in names) else None
        for line in [" ".join(text.split())] if heading else text.split("\n"):
            self.layout.add_line(line, heading=heading, furniture=contents)
        for box in _text_boxes(paragraph):
            self.read_blocks(box)

    def _heading_level(self, paragraph: Any, styles: list[Any], names: list[str]) -> int | None:
        """Level by outline level (own, then of the styles) or by the name of the style."""
        for element, style_name in zip((paragraph, *styles), ("", *names), strict=True):
            outline = element.find(f"{_W}pPr/{_W}outlineLvl")
            if outline is not None:
                level = int(outline.get(_W + "val", "9")) + 1
                return level if 1 <= level <= 9 else None
            if m := _HEADING_STYLE.fullmatch(style_name):
                return int(m[1])
        return None

    def _read_table(self, table: Any) -> None:
        rows = [
            [cell for cell in _children(row) if cell.tag == _W + "tc"]
            for row in _children(table)
            if row.tag == _W + "tr"
        ]
        if max(map(len, rows), default=0) < 2:  # a frame around text, not a table
            for row in rows:
                for cell in row:
                    self.read_blocks(cell)
            return
        for row in rows:
            cells = [" ".join(" ".join(map(_paragraph_text, cell.iter(_W + "p"))).split()) for cell in row]
            if any(cells):
                self.layout.add_line(" | ".join(cells))

    def _style_chain(self, paragraph: Any) -> list[Any]:
        """The paragraph's style and the styles that it is based on."""
        reference = paragraph.find(f"{_W}pPr/{_W}pStyle")
        key = reference.get(_W + "val") if reference is not None else None
        chain: list[Any] = []
        while key in self._styles and self._styles[key] not in chain and len(chain) < _MAX_CHAIN:
            chain.append(self._styles[key])
            key = _value(chain[-1], "basedOn")
        return chain


def _part_element(document: Document, kind: str) -> Any:
    """Root element of a part that the document may lack."""
    for relation in document.part.rels.values():
        if relation.reltype.endswith("/" + kind) and not relation.is_external:
            return getattr(relation.target_part, "element", None)
    return None


def _children(parent: Any) -> Iterator[Any]:
    """Child elements, those inside content controls and insertions included."""
    for child in parent:
        if child.tag in _WRAPPERS:
            yield from _children(child)
        else:
            yield child


def _paragraph_text(paragraph: Any) -> str:
    """Text of all runs, inserted ones and links included, without deleted text, notes and text boxes."""
    parts: list[str] = []
    walker = etree.iterwalk(paragraph, events=("start",))
    for _, element in walker:
        if element.tag in _SKIPPED:
            walker.skip_subtree()
        elif element.tag == _W + "t":
            parts.append(element.text or "")
        else:
            parts.append(_CHARACTERS.get(element.tag, ""))
    return "".join(parts).replace("\xa0", " ")


def _text_boxes(paragraph: Any) -> Iterator[Any]:
    """The outermost text boxes in a paragraph; those inside them belong to their paragraphs."""
    walker = etree.iterwalk(paragraph, events=("start",))
    for _, element in walker:
        if element.tag == _W + "txbxContent":
            yield element
        if element.tag in (_W + "txbxContent", _FALLBACK):
            walker.skip_subtree()


def _value(element: Any, tag: str) -> str | None:
    child = element.find(_W + tag)
    return child.get(_W + "val") if child is not None else None
