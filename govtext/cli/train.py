"""``govtext train`` and ``govtext evaluate``: models from the user's own annotated text, and how good they are."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from govtext.errors import OutputError
from govtext.resources import DEFAULT_MODEL

if TYPE_CHECKING:
    from govtext.training.words import WordScores

train_app = typer.Typer(
    help="Train a part of the pipeline on your own text.", no_args_is_help=True, rich_markup_mode=None
)
evaluate_app = typer.Typer(help="Measure a model on annotated text.", no_args_is_help=True, rich_markup_mode=None)

Base = Annotated[str, typer.Option("--base", help="Model whose other parts are kept: name or folder.")]
ModelOut = Annotated[Path, typer.Option("--out", "-o", help="Folder for the new model.")]
Segmented = Annotated[
    Path, typer.Argument(help="Segmented text in UTF-8: one sentence a line, words separated by blanks.")
]
Model = Annotated[str, typer.Option("--model", "-m", help="Model name or folder.")]


@train_app.command("words")
def train_words(
    segmented: Segmented,
    out: ModelOut,
    base: Base = DEFAULT_MODEL,
    reports: Annotated[
        Path | None,
        typer.Option(help="Folder of raw .txt reports to learn from as well (slower, better).", show_default=False),
    ] = None,
    held_out: Annotated[Path | None, typer.Option(help="Segmented text to measure on.", show_default=False)] = None,
) -> None:
    """Train the word segmenter; the result is a whole model with the other parts of --base."""
    from govtext.pipeline import load
    from govtext.training.model import save_variant
    from govtext.training.words import evaluate_segmenter, packaged_lexicon, read_segmented, train_segmenter
    from govtext.training.words import train_words as train_on_reports

    if out.exists():
        raise OutputError(f"{out} exists already: choose another folder with -o")
    gold = read_segmented(segmented)
    if reports:
        segmenter = train_on_reports(segmented, sorted(reports.glob("*.txt")), None, held_out=held_out)
    else:
        segmenter = train_segmenter(gold, lexicon=packaged_lexicon())
    scores = {}
    if held_out:
        known = {word for sentence in gold for word in sentence}
        found = evaluate_segmenter(read_segmented(held_out), segmenter, vocabulary=known)
        scores = {"words": asdict(found)}
        typer.echo(word_scores(found))
    nlp = load(base)
    tokenizer: Any = nlp.tokenizer
    tokenizer.segmenter = segmenter
    save_variant(nlp, out, base=base, part="words", metrics=scores)
    typer.echo(f"model with new words -> {out}")


@evaluate_app.command("words")
def evaluate_words(segmented: Segmented, model: Model = DEFAULT_MODEL) -> None:
    """Precision, recall and F of the words of a model."""
    from govtext.pipeline import load
    from govtext.training.words import evaluate_segmenter, read_segmented

    tokenizer: Any = load(model).tokenizer
    typer.echo(word_scores(evaluate_segmenter(read_segmented(segmented), tokenizer.segmenter)))


def word_scores(scores: WordScores) -> str:
    """Word scores as one line."""
    new = "" if scores.oov_recall is None else f"  recall of new words {scores.oov_recall:.3f}"
    return f"words  P {scores.p:.3f}  R {scores.r:.3f}  F {scores.f:.3f}{new}"
