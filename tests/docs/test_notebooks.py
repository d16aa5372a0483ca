"""The committed notebooks: short, executed from top to bottom, and free of traces of the machine that executed them.

``notebooks/run.py`` executes them; here only what lies in the files is looked at.
"""

import importlib.util
import json
import re
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("nbclient")

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MACHINE = re.compile(r"(?<![\w.])(/tmp|/home|/root|/Users|/work|/usr|[A-Z]:\\\\)[/\\]|site-packages| at 0x[0-9a-f]{6}")


@pytest.fixture(scope="module")
def run():
    """The module ``notebooks/run.py``."""
    spec = importlib.util.spec_from_file_location("notebooks_run", FOLDER / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_is_short_and_begins_with_its_question(notebook):
    assert len(notebook.cells) <= 15
    first = notebook.cells[0]
    assert first.cell_type == "markdown" and first.source.startswith("# 0") and "？" in first.source


def test_was_executed_from_top_to_bottom(notebook):
    assert [cell.execution_count for cell in code_cells(notebook)] == list(range(1, len(code_cells(notebook)) + 1))
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    assert outputs
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]


def test_outputs_do_not_show_the_machine(notebook):
    found = MACHINE.search(json.dumps([cell.outputs for cell in code_cells(notebook)], ensure_ascii=False))
    assert found is None


def test_links_lead_to_notebooks_and_pages(notebook):
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (FOLDER / target).is_file(), target


def test_long_texts_beside_pages_are_dropped(run):
    data = {"text/html": "<iframe></iframe>", "text/plain": "x" * 10_000}
    output = nbformat.v4.new_output("execute_result", data=data)
    short = nbformat.v4.new_output("execute_result", data={"text/plain": "3"})
    cell = nbformat.v4.new_code_cell("1", outputs=[output, short])
    tidied = run.tidy(nbformat.v4.new_notebook(cells=[cell])).cells[0].outputs
    assert [sorted(output.data) for output in tidied] == [["text/html"], ["text/plain"]]


def test_a_cell_that_fails_stops_the_run(run, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "FOLDER", tmp_path)
    path = tmp_path / "01_wrong.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0", id="cell-01")]), path)
    before = path.read_bytes()
    with pytest.raises(SystemExit, match="ZeroDivisionError"):
        run.main([])
    assert path.read_bytes() == before
    with pytest.raises(SystemExit, match="no notebook '07'; there are: 01_wrong"):
        run.main(["07"])


def test_a_notebook_is_left_out_where_its_packages_are_missing(run, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(run, "FOLDER", tmp_path)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0", id="cell-01")])
    notebook.metadata["govtext"] = {"needs": ["json", "no_such_package"]}
    nbformat.write(notebook, tmp_path / "01_training.ipynb")
    run.main([])
    assert capsys.readouterr().out == "01_training.ipynb  left out: needs no_such_package\n"
