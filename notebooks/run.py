"""Executes the notebooks in place, with their outputs: ``python notebooks/run.py [NAME …]``; stops with 1 at a cell that fails."""

from __future__ import annotations

import os
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

FOLDER = Path(__file__).resolve().parent
CELL_SECONDS = 300  # a cell that takes longer is stopped; whole notebooks should stay under a minute
LONGEST_TEXT = 4000  # characters of plain text that are kept beside HTML


def find_notebooks(names: list[str]) -> list[Path]:
    """The notebooks whose name begins with one of ``names``, all without names; a name that fits none ends the program."""
    found = sorted(FOLDER.glob("*.ipynb"))
    for name in names:
        if not any(path.name.startswith(name) for path in found):
            sys.exit(f"no notebook {name!r}; there are: {', '.join(path.stem for path in found)}")
    return [path for path in found if not names or path.name.startswith(tuple(names))]


def missing(path: Path) -> list[str]:
    """Packages that a notebook names in its metadata as needed (``govtext.needs``) and that are not installed."""
    needs = nbformat.read(path, as_version=4).metadata.get("govtext", {}).get("needs", [])
    return [package for package in needs if not find_spec(package)]


def execute(path: Path) -> nbformat.NotebookNode:
    """The notebook with the outputs of a fresh run, in its folder; raises CellExecutionError at the first cell that fails."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        record_timing=False,
        resources={"metadata": {"path": FOLDER}},
        extra_arguments=["--log-level=ERROR"],
    )
    client.execute()
    return tidy(notebook)


def tidy(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Without the version of Python, and without the long texts that stand beside figures and pages."""
    notebook.metadata["language_info"] = {"name": "python"}
    for data in (output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", ())):
        if "image/png" in data or len(data.get("text/plain", "")) > LONGEST_TEXT:
            data.pop("text/plain", None)
    return notebook


def main(names: list[str]) -> None:
    """Execute and write back; only a notebook that ran to its end is written."""
    os.environ["PYTHONWARNINGS"] = "ignore:IProgress not found"  # there are no widgets in a file
    for path in find_notebooks(names):
        if lacking := missing(path):
            sys.stdout.write(f"{path.name}  left out: needs {', '.join(lacking)}\n")
            continue
        started = time.perf_counter()
        try:
            notebook = execute(path)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            sys.exit(f"{path.name}: {error}")
        nbformat.write(notebook, path)
        sys.stdout.write(f"{path.name}  {time.perf_counter() - started:.0f} s\n")


if __name__ == "__main__":
    main(sys.argv[1:])
