"""Reads and writes the numerals of Chinese texts on Decimal: Arabic, Chinese and mixed, exact, never a float on the way."""

from __future__ import annotations

import re
from decimal import Context, Decimal, localcontext
from typing import Final

DIGITS: Final = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2, "俩": 2}
MAGNITUDES: Final = {
    "兆": Decimal(10**12), "亿": Decimal(10**8), "万": Decimal(10**4),
    "千": Decimal(1000), "百": Decimal(100), "十": Decimal(10),
}  # fmt: skip
FULL_WIDTH: Final = str.maketrans("０１２３４５６７８９．，％／－＋：（）　", "0123456789.,%/-+:() ")

_EXACT = Context(prec=200)  # no numeral in a text comes near
_FRACTION = Context(prec=28)
_LONGEST = 200  # characters of a numeral, as many as _EXACT has digits
_ARABIC = re.compile(r"\d+(?:\.\d+)?")
_THOUSANDS = re.compile(r"(?<=\d)[,，](?=\d{3}(?!\d))")
_APPROXIMATE = re.compile(r"[余多来几]")
_PARTS = re.compile(r"(?P<whole>[^分]+)分之(?P<part>.+)")
_TENTHS = re.compile(r"(?P<tenth>[^成]{1,6})成(?P<rest>[一二三四五六七八九半\d])?")
_RANGE = re.compile(r"(?P<low>.+?)(?:[-－–—~～至到]|——)(?P<high>.+)")
_NEIGHBOURS = re.compile(
    r"(?P<head>[一二三四五六七八九]?十)?(?P<pair>[一二两三四五六七八九]{2})(?P<tail>[十百千万亿]*)"
)
_DIGIT_COUNT = re.compile(r"(?P<count>[一两二三四五六七八九])位数")
_HALF: Final = {"半": Decimal("0.5"), "一半": Decimal("0.5")}


def parse_number(text: str) -> Decimal:
    """The value of a numeral, magnitude words applied.

    Reads Arabic (full-width and with thousands separators too), Chinese and mixed numerals, fractions
    (``1／3``, ``三分之一``, ``百分之六点五``), tenths (``三成``) and approximate forms by their stated base (``二十余`` is 20).
    Everything is exact, except a fraction that has no finite decimal expansion (28 digits). Raises ValueError if ``text``
    is no numeral.

    >>> parse_number("3.5万亿"), parse_number("３亿2千万"), parse_number("二十余")
    (Decimal('3500000000000'), Decimal('320000000'), Decimal('20'))
    >>> parse_number("百分之六点五"), parse_number("三成")
    (Decimal('0.065'), Decimal('0.3'))
    """
    plain = _plain(text)
    if not 0 < len(plain) <= _LONGEST:
        raise ValueError(f"no number in {text[:_LONGEST]!r}")
    try:
        with localcontext(_EXACT):
            return without_zeros(_value(plain))
    except (KeyError, ValueError, ArithmeticError):
        raise ValueError(f"no number in {text!r}") from None


def parse_range(text: str) -> tuple[Decimal, Decimal | None]:
    """Lowest and highest value of a numeral that may be a range; the second is None where there is one value.

    A magnitude word after the second number counts for both (``3-5万``), and ``N位数`` spans the numbers of N digits.
    Raises ValueError if ``text`` is neither a numeral nor a range.

    >>> parse_range("8至10"), parse_range("七八十"), parse_range("3-5万")
    ((Decimal('8'), Decimal('10')), (Decimal('70'), Decimal('80')), (Decimal('30000'), Decimal('50000')))
    >>> parse_range("两位数"), parse_range("84.84亿")
    ((Decimal('10'), Decimal('99')), (Decimal('8484000000'), None))
    """
    plain = _plain(text)
    if len(plain) > 2 * _LONGEST:
        raise ValueError(f"no number in {text[:_LONGEST]!r}")
    if m := _DIGIT_COUNT.fullmatch(plain):
        count = DIGITS[m["count"]]
        return Decimal(10 ** (count - 1)), Decimal(10**count - 1)
    if m := _NEIGHBOURS.fullmatch(plain):
        low, high = (parse_number((m["head"] or "") + digit + m["tail"]) for digit in m["pair"])
        if low < high:
            return low, high
    if (m := _RANGE.fullmatch(plain)) and m["low"]:
        return _shared_magnitude(m["low"], m["high"])
    return parse_number(plain), None


def format_number(value: Decimal) -> str:
    """Arabic digits with the largest of 亿 and 万 that keeps at most four decimals; reads back to the same value.

    >>> format_number(Decimal("8484000000")), format_number(Decimal("1487")), format_number(Decimal("38.53"))
    ('84.84亿', '1487', '38.53')
    """
    with localcontext(_EXACT):
        for word in ("亿", "万"):
            scaled = value / MAGNITUDES[word]
            if abs(scaled) >= 1 and scaled == scaled.quantize(Decimal("0.0001")) and scaled * MAGNITUDES[word] == value:
                return f"{without_zeros(scaled):f}{word}"
        return f"{without_zeros(value):f}"


def format_chinese(value: Decimal) -> str:
    """Chinese numerals for a number from 0 to below 10 ** 16; reads back to the same value. Raises ValueError outside.

    >>> format_chinese(Decimal("320000000000")), format_chinese(Decimal("10050.5"))
    ('三千二百亿', '一万零五十点五')
    """
    if not 0 <= value < 10**16:
        raise ValueError(f"{value} is outside the numbers that are written out, 0 to 10 ** 16")
    whole = int(value)
    with localcontext(_EXACT):
        digits = "".join("零一二三四五六七八九"[int(c)] for c in f"{without_zeros(value - whole):f}"[2:])
    return (_format_whole(whole) or "零") + (f"点{digits}" if digits else "")


def to_half_width(text: str) -> str:
    """Full-width digits and number punctuation as ASCII; every character keeps its place.

    >>> to_half_width("３８．５％")
    '38.5%'
    """
    return text.translate(FULL_WIDTH)


def without_zeros(value: Decimal) -> Decimal:
    """The same number without trailing zeros and without an exponent, so that equal numbers print alike.

    >>> without_zeros(Decimal("30.0")), without_zeros(Decimal("1E+3"))
    (Decimal('30'), Decimal('1000'))
    """
    value = value.normalize()
    return value.quantize(Decimal(1)) if value.as_tuple().exponent > 0 else value  # type: ignore[operator]


def _plain(text: str) -> str:
    half = to_half_width(text).replace(" ", "").replace("\u00a0", "")
    return _THOUSANDS.sub("", half)


def _value(plain: str) -> Decimal:
    if plain in _HALF:
        return _HALF[plain]
    if m := _PARTS.fullmatch(plain):
        return _FRACTION.divide(_value(m["part"]), _value(m["whole"]))
    if "/" in plain:
        part, _, whole = plain.partition("/")
        return _FRACTION.divide(_value(part), _value(whole))
    if m := _TENTHS.fullmatch(plain):
        rest = "5" if m["rest"] == "半" else m["rest"] or "0"
        return _value(m["tenth"]) / 10 + _value(rest) / 100
    exact = _APPROXIMATE.sub("", plain)
    if exact != plain and exact and exact[0] in MAGNITUDES and plain[0] in "几":
        return _section(exact)
    if not exact:
        raise KeyError(plain)
    return -_section(exact[1:]) if exact[0] == "-" and len(exact) > 1 else _section(exact.removeprefix("数") or exact)


def _section(numeral: str) -> Decimal:
    """Value by the largest magnitude word: what stands before it multiplies, what stands after it is added."""
    for word, size in MAGNITUDES.items():
        before, found, after = numeral.rpartition(word)
        if found:
            head = _section(before) if before else Decimal(1)
            return head * size + _remainder(after, size)
    return _leaf(numeral)


def _remainder(after: str, size: Decimal) -> Decimal:
    if not after:
        return Decimal(0)
    if len(after) == 1 and size > 10 and DIGITS.get(after, 0):
        return DIGITS[after] * size / 10  # 两万五 is 25,000
    return _section("零" + after if after[0] == "点" else after)


def _leaf(numeral: str) -> Decimal:
    """A numeral without magnitude words: Arabic digits, or Chinese digits in their places (二〇二一, 六点五)."""
    if _ARABIC.fullmatch(numeral):
        return Decimal(numeral)
    whole, point, fraction = numeral.partition("点")
    if point and not fraction:
        raise KeyError(numeral)
    return Decimal(_places(whole) + ("." + _places(fraction) if point else ""))


def _places(digits: str) -> str:
    return "".join(str(DIGITS[c]) if not c.isascii() else str(int(c)) for c in digits) if digits else _no_digits()


def _no_digits() -> str:
    raise KeyError("no digits")


def _shared_magnitude(low: str, high: str) -> tuple[Decimal, Decimal]:
    tail = re.search(r"[十百千万亿兆]+$", high)
    top = parse_number(high)
    if tail and _ARABIC.fullmatch(low) and _ARABIC.fullmatch(high[: tail.start()]):
        return parse_number(low + tail.group()), top
    return parse_number(low), top


def _format_whole(whole: int) -> str:
    """Chinese numerals of a whole number, "" for zero."""
    for word, size in ((w, int(s)) for w, s in MAGNITUDES.items() if w != "兆"):
        count, rest = divmod(whole, size)
        if count:
            head = "" if word == "十" and count == 1 else _format_whole(count)
            gap = "零" if rest and rest < size // 10 else ""
            return head + word + gap + _format_rest(rest)
    return "零一二三四五六七八九"[whole] if whole else ""


def _format_rest(rest: int) -> str:
    text = _format_whole(rest)
    return "一" + text if text.startswith("十") else text
