"""Reads the text layer of PDF files: lines with their place on the page, furniture marked, wrapped lines joined."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from govtext.errors import MissingExtraError, ReadError
from govtext.formats.limits import MAX_PAGES, check_length
from govtext.formats.wrapped import PageLine, join_lines
from govtext.types import Extract

_CHARS_PER_PAGE = 10  # fewer on average means pictures of pages
_UNREADABLE = re.compile(r"[\ufffd\ue000-\uf8ff\x00-\x08]")
_UNREADABLE_SHARE = 0.3
_SPECIAL = {0: None, 2: "-", 0xFFFE: "-", 0xA0: " "}  # PDFium gives a soft hyphen as U+0002 or U+FFFE
_ERR_PASSWORD, _ERR_SECURITY = 4, 5  # PDFium's codes


def read_pdf(data: bytes, *, name: str) -> Extract:
    """The text of a PDF, wrapped lines joined to paragraphs; page numbers and running headers are furniture.

    Raises ReadError if the file is damaged, protected by a password, has more than MAX_PAGES pages, or holds pictures of
    pages rather than text (the message names the OCR command); MissingExtraError if pypdfium2 is not installed.
    """
    with closing(_open(data, name=name)) as document:
        pages = _read_pages(document, name=name)
    _check_text(pages, name=name)
    layout = join_lines(pages)
    return Extract(
        text=layout.text, format="pdf", title=_title(pages[0]), headings=(), furniture=tuple(layout.furniture)
    )  # fmt: skip


def _open(data: bytes, *, name: str) -> Any:
    try:
        import pypdfium2
    except ImportError:
        raise MissingExtraError("pypdfium2", "pdf", f"{name}: reading .pdf") from None
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (_ERR_PASSWORD, _ERR_SECURITY):
            advice = "remove it:  qpdf --decrypt --password=… in.pdf out.pdf"
            raise ReadError(f"{name}: protected by a password; {advice}") from None
        raise ReadError(f"{name}: the PDF is damaged or cut off; fetch it again") from None
    count = len(document)
    if 0 < count <= MAX_PAGES:
        return document
    document.close()
    if count:
        raise ReadError(f"{name}: {count} pages are more than the limit of {MAX_PAGES}; split the file")
    raise ReadError(f"{name}: the PDF has no pages (damaged?); fetch it again")


def _read_pages(document: Any, *, name: str) -> list[list[PageLine]]:
    from pypdfium2 import PdfiumError

    pages, characters = [], 0
    for number in range(len(document)):
        try:
            with closing(document[number]) as page, closing(page.get_textpage()) as text:
                characters += text.count_chars()
                check_length(characters, name=name)
                pages.append(_page_lines(text))
        except PdfiumError:
            raise ReadError(f"{name}: page {number + 1} is damaged; fetch the PDF again") from None
    return pages


def _page_lines(textpage: Any) -> list[PageLine]:
    """The lines of a page in reading order, with the boxes of their first and last visible characters."""
    from pypdfium2.raw import FPDFText_GetUnicode

    codes = [FPDFText_GetUnicode(textpage, i) for i in range(textpage.count_chars())]
    lines, first = [], 0
    for i, code in enumerate((*codes, 10)):
        if code in (10, 13):
            if line := _page_line(textpage, codes, first, i):
                lines.append(line)
            first = i + 1
    return lines


def _page_line(textpage: Any, codes: Sequence[int], first: int, last: int) -> PageLine | None:
    visible = [i for i in range(first, last) if codes[i] and not chr(codes[i]).isspace()]
    if not visible:
        return None
    left, bottom, _, top = textpage.get_charbox(visible[0], loose=True)
    right = textpage.get_charbox(visible[-1], loose=True)[2]
    text = "".join(map(chr, codes[first:last])).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = text.translate(_SPECIAL).strip()
    return PageLine(text, left=left, right=right, bottom=bottom, top=top)


def _check_text(pages: Sequence[Sequence[PageLine]], *, name: str) -> None:
    text = "".join(line.text for lines in pages for line in lines)
    if len(text) < _CHARS_PER_PAGE * len(pages):
        raise ReadError(
            f"{name}: pages without a text layer ({len(pages)}, scanned?); run OCR first:  "
            "ocrmypdf -l chi_sim in.pdf out.pdf"
        )
    if len(_UNREADABLE.findall(text)) > _UNREADABLE_SHARE * len(text):
        raise ReadError(
            f"{name}: the text layer is unreadable (fonts without Unicode); run OCR over it:  "
            "ocrmypdf --force-ocr -l chi_sim in.pdf out.pdf"
        )


def _title(lines: Sequence[PageLine]) -> str | None:
    """The first run of lines of the first page that are set clearly larger than the rest."""
    sizes = sorted(line.size for line in lines)
    if not sizes or sizes[-1] < 1.2 * sizes[len(sizes) // 2]:
        return None
    title: list[str] = []
    for line in lines:
        if line.size >= 0.95 * sizes[-1]:
            title.append(line.text)
        elif title:
            break
    return "".join(title)[:200] or None
