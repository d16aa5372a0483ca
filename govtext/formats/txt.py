"""Decodes plain text: BOM, UTF-8, UTF-16, GB18030, then charset-normalizer; the text is the file unchanged."""

from __future__ import annotations

from typing import NoReturn

from govtext.errors import ReadError
from govtext.types import Extract

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_PUNCTUATION = frozenset("\u3000，。、；：“”（）《》—")
_RARER_ENCODINGS = ["big5", "big5hkscs", "cp950", "hz", "utf_7"]
_SAMPLE = 20_000  # characters looked at to judge a decoding
_CONTROLS = bytes(b for b in range(32) if b not in b"\t\n\v\f\r\x1a\x1b")
_COMMON_SHARE = (
    0.7  # everyday characters among the Chinese ones; real reports have 0.9 and more, wrong decodings under 0.5
)


def read_txt(data: bytes, *, name: str) -> Extract:
    """The decoded file, unchanged to the character (a BOM is no text); ``encoding`` says how it was decoded.

    Raises ReadError if the file is binary, holds no text, or its encoding is not recognised.
    """
    text, encoding = decode(data, name=name)
    if not text or text.isspace():
        raise ReadError(f"{name}: holds no text, only white space; fetch or save it again")
    return Extract(text=text, format="txt", encoding=encoding)


def decode(data: bytes, *, name: str) -> tuple[str, str]:
    """Text and name of its encoding (utf-8, utf-8-sig, utf-16-le, utf-16-be, gb18030 …).

    >>> decode("年".encode("utf-16"), name="a.txt")
    ('年', 'utf-16-le')
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strict(data[len(bom) :], encoding, name=name), encoding
    if b"\0" in data:
        return _utf16_without_bom(data) or _refuse_binary(name)
    if _has_controls(data):
        return _utf16_without_bom(data) or _refuse_binary(name)
    if found := _utf8(data) or _utf16_without_bom(data) or _gb18030(data):
        return found
    _refuse_damaged_utf8(data, name=name)
    if found := _detected(data):
        return found
    raise ReadError(f"{name}: encoding not recognised (tried UTF-8, UTF-16, GB18030, Big5); save it as UTF-8")


def common_share(text: str) -> float:
    """Share of everyday characters (GB 2312 level 1) among the non-ASCII letters of a text's first part, 1.0 if none.

    >>> common_share("工作总结"), common_share("宸ヤ綔鎬荤粨") < 0.7
    (1.0, True)
    """
    letters = [c for c in text[:_SAMPLE] if c > "\x7f" and (c.isalpha() or "\ue000" <= c <= "\uf8ff")]
    return sum(map(_is_common, letters)) / len(letters) if letters else 1.0


def reads_as_chinese(text: str) -> bool:
    """Whether there is Chinese in a decoded text, and most of it in everyday characters.

    >>> reads_as_chinese("工作总结"), reads_as_chinese("宸ヤ綔鎬荤粨"), reads_as_chinese("r\u00e9sum\u00e9")
    (True, False, False)
    """
    return _has_chinese(text) and common_share(text) >= _COMMON_SHARE


def _has_chinese(text: str) -> bool:
    return any("\u4e00" <= c <= "\u9fff" for c in text[:_SAMPLE])


def _is_common(char: str) -> bool:
    code = char.encode("gb2312", "ignore")
    return len(code) == 2 and 0xB0 <= code[0] <= 0xD7


def _strict(data: bytes, encoding: str, *, name: str) -> str:
    try:
        return data.decode(encoding.removesuffix("-sig"))
    except UnicodeDecodeError as error:
        raise ReadError(
            f"{name}: marked as {encoding} but damaged or cut off at byte {error.start}; save it again as UTF-8"
        ) from None


def _utf8(data: bytes) -> tuple[str, str] | None:
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return None


def _utf16_without_bom(data: bytes) -> tuple[str, str] | None:
    """UTF-16 whose characters are nearly all everyday ones; None for anything else."""
    if len(data) % 2:
        return None
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text and _is_plain(text):
            return text, encoding
    return None


def _is_plain(text: str) -> bool:
    """Whether next to nothing but Chinese and ASCII is in the text."""
    sample = text[:_SAMPLE]
    return sum(map(_is_usual, sample)) >= 0.95 * len(sample) and common_share(sample) >= _COMMON_SHARE


def _is_usual(char: str) -> bool:
    if char.isascii():
        return char.isprintable() or char.isspace()
    return "\u4e00" <= char <= "\u9fff" or char in _PUNCTUATION


def _gb18030(data: bytes) -> tuple[str, str] | None:
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return None
    return (text, "gb18030") if common_share(text) >= _COMMON_SHARE else None


def _detected(data: bytes) -> tuple[str, str] | None:
    """Big5 and rarer encodings by charset-normalizer, if the result is Chinese."""
    from charset_normalizer import from_bytes

    best = from_bytes(data[: 4 * _SAMPLE], cp_isolation=_RARER_ENCODINGS).best()
    if best is None:
        return None
    try:
        text = data.decode(best.encoding)
    except UnicodeDecodeError:
        return None
    return (text, best.encoding) if _has_chinese(text) else None


def _has_controls(data: bytes) -> bool:
    """Text has next to no control characters; binary data has many."""
    return (len(data) - len(data.translate(None, _CONTROLS))) * 200 > len(data)


def _refuse_binary(name: str) -> NoReturn:
    raise ReadError(f"{name}: binary data, not text; export the report as .txt, .html, .docx or .pdf")


def _refuse_damaged_utf8(data: bytes, *, name: str) -> None:
    """Bytes that are nearly all valid UTF-8 are a damaged UTF-8 file, and no other encoding is tried on them."""
    damage = data.decode("utf-8", "replace").count("\ufffd")
    if damage * 100 < len(data) and not data.isascii():
        start = _first_damage(data)
        raise ReadError(f"{name}: UTF-8 with {damage} damaged places, the first at byte {start}; fetch it again")


def _first_damage(data: bytes) -> int:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return len(data)
