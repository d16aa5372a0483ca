"""Tells from the first bytes what a file really is, whatever its name says."""

from __future__ import annotations

import io
import re
import zipfile

from govtext.resources import read_table

_HEAD = 2048
_HTML = re.compile(rb"<!doctype\s{1,20}html|<html[\s>]|<head[\s>]|<body[\s>]", re.IGNORECASE)
_MHTML = re.compile(rb"^mime-version:|^content-type:\s{0,9}multipart/related", re.IGNORECASE | re.MULTILINE)
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


def sniff_format(data: bytes) -> str:
    """Format of the content: txt, html, docx or pdf, or the name of something that cannot be read (ole, zip, image …).

    Whatever shows no signature counts as ``txt``; whether it really is text, its reader decides.

    >>> sniff_format(b"%PDF-1.7 ..."), sniff_format(b"<!DOCTYPE html><p>"), sniff_format("年".encode())
    ('pdf', 'html', 'txt')
    """
    head = data[:_HEAD]
    for row in read_table("file_signatures"):
        if head.startswith(bytes.fromhex(row["hex"])):
            return _archive_format(data) if row["format"] == "zip" else row["format"]
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(_UTF16_BOMS):
        head = head.replace(b"\0", b"")
    if _HTML.search(head):
        return "html"
    return "mhtml" if _MHTML.search(head[:512]) else "txt"


def _archive_format(data: bytes) -> str:
    """What a zip archive holds, by the names of its parts; ``zip`` if it is something else or damaged."""
    try:
        names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return "damaged_zip"
    for row in read_table("archive_parts"):
        if any(name == row["part"] or name.startswith(row["part"] + "/") for name in names):
            return row["format"]
    return "zip"
