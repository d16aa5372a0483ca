"""``govtext train`` and ``govtext package``: models from the user's own annotated text."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from govtext.training.config import TrainingConfig

train_app = typer.Typer(
    help="Train a part of the pipeline on your own text.", no_args_is_help=True, rich_markup_mode=None
)

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
CORPUS = "--paths.corpus labelled.jsonl --paths.reports reports/"
WORDS = "--words.segmented words.txt --paths.reports reports/"
SETTINGS = {"allow_extra_args": True, "ignore_unknown_options": True}  # --section.key value


def read_settings(
    context: typer.Context, config: Path | None, given: Mapping[str, Any] = MappingProxyType({})
) -> TrainingConfig:
    """The settings of a config file, of the options ``--section.key value`` and of ``given``; the last ones win."""
    from govtext.training.config import parse_overrides, read_config

    arguments = list(context.args)
    if config and str(config).startswith("--"):  # an option with a dot, met before the file
        arguments, config = [str(config), *arguments], None
    return read_config(config, {**parse_overrides(arguments), **given})


def _train_command(name: str, parts: tuple[str, ...], settings: str, summary: str) -> None:
    def command(
        context: typer.Context,
        config: Settings = None,
        out: ModelOut = None,
        overwrite: Overwrite = False,
        restart: Restart = False,
    ) -> None:
        from govtext.training.run import train

        settings = read_settings(context, config, {"paths.out": out} if out else {})
        try:
            trained = train(settings, parts, overwrite=overwrite, restart=restart, progress=sys.stderr.isatty())
        except KeyboardInterrupt:
            typer.echo("govtext: stopped; the same command goes on where it stopped", err=True)
            raise typer.Exit(130) from None
        typer.echo(trained.to_markdown() or "no document was set aside to measure on")
        typer.echo(f"{', '.join(trained.parts)} trained -> {trained.path}")

    command.__doc__ = f"{summary}\n\nSettings of the config are options, too, such as {settings}; govtext train config prints all there are."
    train_app.command(name, context_settings=SETTINGS)(command)


_train_command("entities", ("entities",), CORPUS, "Train the names: PLACE, ORG, PROJECT.")
_train_command("domains", ("domains",), CORPUS, "Train the policy domains and the status of sentences.")
_train_command("words", ("words",), WORDS, "Train the word segmenter.")
_train_command("all", (), CORPUS, "Train every part that there is data for.")


@train_app.command("config")
def print_config() -> None:
    """Print all settings with their defaults.

    A comment on each says what it is; write them to a file (govtext train config > mine.cfg), keep those that you change.
    """
    from govtext.training.config import default_config

    typer.echo(default_config(), nl=False)


def package(
    model: Annotated[str, typer.Argument(help="Model name or folder.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the wheel.")],
    name: Annotated[
        str | None,
        typer.Option(help="Name of the package: letters, digits and _; without it the model's.", show_default=False),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the wheel that is there.")] = False,
) -> None:
    """Pack a model into a wheel for pip.

    Where it is installed, gt.load finds the model by the package's name.
    """
    from govtext.training.package import package_model

    typer.echo(f"wheel -> {package_model(model, out, name=name, overwrite=overwrite)}")
