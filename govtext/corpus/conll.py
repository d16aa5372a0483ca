"""Characters with BIO or BIOES tags (CoNLL): one character and its tag a line, an empty line after each sentence.

What the tags cannot hold stands in comments before the sentence, ``# field = JSON``. A tab, line feed or carriage return in a sentence is
written ``\\t``, ``\\n``, ``\\r``. Words instead of characters, spaces instead of tabs, and the tag sets BMES and BILOU are read too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from govtext.corpus.files import dump, numbered, parse_json, read_lines, without_lost_metrics
from govtext.corpus.sentence import Row
from govtext.errors import DataError
from govtext.output import whole_file

SUFFIXES = (".conll", ".bio", ".bioes", ".bmes", ".iob")
_COMMENT = re.compile(r"# (\w{1,40}) = (.+)")
_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
_UNESCAPES = {written: character for character, written in _ESCAPES.items()}
_TAG = re.compile(r"([BIESMLU])-(\S+)")
_HASH = re.compile(r"# +(?:O|[BIESMLU]-\S+) *")  # the character "#" and its tag, no comment
_ROLE = {"M": "I", "L": "E", "U": "S"}


def matches(path: Path, head: Row | None) -> bool:
    """Whether a file looks like this format, by its name."""
    return path.suffix.lower() in SUFFIXES


def read_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Rows with the line that each sentence begins at."""
    return numbered(_sentences(path), path)


def write_rows(rows: Iterable[Row], path: Path, *, tags: Literal["bio", "bioes"] = "bio") -> None:
    """Write the file whole or not at all."""
    with whole_file(path, encoding="utf-8", newline="\n") as f:
        for row in rows:
            f.writelines(f"# {name} = {dump(row[name])}\n" for name in row if name not in ("text", "entities"))
            for character, tag in zip(row["text"], _tags(row, single=tags == "bioes"), strict=True):
                f.write(f"{_ESCAPES.get(character, character)}\t{tag}\n")
            f.write("\n")


def _tags(row: Row, *, single: bool) -> list[str]:
    tags = ["O"] * len(row["text"])
    for e in row["entities"]:
        roles = ["B"] + ["I"] * (e["end"] - e["start"] - 1)
        if single:
            roles[-1] = "E" if len(roles) > 1 else "S"
        tags[e["start"] : e["end"]] = [f"{role}-{e['label']}" for role in roles]
    return tags


def _sentences(path: Path) -> Iterator[tuple[str, Row]]:
    fields: Row = {}
    tokens: list[tuple[str, str, str]] = []  # where, text, tag
    for where, line in read_lines(path):
        if comment := _COMMENT.fullmatch(line):
            fields[comment[1]] = _value(comment[2])
        elif _is_token(line):
            tokens.append((where, *_token(line, where)))
        elif tokens and not line.startswith("# "):
            yield _row(fields, tokens)
            fields, tokens = {}, []
    if tokens:
        yield _row(fields, tokens)


def _is_token(line: str) -> bool:
    """Whether a line is neither empty nor a comment nor the mark of a document."""
    if line.startswith("-DOCSTART-"):
        return False
    return "\t" in line or bool(line.strip() and (not line.startswith("# ") or _HASH.fullmatch(line)))


def _token(line: str, where: str) -> tuple[str, str]:
    columns = line.split("\t") if "\t" in line else line.split()
    if len(columns) < 2 or not columns[0]:
        raise DataError(f"{where}: a character and its tag are needed, this is {line!r}")
    return _UNESCAPES.get(columns[0], columns[0]), columns[-1].strip()


def _row(fields: Row, tokens: list[tuple[str, str, str]]) -> tuple[str, Row]:
    text, entities = "", []
    open_: Row | None = None
    for where, token, tag in tokens:
        role, label = _parse(tag, where)
        if open_ and role in ("I", "E") and label == open_["label"]:
            open_["end"] += len(token)
        elif role in ("B", "S"):
            open_ = {"start": len(text), "end": len(text) + len(token), "label": label}
            entities.append(open_)
        elif role != "O":
            raise DataError(f"{where}: {tag} does not go on from a {label} before it; an entity begins with B- or S-")
        if role in ("O", "E", "S"):
            open_ = None
        text += token
    begin = tokens[0][0]
    return begin, without_lost_metrics({**fields, "text": text, "entities": entities}, begin)


def _parse(tag: str, where: str) -> tuple[str, str]:
    if tag == "O":
        return "O", ""
    found = _TAG.fullmatch(tag)
    if not found:
        raise DataError(f"{where}: {tag!r} is no tag; there are O, B-LABEL, I-LABEL, E-LABEL and S-LABEL")
    return _ROLE.get(found[1], found[1]), found[2]


def _value(written: str) -> object:
    try:
        return parse_json(written, "")
    except DataError:
        return written
