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
    from govtext.corpus import check_corpus_target, from_record, write_corpus
    from govtext.pipeline import analyze, load
    from govtext.report import read_each

    check_corpus_target(out, to, overwrite=overwrite)
    nlp = load(model)
    sentences = [s for report in read_each(reports) for s in from_record(to_record(analyze(report, nlp)))]
    path = write_corpus(sentences, out, to, overwrite=overwrite)
    typer.echo(f"{len(sentences)} sentences -> {path}")


@annotate_app.command("import")
def import_annotations(source: Source, out: Out, from_: From = None, overwrite: Overwrite = False) -> None:
    """Read what an annotation tool has exported into the library's JSONL, checking every offset."""
    convert(source, out, "jsonl", from_, overwrite)


@annotate_app.command("split")
def split_corpus(
    source: Source,
    out: Annotated[Path, typer.Option("--out", "-o", help="New folder for train.jsonl and test.jsonl.")],
    share: Annotated[float, typer.Option(help="Share of the sentences to test on.")] = 0.2,
    seed: Annotated[int, typer.Option(help="The same seed gives the same parts.")] = 0,
    from_: From = None,
    overwrite: Overwrite = False,
) -> None:
    """Split an annotated corpus by report into a part to train on and one to test on, near-duplicates on one side."""
    from govtext.corpus import read_corpus, write_corpus
    from govtext.output import check_target, whole_folder
    from govtext.training.splits import split_documents

    check_target(out, overwrite=overwrite, folder=True)
    names = ("train.jsonl", "test.jsonl")
    parts = dict(zip(names, split_documents(read_corpus(source, from_), share=share, seed=seed), strict=True))
    with whole_folder(out, own=[out / name for name in names]) as folder:
        for name, part in parts.items():
            write_corpus(part, folder / name)
    for name, part in parts.items():
        typer.echo(f"{len(part)} sentences of {len({s.doc for s in part})} reports -> {out / name}")


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
    from govtext.corpus import check_corpus_target, write_corpus
    from govtext.pipeline import load
    from govtext.report import read_each
    from govtext.training.suggest import suggest

    check_corpus_target(out, to, overwrite=overwrite)
    sentences = suggest(load(model), read_each(reports), n=number)
    path = write_corpus(sentences, out, to, overwrite=overwrite)
    typer.echo(f"{len(sentences)} sentences -> {path}")


@annotate_app.command("weak")
def label_by_rules(
    sources: Annotated[list[Path], typer.Argument(help="Report files or folders, or corpora of sentences (.jsonl).")],
    out: Out,
    rules: Annotated[
        list[Path] | None,
        typer.Option(
            help="Rules: a table (.tsv) or Python functions (.py, which is run); without it the packaged ones."
        ),
    ] = None,
    gold: Annotated[
        Path | None, typer.Option(help="Labelled sentences that tell how good the rules are.", show_default=False)
    ] = None,
    min_probability: Annotated[float, typer.Option(min=0, max=1, help="Below it a sentence gets no label.")] = 0.5,
    weight: Annotated[
        float, typer.Option(min=0, help="What a silver sentence counts in training against one labelled by hand.")
    ] = 0.3,
    table: Annotated[
        Path | None, typer.Option(help="Write what each rule does to this CSV file.", show_default=False)
    ] = None,
    to: To = "jsonl",
    overwrite: Overwrite = False,
) -> None:
    """Label sentences by rough rules: silver labels with their weights, for training on more text than was labelled by hand."""
    from govtext.corpus import check_corpus_target, from_report, read_corpus, write_corpus
    from govtext.output import check_target, whole_file
    from govtext.report import read_each
    from govtext.resources import labelling_rules_path
    from govtext.training.weak import label_weakly, load_functions, read_rules

    check_corpus_target(out, to, overwrite=overwrite)
    if table:
        check_target(table, overwrite=overwrite)
    paths = rules or [labelling_rules_path()]
    functions = [f for path in paths for f in (load_functions(path) if path.suffix == ".py" else read_rules(path))]
    labelled_by_hand = read_corpus(gold) if gold else ()
    corpora = [path for path in sources if path.suffix == ".jsonl"]
    sentences = [s for path in corpora for s in read_corpus(path)]
    reports = read_each(path for path in sources if path not in corpora)
    sentences += [s for report in reports for s in from_report(report)]
    silver = label_weakly(sentences, functions, gold=labelled_by_hand, min_probability=min_probability, weight=weight)
    path = write_corpus(silver.sentences, out, to, overwrite=overwrite)
    if table:
        with whole_file(table, encoding="utf-8-sig", newline="") as file:
            silver.table.to_csv(file, index=False)
    typer.echo(silver.table.round(3).to_string(index=False))
    labelled = sum("weight" in s.meta for s in silver.sentences)
    typer.echo(f"{labelled} of {len(silver.sentences)} sentences labelled -> {path}")


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
