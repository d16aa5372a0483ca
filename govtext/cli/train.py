"""``govtext train`` and ``govtext evaluate``: models from the user's own annotated text, and how good they are."""

from __future__ import annotations

import json
import sys
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

Model = Annotated[str, typer.Option("--model", "-m", help="Model name or folder.")]
Segmented = Annotated[
    Path, typer.Argument(help="Segmented text in UTF-8: one sentence a line, words separated by blanks.")
]
Settings = Annotated[
    Path | None,
    typer.Argument(
        help="Config file (see govtext train config); without it the defaults and the options.", show_default=False
    ),
]
ModelOut = Annotated[
    str | None, typer.Option("--out", "-o", help="Folder for the new model (paths.out).", show_default=False)
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the model that is there.")]
Restart = Annotated[bool, typer.Option("--restart", help="Start over instead of going on with an interrupted run.")]
SETTINGS = {"allow_extra_args": True, "ignore_unknown_options": True}  # --section.key value


def _train_command(name: str, parts: tuple[str, ...], summary: str) -> None:
    def command(
        context: typer.Context,
        config: Settings = None,
        out: ModelOut = None,
        overwrite: Overwrite = False,
        restart: Restart = False,
    ) -> None:
        from govtext.training.config import parse_overrides, read_config
        from govtext.training.run import train

        arguments = list(context.args)
        if config and str(config).startswith("--"):  # an option with a dot, met before the file
            arguments, config = [str(config), *arguments], None
        overrides = parse_overrides(arguments) | ({"paths.out": out} if out else {})
        settings = read_config(config, overrides)
        try:
            trained = train(settings, parts, overwrite=overwrite, restart=restart, progress=sys.stderr.isatty())
        except KeyboardInterrupt:
            typer.echo("govtext: stopped; the same command goes on where it stopped", err=True)
            raise typer.Exit(130) from None
        typer.echo(trained.to_markdown() or "no document was set aside to measure on")
        typer.echo(f"{', '.join(trained.parts)} trained -> {trained.path}")

    command.__doc__ = f"{summary} Settings of the config can be given as --section.key value."
    train_app.command(name, context_settings=SETTINGS)(command)


_train_command("entities", ("entities",), "Train the names: PLACE, ORG, PROJECT.")
_train_command("domains", ("domains",), "Train the policy domains and the status of sentences.")
_train_command("words", ("words",), "Train the word segmenter.")
_train_command("all", (), "Train every part that there is data for.")


@train_app.command("config")
def print_config() -> None:
    """Print a config with all settings, their defaults and what they mean; write it to a file and change it."""
    from govtext.training.config import default_config

    typer.echo(default_config(), nl=False)


def package(
    model: Annotated[str, typer.Argument(help="Model name or folder.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the wheel.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the wheel that is there.")] = False,
) -> None:
    """Pack a model into a wheel, which pip installs and gt.load finds by its name."""
    from govtext.training.package import package_model

    typer.echo(f"wheel -> {package_model(model, out, overwrite=overwrite)}")


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
