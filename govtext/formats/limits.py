"""How much a report file may hold before it is refused, and the checks of it."""

from __future__ import annotations

import io
import zipfile

from govtext.errors import ReadError

MAX_BYTES = 64 * 2**20
"""Largest file that is read, in bytes."""
MAX_UNPACKED_BYTES = 256 * 2**20
"""Largest sum of the unpacked parts of a .docx, in bytes."""
MAX_PARTS = 5_000
"""Most parts (files) inside a .docx."""
MAX_TAGS = 1_000_000
"""Most tags, opening and closing, in the XML of a .docx."""
MAX_DEPTH = 1_000
"""Deepest nesting of elements in an HTML page."""
MAX_ELEMENTS = 300_000
"""Most elements of an HTML page."""
MAX_PAGES = 2_000
"""Most pages of a .pdf."""
MAX_LINE = 1_000_000
"""Longest line of the text, in characters: ten times the longest report."""
MAX_CHARACTERS = 20_000_000
"""Longest text, in characters: two hundred times the longest report."""


def check_size(size: int, *, name: str) -> None:
    """Raise ReadError if a file of ``size`` bytes is empty or larger than MAX_BYTES."""
    if not size:
        raise ReadError(f"{name}: the file is empty (0 bytes); fetch or save it again")
    if size > MAX_BYTES:
        raise ReadError(
            f"{name}: {size / 2**20:.0f} MiB is more than the limit of {MAX_BYTES // 2**20} MiB; split the file"
        )


def check_text(text: str, *, name: str) -> None:
    """Raise ReadError if the text is longer than MAX_CHARACTERS, or a line of it longer than MAX_LINE."""
    check_length(len(text), name=name)
    longest = max(map(len, text.splitlines()), default=0)
    if longest > MAX_LINE:
        raise ReadError(
            f"{name}: a line of {longest:,} characters (the limit is {MAX_LINE:,}) is no line of a report; "
            "save the text with its line breaks, or split the file"
        )


def check_length(characters: int, *, name: str) -> None:
    """Raise ReadError if there are more characters than MAX_CHARACTERS."""
    if characters > MAX_CHARACTERS:
        raise ReadError(
            f"{name}: {characters:,} characters are more than the limit of {MAX_CHARACTERS:,}; split the file"
        )


def check_archive(data: bytes, *, name: str) -> zipfile.ZipFile:
    """The zip archive in ``data``; raises ReadError if it is damaged, encrypted or unpacks to more than the limits."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeDecodeError):
        raise ReadError(
            f"{name}: the file is damaged or cut off; fetch it again, or open and save it in Word"
        ) from None
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED_BYTES:
        raise ReadError(
            f"{name}: unpacks to {unpacked / 2**20:.0f} MiB in {len(parts)} parts (a zip bomb?); "
            f"the limit is {MAX_UNPACKED_BYTES // 2**20} MiB in {MAX_PARTS} parts"
        )
    if any(part.flag_bits & 0x1 for part in parts):
        raise ReadError(f"{name}: the archive is protected by a password; save it without one")
    return archive
