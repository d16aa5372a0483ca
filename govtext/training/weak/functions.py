"""Labelling functions: rough rules that label a sentence, or mentions in it, or abstain; plain Python functions or rows of a table."""

from __future__ import annotations

import csv
import importlib.util
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from govtext.corpus import AnnotatedSentence
from govtext.corpus.files import read_text
from govtext.corpus.sentence import SCHEME, Scheme
from govtext.errors import DataError

Target = Literal["domains", "status", "entities"]
TARGETS: tuple[Target, ...] = get_args(Target)
Mention = tuple[int, int, str]
Rule = Callable[[AnnotatedSentence], Any]
COLUMNS = ("of", "where", "pattern", "label")
_PLACES = ("text", "heading", "headings")


@dataclass(frozen=True, slots=True)
class LabellingFunction:
    """A rule with a name; ``of`` is what it labels.

    Of ``domains`` and ``status`` it gives a label or None (it abstains), of ``entities`` mentions ``(start, end, label)``.
    """

    name: str
    of: Target
    rule: Rule

    def __call__(self, sentence: AnnotatedSentence) -> Any:
        """What the rule says of the sentence; raises DataError with the names of both if it fails."""
        try:
            return self.rule(sentence)
        except Exception as error:  # whatever the user's rule raises
            raise DataError(
                f"labelling function {self.name!r} fails on sentence {sentence.id} ({type(error).__name__}: {error})"
            ) from error


def labelling_function(of: Target = "domains", *, name: str | None = None) -> Callable[[Rule], LabellingFunction]:
    """Make a labelling function of a plain function.

    >>> @labelling_function("status")
    ... def promises(sentence):
    ...     return "planned" if sentence.text.startswith("力争") else None
    >>> promises(AnnotatedSentence(id="1", doc="a", text="力争开工。", start=0, end=5))
    'planned'
    """
    if of not in TARGETS:
        raise DataError(f"no labelling functions for {of!r}; there are: {', '.join(TARGETS)}")
    return lambda rule: LabellingFunction(name or str(getattr(rule, "__name__", "rule")), of, rule)


def read_rules(path: str | Path, *, scheme: Scheme = SCHEME) -> list[LabellingFunction]:
    """Labelling functions from a table (TSV, UTF-8) with the columns ``of``, ``where``, ``pattern`` and ``label``.

    ``of`` is domains, status or entities; ``where`` is text, heading (the nearest one above the sentence) or headings (any above it);
    ``pattern`` is a regular expression. Rows with the same ``of``, ``where`` and ``label`` are one function, which is named after the three.
    Lines that start with ``#`` are comments. Raises DataError naming the line that is wrong.
    """
    path = Path(path)
    patterns: dict[tuple[Target, str, str], list[re.Pattern[str]]] = {}
    for where, row in _rows(path):
        of, place, pattern, label = (row[column] for column in COLUMNS)
        if of not in TARGETS:
            raise DataError(f"{where}: no rules of {of!r}; there are: {', '.join(TARGETS)}")
        if place not in _PLACES or (of == "entities" and place != "text"):
            raise DataError(
                f"{where}: {place!r} is no place to look in; there are: {', '.join(_PLACES)} (entities: text)"
            )
        if label not in (known := _labels(of, scheme)):
            raise DataError(f"{where}: no label {label!r} in the scheme; there are: {', '.join(known)}")
        patterns.setdefault((of, place, label), []).append(_compiled(pattern, where))
    if not patterns:
        raise DataError(f"{path}: no rule in it")
    return [_pattern_function(*key, found) for key, found in patterns.items()]


def load_functions(path: str | Path) -> list[LabellingFunction]:
    """The labelling functions that a Python file defines, in its order. The file is run: give one that you trust.

    Raises DataError if there is none, or the file cannot be run.
    """
    path = Path(path)
    spec = importlib.util.spec_from_file_location(f"govtext_rules_{path.stem}", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise DataError(f"{path}: no Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever the user's file raises
        raise DataError(f"{path}: cannot be run ({type(error).__name__}: {error})") from error
    found = [value for value in vars(module).values() if isinstance(value, LabellingFunction)]
    if not found:
        raise DataError(f"{path}: no function with @labelling_function in it")
    return found


def _rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    numbered = [(n, line) for n, line in enumerate(read_text(path).splitlines(), 1) if line.strip() and line[0] != "#"]
    table = csv.reader((line for _, line in numbered), delimiter="\t", quoting=csv.QUOTE_NONE)
    header = next(table, [])
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise DataError(f"{path}: no column {missing[0]!r} in the first line; it has: {', '.join(header) or 'nothing'}")
    for (number, _), cells in zip(numbered[1:], table, strict=True):
        if len(cells) < len(header):
            raise DataError(f"{path}, line {number}: {len(cells)} columns, the first line has {len(header)}")
        yield f"{path}, line {number}", dict(zip(header, cells, strict=False))


def _compiled(pattern: str, where: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise DataError(f"{where}: {pattern!r} is no regular expression ({error})") from None
    if compiled.match(""):
        raise DataError(f"{where}: {pattern!r} fits every text, even an empty one")
    return compiled


def _labels(of: Target, scheme: Scheme) -> tuple[str, ...]:
    return {"domains": scheme.domains, "status": scheme.statuses, "entities": scheme.labels}[of]


def _pattern_function(of: Target, place: str, label: str, patterns: Sequence[re.Pattern[str]]) -> LabellingFunction:
    def mentions(s: AnnotatedSentence) -> list[Mention]:
        return [(*m.span(), label) for pattern in patterns for m in pattern.finditer(s.text)]

    def decide(s: AnnotatedSentence) -> str | None:
        return label if any(p.search(text) for text in _texts(s, place) for p in patterns) else None

    return LabellingFunction(f"{of} {place} {label}", of, mentions if of == "entities" else decide)


def _texts(sentence: AnnotatedSentence, place: str) -> tuple[str, ...]:
    """What a pattern is looked for in."""
    if place == "text":
        return (sentence.text,)
    return sentence.heads[-1:] if place == "heading" else sentence.heads
