"""An evaluation for people: Markdown and a picture."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from govtext.errors import DataError, MissingExtraError
from govtext.output import whole_file
from govtext.training.measures import ratio

if TYPE_CHECKING:
    from govtext.training.evaluate import Difference, Evaluation, Score
    from govtext.training.learning import LearningCurve

PICTURES = (".png", ".svg", ".pdf")
COLOURS = ("#0072b2", "#d55e00")
PANELS = 4  # side by side
_EXAMPLES = 3  # of each group of errors
_PAIRS = 10  # of confused domains


def to_markdown(e: Evaluation, title: str, n_errors: int) -> str:
    """Scores, calibration and the ``n_errors`` most frequent groups of errors."""
    lines = [
        f"# {title}",
        "",
        f"{len(e.documents)} documents; {e.confidence:.0%} intervals from drawing documents."
        if len(e.documents) > 1
        else "One document, too few for an interval.",
        "",
    ]
    if e.missing:
        lines += [f"Not analyzed: {', '.join(e.missing)}.", ""]
    lines += [*_score_tables(e), "", f"Page furniture taken for sentences: {e.leaked} of {e.furniture}.", ""]
    if e.reliability:
        lines += _domain_tables(e)
    return "\n".join([*lines, *_error_lines(e, n_errors)])


def _domain_tables(e: Evaluation) -> Iterator[str]:
    yield from (
        "## Calibration of the domains",
        "",
        "| probability | sentences | mean | accuracy |",
        "|---|---|---|---|",
    )
    for b in e.reliability:
        yield f"| {b['from']:.1f} to {b['to']:.1f} | {b['n']} | {b['probability']:.2f} | {b['accuracy']:.2f} |"
    yield from ("", "## Domains most often confused", "", "| gold | predicted | sentences |", "|---|---|---|")
    yield from (f"| {gold} | {predicted} | {n} |" for n, gold, predicted in _confusions(e))
    yield ""


def _confusions(e: Evaluation) -> list[tuple[int, str, str]]:
    """The pairs of domains that are most often confused, with the number of sentences."""
    pairs = [(n, a, b) for a, row in e.confusion["domains"].items() for b, n in row.items() if a != b]
    return sorted(pairs, key=lambda pair: (-pair[0], *pair[1:]))[:_PAIRS]


def _score_tables(e: Evaluation) -> Iterator[str]:
    yield from ("| measure | P | R | F | interval of F | n |", "|---|---|---|---|---|---|")
    for name in (name.removesuffix(".p") for name in e.scores if name.endswith(".p")):
        p, r, f = (e.scores[f"{name}.{part}"] for part in "prf")
        yield f"| {name} | {p.value:.3f} | {r.value:.3f} | {f.value:.3f} | {interval(f)} | {f.n} |"
    single = {name: s for name, s in e.scores.items() if name.rpartition(".")[2] not in ("p", "r", "f")}
    if single:
        yield from ("", "| measure | value | interval | n |", "|---|---|---|---|")
    for name, s in single.items():
        yield f"| {name} | {s.value:.3f} | {interval(s)} | {s.n} |"


def interval(s: Score | Difference, form: str = ".3f") -> str:
    """The interval in words, a dash where there is none."""
    return "–" if s.low is None or s.high is None else f"{s.low:{form}} to {s.high:{form}}"


def _error_lines(e: Evaluation, n_errors: int) -> Iterator[str]:
    """A few errors of each group: different readings, or different sentences where the readings are labels of sentences."""
    if e.errors[:n_errors]:
        yield from ("## Errors, the most frequent first", "")
    for group in e.errors[:n_errors]:
        yield from (f"**{group.kind}: {group.gold} → {group.predicted}** ({group.count})", "")
        of_sentence = group.kind in ("domain", "status")
        keys = [(x.gold, x.predicted, x.sentence if of_sentence else "") for x in group.examples]
        distinct = dict(zip(reversed(keys), reversed(group.examples), strict=True))
        for key, n in Counter(keys).most_common(_EXAMPLES):
            x = distinct[key]
            often = f" ({n} times)" if n > 1 else ""
            told = f"gold: {_cell(x.gold)}; predicted: {_cell(x.predicted)}{often}"
            yield f"- {_cell(x.sentence)} — {told} ({x.doc}:{x.start})"
        yield ""


def _cell(text: str, limit: int = 80) -> str:
    """Words of a report on one line of Markdown."""
    text = " ".join(text.split())
    text = html.escape(text if len(text) <= limit else text[: limit - 1] + "…", quote=False)
    for mark in "*_|`[":
        text = text.replace(mark, f"\\{mark}")
    return text


def draw(e: Evaluation, path: Path, *, against: Evaluation | None = None, names: tuple[str, str] = ("", "")) -> Path:
    """Scores (of two models, if ``against`` is given), calibration and confusion as one picture."""
    with _figure(path, (12, 13)) as figure:
        axes = figure.subplot_mosaic([["scores", "calibration"], ["confusion", "confusion"]], height_ratios=(2, 3))
        _draw_scores(axes["scores"], [e, *([against] if against else [])], names)
        _draw_calibration(axes["calibration"], e)
        _draw_confusion(axes["confusion"], e)
    return path


def draw_curve(curve: LearningCurve, path: Path) -> Path:
    """Each measure over the number of sentences trained on, a panel each."""
    names = list(curve.points[0].scores)
    rows = -(-len(names) // PANELS)
    with _figure(path, (3.2 * min(len(names), PANELS), 2.8 * rows)) as figure:
        grid = figure.subplots(rows, min(len(names), PANELS), sharex=True, sharey=True, squeeze=False)
        panels = grid.ravel().tolist()
        for ax, name in zip(panels, names, strict=False):
            found = [point.scores[name] for point in curve.points]
            values, edges = _with_edges(found)
            ax.errorbar(
                [p.sentences for p in curve.points], values, yerr=edges, marker="o", capsize=3, color=COLOURS[0]
            )
            ax.set_title(name)
            ax.grid(axis="y", alpha=0.3)
        for ax in panels[len(names) :]:
            ax.set_visible(False)
        figure.supxlabel("annotated sentences to train on")
        figure.supylabel("score, with its interval")
    return path


def check_picture(path: Path) -> None:
    """Raise DataError if the name is none of a picture, MissingExtraError if there is nothing to draw with."""
    if path.suffix.lower() not in PICTURES:
        raise DataError(f"{path}: no picture format {path.suffix!r}; there are: {', '.join(PICTURES)}")
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise MissingExtraError("matplotlib", "viz", "drawing an evaluation") from None


@contextmanager
def _figure(path: Path, size: tuple[float, float]) -> Iterator[Any]:
    """A figure that is saved when it is drawn; the file appears whole or not at all."""
    check_picture(path)
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    yield figure
    with whole_file(path, "wb") as f:
        figure.savefig(f, format=path.suffix[1:].lower(), dpi=150)


def _draw_scores(ax: Any, evaluations: Sequence[Evaluation], names: Sequence[str]) -> None:
    first = evaluations[0]
    shown = [name for name in first.scores if name.endswith((".f", ".accuracy"))]
    y = np.arange(len(shown))[::-1]
    for i, (e, name) in enumerate(zip(evaluations, names, strict=False)):
        values, edges = _with_edges([e.scores[measure] for measure in shown])
        ax.errorbar(values, y - 0.25 * i, xerr=edges, fmt="os"[i], color=COLOURS[i], capsize=3, label=name)
    if len(evaluations) > 1:
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=2, frameon=False)
    ax.set_yticks(y, [name.removesuffix(".f") for name in shown])
    ax.set(xlim=(0, 1.02), title=f"F (domains, status: accuracy), {first.confidence:.0%} intervals")
    ax.grid(axis="x", alpha=0.3)


def _with_edges(scores: Sequence[Score]) -> tuple[list[float], Any]:
    """Values, and how far their intervals reach below and above."""
    below = [0.0 if s.low is None else s.value - s.low for s in scores]
    above = [0.0 if s.high is None else s.high - s.value for s in scores]
    return [s.value for s in scores], np.array([below, above]).clip(0)


def _draw_calibration(ax: Any, e: Evaluation) -> None:
    ax.plot([0, 1], [0, 1], color="grey", linewidth=1)
    largest = max((b["n"] for b in e.reliability), default=1)
    x, y, n = ([b[key] for b in e.reliability] for key in ("probability", "accuracy", "n"))
    ax.scatter(x, y, s=[20 + 180 * size / largest for size in n], color="#d55e00", alpha=0.8)
    title = f"Calibration (ECE {e.scores['domains.ece'].value:.3f})" if e.reliability else "Calibration"
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability of the domain", ylabel="accuracy", title=title)


def _draw_confusion(ax: Any, e: Evaluation) -> None:
    table = e.confusion["domains"]
    rows, columns = list(table), [*table, *(["nothing"] if any("nothing" in row for row in table.values()) else [])]
    ax.set(xlabel="predicted", ylabel="gold", title="Domains")
    if not rows:
        return
    matrix = np.array([[table[a].get(b, 0) for b in columns] for a in rows], float)
    shares = ratio(matrix, matrix.sum(axis=1, keepdims=True) + np.zeros_like(matrix))
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (i, j), n in np.ndenumerate(matrix):
        if n:
            colour = "white" if shares[i, j] > 0.5 else "black"
            ax.text(j, i, int(n), ha="center", va="center", fontsize=8, color=colour)
    ax.set_xticks(range(len(columns)), columns, rotation=60, ha="right")
    ax.set_yticks(range(len(rows)), rows)
