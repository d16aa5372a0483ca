"""``govtext train`` and ``govtext evaluate``: models from the user's own annotated text, and how good they are."""

from __future__ import annotations

import json
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
def evaluate_words(
    segmented: Segmented,
    model: Model = DEFAULT_MODEL,
    known: Annotated[
        Path | None,
        typer.Option(help="Segmented text whose words count as known, for the recall of new ones.", show_default=False),
    ] = None,
) -> None:
    """Precision, recall and F of the words of a model."""
    from govtext.pipeline import load
    from govtext.training.words import evaluate_segmenter, read_segmented

    tokenizer: Any = load(model).tokenizer
    vocabulary = {word for sentence in read_segmented(known) for word in sentence} if known else set()
    typer.echo(word_scores(evaluate_segmenter(read_segmented(segmented), tokenizer.segmenter, vocabulary=vocabulary)))


@evaluate_app.command("model")
def evaluate_model(
    gold: Annotated[Path, typer.Argument(help="Annotated corpus in any of the known formats.")],
    reports: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the corpus's reports as <doc>.txt; without it the sentences alone are read.",
            show_default=False,
        ),
    ] = None,
    model: Model = DEFAULT_MODEL,
    against: Annotated[str | None, typer.Option(help="A second model to compare with.", show_default=False)] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the scores to this JSON file.", show_default=False)
    ] = None,
    errors: Annotated[int, typer.Option(min=0, help="Errors to list.")] = 0,
) -> None:
    """Precision, recall, F, domains, status and calibration, with confidence intervals over documents."""
    from govtext.corpus import read_corpus
    from govtext.output import whole_file
    from govtext.pipeline import load
    from govtext.training.evaluate import compare, evaluate

    sentences = read_corpus(gold)
    found = evaluate(load(model), sentences, reports=reports)
    typer.echo(found.to_markdown(title=model, n_errors=errors))
    if against:
        other = evaluate(load(against), sentences, reports=reports)
        typer.echo(other.to_markdown(title=against, n_errors=errors))
        typer.echo(compare(found, other).to_markdown((model, against)))
    if out:
        if out.exists():
            raise OutputError(f"{out} exists already: choose another file with -o")
        with whole_file(out, encoding="utf-8") as f:
            json.dump(found.to_dict(), f, ensure_ascii=False, indent=1)


def word_scores(scores: WordScores) -> str:
    """Word scores as one line."""
    new = "" if scores.oov_recall is None else f"  recall of new words {scores.oov_recall:.3f}"
    return f"words  P {scores.p:.3f}  R {scores.r:.3f}  F {scores.f:.3f}{new}"
