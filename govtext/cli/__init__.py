"""The command line. Every expected error is one line on stderr and exit code 1."""

from __future__ import annotations

import sys

import typer

from govtext.cli.analyze import analyze, compare, models
from govtext.cli.annotate import annotate_app, convert
from govtext.cli.evaluate import evaluate_app
from govtext.cli.train import package, train_app
from govtext.errors import GovtextError

app = typer.Typer(
    name="govtext", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="Chinese government reports: read, segmented, tagged and sorted into policy domains.",
)  # fmt: skip
for command in (analyze, compare, convert, models, package):
    app.command()(command)
app.add_typer(annotate_app, name="annotate")
app.add_typer(train_app, name="train")
app.add_typer(evaluate_app, name="evaluate")


def main() -> None:
    """Entry point: an expected error is one line on stderr and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app()
    except GovtextError as error:
        typer.echo(f"govtext: {error}", err=True)
        sys.exit(1)
