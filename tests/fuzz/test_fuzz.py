"""Every target takes its seeds, some thousand changes of them, and all that the fuzzer has found."""

import base64
import json
import random
from pathlib import Path

import pytest
from seeds import dictionary, seeds
from targets import TARGETS, check

SPECS = Path(__file__).parents[1] / "specs" / "fuzz.jsonl"
FINDINGS = [json.loads(line) for line in SPECS.read_text(encoding="utf-8").splitlines()]
REPEATED = 4000  # bytes of one piece over and over: more than the interpreter takes of nested calls
CHANGES = 60  # inputs a seed; the fuzzer itself (run.py) makes millions


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda f: f"{f['target']}: {f['note']}")
def test_findings_are_mended(finding):
    check(finding["target"], base64.b64decode(finding["data"]))


@pytest.mark.parametrize("target", TARGETS)
def test_changed_seeds_keep_the_promises(target):
    chance = random.Random(target)
    words = dictionary()
    given = seeds(target)
    for data in given:
        check(target, data)
    for _ in range(CHANGES):
        check(target, changed(chance.choice(given), chance, words))


@pytest.mark.parametrize("target", TARGETS)
def test_repeated_pieces_keep_the_promises(target):
    first, *_ = seeds(target)
    lines = first.split(b"\n")
    for piece in {*dictionary(), *(line + b"\n" for line in lines if 0 < len(line) < 90), "\u200b".encode(), b"\x00"}:
        check(target, lines[0] + b"\n" + piece * (REPEATED // len(piece)))


def changed(data, chance, words):
    """A copy with some bytes dropped, repeated, replaced, or pieces of the grammar put in."""
    parts = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        i = chance.randrange(len(parts) + 1)
        j = min(len(parts), i + chance.choice((1, 1, 3, 30)))
        parts[i:j] = chance.choice((b"", parts[i:j] * 3, bytes([chance.randrange(256)]), chance.choice(words)))
    return bytes(parts)
