"""No regular expression of the library backtracks catastrophically: each is timed on inputs that are built from its own pieces."""

import importlib
import pkgutil
import re
import time
from itertools import pairwise
from pathlib import Path
from re import _constants, _parser

import pytest

import govtext

SIZES = (500, 2_000)  # characters of the inputs
REPEATS = range(10, 42, 4)  # of a piece: a pattern that doubles its time with each is caught before it hangs
FAST = 0.004  # seconds for the longer one that need no second look
GROWTH = 8.0  # most that four times the length may cost: 4 is linear, 16 is quadratic


def modules():
    """All modules of the package that can be imported here."""
    for info in pkgutil.walk_packages(govtext.__path__, "govtext."):
        if info.name.endswith(".__main__"):
            continue
        try:
            yield importlib.import_module(info.name)
        except (govtext.GovtextError, ImportError):
            continue  # an extra that is not installed


SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in Path(govtext.__file__).parent.rglob("*.py"))


def patterns():
    """Every compiled text pattern in the modules: as a name, in a table, or given by a function without arguments that makes it once."""
    found = {}
    for module in modules():
        for name, value in vars(module).items():
            for pattern in _patterns_in(value, module.__name__):
                if isinstance(pattern.pattern, str):
                    found.setdefault(pattern.pattern, pytest.param(pattern, name, id=f"{module.__name__}.{name}"))
    return list(found.values())


def _patterns_in(value, home, depth=2):
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict) and depth:
        for one in [*value, *value.values()]:
            yield from _patterns_in(one, home, depth - 1)
    elif isinstance(value, (list, tuple, set, frozenset)) and depth:
        for one in value:
            yield from _patterns_in(one, home, depth - 1)
    elif getattr(value, "__module__", None) == home and _gives_pattern(value):
        yield from _patterns_in(value(), home, depth)


def _gives_pattern(function):
    made = getattr(function, "__wrapped__", None) if hasattr(function, "cache_info") else None
    return made is not None and not made.__code__.co_argcount and "Pattern" in str(made.__annotations__.get("return"))


def pieces(parsed):
    """A string for each repeated part of a pattern, and for the whole: what a catastrophic pattern runs back over."""
    found = []
    for operator, argument in parsed:
        if operator in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
            found += [_sample(argument[2]), *pieces(argument[2])]
        elif operator is _constants.BRANCH:
            found += [piece for branch in argument[1] for piece in pieces(branch)]
        elif operator is _constants.SUBPATTERN:
            found += pieces(argument[-1])
        elif operator in (_constants.ASSERT, _constants.ASSERT_NOT):
            found += pieces(argument[1])
    return [piece for piece in dict.fromkeys(found) if piece]


def _sample(parsed):
    """One string that (nearly) matches."""
    out = ""
    for operator, argument in parsed:
        if operator is _constants.LITERAL:
            out += chr(argument)
        elif operator is _constants.IN:
            out += _member(argument)
        elif operator in (_constants.ANY, _constants.NOT_LITERAL):
            out += "的"
        elif operator in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
            out += _sample(argument[2]) * max(1, min(argument[0], 3))
        elif operator is _constants.BRANCH:
            out += _sample(argument[1][0])
        elif operator is _constants.SUBPATTERN:
            out += _sample(argument[-1])
    return out


_CATEGORIES = {"CATEGORY_DIGIT": "3", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "投"}


def _member(items):
    for operator, argument in items:
        if operator is _constants.NEGATE:
            return "的"
        if operator is _constants.LITERAL:
            return chr(argument)
        if operator is _constants.RANGE:
            return chr(argument[0])
        if operator is _constants.CATEGORY:
            return _CATEGORIES.get(str(argument), "的")
    return ""


def seconds(pattern, text, *, searches):
    """Time to match from the start and, where the library does that, from everywhere."""
    started = time.process_time()
    pattern.fullmatch(text)
    pattern.match(text)
    if searches:
        for _ in pattern.finditer(text):
            pass
    return time.process_time() - started


def least_seconds(pattern, text, *, searches, tries, enough):
    """The least time of so many tries, other work on the machine aside; no more of them than it takes to be below ``enough``."""
    least = float("inf")
    for _ in range(tries):
        least = min(least, seconds(pattern, text, searches=searches))
        if least < enough:
            break
    return least


def is_searched(name):
    """Whether the library looks for the pattern anywhere in a text, rather than at one place; so do patterns without a name of their own."""
    methods = set(re.findall(rf"\b{name}(?:\(\))?\.(\w+)\(", SOURCE))
    return not methods or bool(methods - {"match", "fullmatch"})


@pytest.mark.parametrize(("pattern", "name"), patterns())
def test_time_grows_with_the_length(pattern, name):
    parsed = _parser.parse(pattern.pattern, pattern.flags)
    searches = is_searched(name)
    whole = _sample(parsed)
    found = [whole, *pieces(parsed)[:12]]
    pumps = [
        *found,
        *(a + b for a, b in pairwise(found)),
        whole[: len(whole) // 2],
        " ",
        "\u3000",
        "1",
        "一",
        "的",
        "\n",
        "年",
    ]
    for pump in filter(None, dict.fromkeys(pumps)):
        for repeats in REPEATS:
            text = whole + pump * repeats + "\x01"
            assert least_seconds(pattern, text, searches=searches, tries=3, enough=0.05) < 0.05, (pump, repeats)
        short, long = (whole + (pump * size)[:size] + "\x01" for size in SIZES)
        if seconds(pattern, long, searches=searches) > FAST:
            once = least_seconds(pattern, short, searches=searches, tries=3, enough=0)
            most = GROWTH * max(once, 0.0005)
            took = least_seconds(pattern, long, searches=searches, tries=20, enough=most)
            assert took < most, (pump, once, took)


def test_the_patterns_are_found_and_a_bad_one_is_caught():
    assert len(patterns()) > 60
    for bad in (r"(?:一|一一)*二", r"\s*x", r"(?:\d+,?)+元"):
        with pytest.raises(AssertionError):
            test_time_grows_with_the_length(re.compile(bad), "no name")
