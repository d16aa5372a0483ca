"""``govtext analyze``, ``compare`` and ``models``: results go to files, what happened to the terminal."""

from __future__ import annotations

import hashlib
import sys
from enum import StrEnum
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from govtext.errors import OutputError, ReadError
from govtext.resources import DEFAULT_MODEL, model_folders

_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}  # a line stays one


class Format(StrEnum):
    """Output formats of ``govtext analyze``."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    HTML = "html"


Paths = Annotated[
    list[Path] | None, typer.Argument(help="Report files (.txt .html .docx .pdf) or folders.", show_default=False)
]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")]
FormatOption = Annotated[
    Format,
    typer.Option("--format", "-f", help="jsonl: a report a line; csv, parquet: a table a kind; html: a page a report."),
]
Model = Annotated[str, typer.Option("--model", "-m", help="Model name or folder.")]
Sample = Annotated[bool, typer.Option("--sample", help="Analyze the packaged sample reports.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with an earlier run of these files: skip what is done.")]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Replace results that are there already; with --resume, drop reports that are no longer named.",
    ),
]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes to use.")]
Timeout = Annotated[
    float | None,
    typer.Option("--timeout", min=1, help="Seconds a file may take.", show_default=False),
]
Explain = Annotated[bool, typer.Option("--explain", help="Keep what decided the domain of each sentence (slower).")]
Summary = Annotated[
    bool | None,
    typer.Option(
        "--summary/--no-summary",
        help="Print a summary of the first reports [default: with --sample].",
        show_default=False,
    ),
]


def analyze(
    paths: Paths = None,
    out: Out = Path("govtext-out"),
    format: FormatOption = Format.JSONL,
    model: Model = DEFAULT_MODEL,
    sample: Sample = False,
    resume: Resume = False,
    overwrite: Overwrite = False,
    jobs: Jobs = 1,
    timeout: Timeout = None,
    explain: Explain = False,
    summary: Summary = None,
) -> None:
    """Take reports apart: sections, sentences, words, entities, metrics, policy domains."""
    from govtext.batch import analyze_files
    from govtext.resources import sample_paths

    files = [*(paths or []), *(sample_paths() if sample else [])]
    if not files:
        raise ReadError("nothing to analyze: name a file or folder, or try  govtext analyze --sample")
    try:
        result = analyze_files(
            files,
            out,
            load=partial(_load, model, explain),
            model=f"{_identity(model)}+explain" if explain else _identity(model),
            format=format.value,
            resume=resume,
            overwrite=overwrite,
            jobs=jobs,
            timeout=timeout,
            progress=sys.stderr.isatty(),
        )
    except KeyboardInterrupt:
        typer.echo(f"govtext: stopped; go on with  govtext analyze … -o {out} --resume", err=True)
        raise typer.Exit(130) from None
    if summary or (summary is None and sample):
        _print_summaries(result.written, format, limit=3)
    _report(result, format)


def _load(model: str, explain: bool) -> Any:
    """The pipeline, which explains its domains if asked to."""
    from govtext.pipeline import load

    nlp = load(model)
    if explain:
        tagger: Any = nlp.get_pipe("govtext_domains")
        tagger.reasons = 6
    return nlp


def _identity(model: str) -> str:
    """The model and the library as they are now: what another version has analyzed is not taken for done. Raises ModelError without a model."""
    from govtext import __version__, checksums
    from govtext.pipeline import model_folder

    file = model_folder(model) / checksums.FILE
    state = hashlib.sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else ""
    return f"{model}@{__version__}/{state}"


def compare(
    first: Annotated[Path, typer.Argument(help="The earlier report.")],
    second: Annotated[Path, typer.Argument(help="The later report.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the table to this CSV file.", show_default=False)
    ] = None,
    model: Model = DEFAULT_MODEL,
) -> None:
    """Set the same indicators of two reports side by side: target against result, year against year."""
    from govtext.output import whole_file
    from govtext.pipeline import analyze, load
    from govtext.summary import comparison_lines
    from govtext.tables import compare as compare_reports

    nlp = load(model)
    table = compare_reports(analyze(first, nlp), analyze(second, nlp))
    if out:
        if out.exists():
            raise OutputError(f"{out} exists already: choose another file with -o")
        with whole_file(out, encoding="utf-8-sig", newline="") as f:
            table.to_csv(f, index=False)
        typer.echo(f"{len(table)} pairs -> {out}")
        return
    typer.echo("\n".join(comparison_lines(table)) if len(table) else "no indicator stands in both reports")


def models() -> None:
    """List the models that are installed with the library."""
    import srsly

    for name, folder in model_folders().items():
        meta: Any = srsly.read_json(folder / "meta.json")
        size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6
        typer.echo(f"{name}  {meta['version']}  {size:.1f} MB  {meta['description']}")


def _print_summaries(written: list[Path], format: Format, *, limit: int) -> None:
    import srsly

    from govtext.summary import summarize

    if format is not Format.JSONL or not written:
        return
    for record in islice(srsly.read_jsonl(written[0]), limit):
        typer.echo(summarize(record) + "\n")


def _report(result: Any, format: Format) -> None:
    """Say what was done; leave with exit code 1 and the list if a file failed."""
    if result.written:
        done = result.analyzed + result.resumed
        speed = (
            f", {result.characters / result.seconds:,.0f} characters/s" if result.analyzed and result.seconds else ""
        )
        again = f" ({result.resumed} from an earlier run)" if result.resumed else ""
        target = result.written[0] if format in (Format.JSONL, Format.HTML) else result.written[0].parent
        typer.echo(f"{done} report{'s' * (done != 1)}{again}, {result.characters:,} characters{speed} -> {target}")
    if result.others:
        kinds = ", ".join(f"{n} {kind}" for kind, n in result.others.most_common(8))
        more = " …" if len(result.others) > 8 else ""
        typer.echo(f"passed over what is no report in the folders: {kinds}{more}", err=True)
    for error in result.errors:
        typer.echo(f"failed: {error.path}: {error.message}".translate(_CONTROLS), err=True)
    if result.errors:
        failed = len(result.errors)
        typer.echo(f"{failed} input{'s' * (failed != 1)} failed, listed above", err=True)
        raise typer.Exit(1)
