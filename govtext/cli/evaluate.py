"""``govtext evaluate``: how good a model is, how it compares with another, and what more labels would bring."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from govtext.cli.annotate import From
from govtext.cli.train import SETTINGS, Settings, read_settings
from govtext.errors import DataError
from govtext.resources import DEFAULT_MODEL

if TYPE_CHECKING:
    from govtext.training.words import WordScores

evaluate_app = typer.Typer(help="Measure a model on annotated text.", no_args_is_help=True, rich_markup_mode=None)

Model = Annotated[str, typer.Option("--model", "-m", help="Model name or folder.")]
Segmented = Annotated[
    Path, typer.Argument(help="Segmented text in UTF-8: one sentence a line, words separated by blanks.")
]
ScoresOut = Annotated[
    Path | None, typer.Option("--out", "-o", help="Write the scores to this JSON file.", show_default=False)
]
Markdown = Annotated[Path | None, typer.Option(help="Write what is shown to this file as well.", show_default=False)]
Picture = Annotated[Path | None, typer.Option(help="Draw a picture: .png, .svg or .pdf.", show_default=False)]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")]


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
    from_: From = None,
    against: Annotated[str | None, typer.Option(help="A second model to compare with.", show_default=False)] = None,
    out: ScoresOut = None,
    markdown: Markdown = None,
    picture: Picture = None,
    errors: Annotated[int, typer.Option(min=0, help="Groups of errors to list, the most frequent first.")] = 0,
    overwrite: Overwrite = False,
) -> None:
    """Precision, recall, F, domains, status and calibration, with confidence intervals over documents.

    With --against, both models and whether they differ; files then hold both, and the picture shows the second one's scores beside.
    """
    from govtext.corpus import read_corpus
    from govtext.pipeline import load
    from govtext.training.evaluate import compare, evaluate

    _check_targets(out, markdown, picture, overwrite=overwrite)
    sentences = read_corpus(gold, from_)
    found = evaluate(load(model), sentences, reports=reports)
    values, shown, other = found.to_dict(), found.to_markdown(title=model, n_errors=errors), None
    if against:
        other = evaluate(load(against), sentences, reports=reports)
        compared = compare(found, other)
        values |= {"against": other.to_dict(), "comparison": compared.to_dict()}
        shown += other.to_markdown(title=against, n_errors=errors) + compared.to_markdown((model, against))
    typer.echo(shown)
    _write(values, shown, out, markdown)
    if picture:
        found.plot(picture, against=other, names=(model, against or ""))


@evaluate_app.command("learning-curve", context_settings=SETTINGS)
def measure_learning_curve(
    context: typer.Context,
    config: Settings = None,
    part: Annotated[
        list[str] | None, typer.Option(help="Part to train: entities, domains; without it all there is data for.")
    ] = None,
    shares: Annotated[str, typer.Option(help="Shares of the documents to train on.")] = "0.125,0.25,0.5,1",
    out: ScoresOut = None,
    markdown: Markdown = None,
    picture: Picture = None,
    overwrite: Overwrite = False,
) -> None:
    """Train on growing parts of a corpus and measure each: what more labels would bring.

    CONFIG and --section.key value are those of govtext train.
    """
    from govtext.training.learning import measure_training

    _check_targets(out, markdown, picture, overwrite=overwrite)
    try:
        wanted = [float(share) for share in shares.split(",")]
    except ValueError:
        raise DataError(f"{shares!r} are no shares; give numbers with commas between, such as 0.25,0.5,1") from None
    curve = measure_training(read_settings(context, config), part or (), shares=wanted, progress=sys.stderr.isatty())
    typer.echo(curve.to_markdown())
    _write(curve.to_dict(), curve.to_markdown(), out, markdown)
    if picture:
        curve.plot(picture)


def word_scores(scores: WordScores) -> str:
    """Word scores as one line."""
    new = "" if scores.oov_recall is None else f"  recall of new words {scores.oov_recall:.3f}"
    return f"words  P {scores.p:.3f}  R {scores.r:.3f}  F {scores.f:.3f}{new}"


def _check_targets(out: Path | None, markdown: Path | None, picture: Path | None, *, overwrite: bool) -> None:
    """See that all can be written, before anything is measured, for it takes time; makes the folders that are missing."""
    from govtext.output import check_target
    from govtext.training.evaluation_report import check_picture

    if picture:
        check_picture(picture)
    check_target(*filter(None, (out, markdown, picture)), overwrite=overwrite)


def _write(values: Any, shown: str, out: Path | None, markdown: Path | None) -> None:
    from govtext.output import whole_file

    if out:
        with whole_file(out, encoding="utf-8") as f:
            json.dump(values, f, ensure_ascii=False, indent=1)
    if markdown:
        with whole_file(markdown, encoding="utf-8") as f:
            f.write(shown)
