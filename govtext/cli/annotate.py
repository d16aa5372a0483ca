"""``govtext annotate`` and ``convert``: sentences out to annotation tools and back, on character offsets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from govtext.resources import DEFAULT_MODEL

annotate_app = typer.Typer(
    help="Prepare sentences for annotation tools and take annotations back.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Source = Annotated[Path, typer.Argument(help="Annotated corpus: a file or folder; the format is found out.")]
Reports = Annotated[list[Path], typer.Argument(help="Report files or folders.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="File (or folder, for datasets and brat) to write.")]
To = Annotated[
    str, typer.Option("--to", help="jsonl, label-studio, doccano, prodigy, brat, conll, docbin or datasets.")
]
From = Annotated[
    str | None, typer.Option("--from", help="Format of the corpus, where it is not found out.", show_default=False)
]
Model = Annotated[str, typer.Option("--model", "-m", help="Model whose annotations are filled in.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there already.")]


def convert(source: Source, out: Out, to: To = "jsonl", from_: From = None, overwrite: Overwrite = False) -> None:
    """Convert an annotated corpus from one format to another."""
    from govtext.corpus import read_corpus, write_corpus

    sentences = read_corpus(source, from_)
    path = write_corpus(sentences, out, to, overwrite=overwrite)
    typer.echo(f"{len(sentences)} sentences -> {path}")


@annotate_app.command("export")
def export_tasks(
    reports: Reports, out: Out, to: To = "label-studio", model: Model = DEFAULT_MODEL, overwrite: Overwrite = False
) -> None:
    """Write all sentences of reports, annotated by the model, for correction in a tool."""
    from govtext.annotations import to_record
    from govtext.corpus import from_record, write_corpus
    from govtext.pipeline import analyze, load
    from govtext.report import expand_paths

    nlp = load(model)
    sentences = [s for path in expand_paths(reports) for s in from_record(to_record(analyze(path, nlp)))]
    path = write_corpus(sentences, out, to, overwrite=overwrite)
    typer.echo(f"{len(sentences)} sentences -> {path}")


@annotate_app.command("import")
def import_annotations(source: Source, out: Out, from_: From = None, overwrite: Overwrite = False) -> None:
    """Read what an annotation tool has exported into the library's JSONL, checking every offset."""
    convert(source, out, "jsonl", from_, overwrite)


@annotate_app.command("suggest")
def suggest_sentences(
    reports: Reports,
    out: Out,
    number: Annotated[int, typer.Option("--number", "-n", min=1, help="Sentences to suggest.")] = 100,
    to: To = "label-studio",
    model: Model = DEFAULT_MODEL,
    overwrite: Overwrite = False,
) -> None:
    """Write the sentences that teach the model most when labelled, best first."""
    from govtext.corpus import write_corpus
    from govtext.pipeline import load
    from govtext.report import expand_paths
    from govtext.training.suggest import suggest

    sentences = suggest(load(model), expand_paths(reports), n=number)
    path = write_corpus(sentences, out, to, overwrite=overwrite)
    typer.echo(f"{len(sentences)} sentences -> {path}")


@annotate_app.command("config")
def label_config() -> None:
    """Print the labelling interface for Label Studio (entities, domain, status)."""
    from govtext.corpus import label_studio

    typer.echo(label_studio.label_config())


@annotate_app.command("example")
def example_corpus(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the copy.")], overwrite: Overwrite = False
) -> None:
    """Copy the packaged example corpus (18 composed reports, annotated) into a folder."""
    from govtext.corpus.files import copy_folder
    from govtext.resources import example_path

    typer.echo(f"example corpus -> {copy_folder(example_path(), out, overwrite=overwrite)}")
