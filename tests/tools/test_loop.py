"""The commands of docs/howto/loop.md, as they stand there: export, annotate (from the gold), import, split, train, measure, pack, install, load."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
from importlib.util import find_spec
from pathlib import Path

import pytest

from govtext.corpus import read_corpus, write_corpus
from govtext.resources import example_path

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "loop.md"
SECONDS = 600  # for the whole loop
pytestmark = [
    pytest.mark.train,
    pytest.mark.timeout(2 * SECONDS),
    pytest.mark.skipif(not (find_spec("torch") and find_spec("onnx")), reason="needs the extra [train]"),
]


@pytest.fixture(scope="module")
def blocks() -> list[str]:
    """The shell commands of the page, block by block."""
    return re.findall(r"^```bash\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("loop")


@pytest.fixture(scope="module")
def environment(folder) -> dict[str, str]:
    """A shell in a new environment that has govtext and what it needs, and no model but the shipped ones; nothing is downloaded."""
    fresh = folder / "fresh"
    venv.create(fresh, with_pip=True)
    (site,) = fresh.glob("lib/python*/site-packages")
    (site / "installed.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    (fresh / "bin" / "govtext").write_text(f"#!{fresh}/bin/python\nfrom govtext.cli import main\n\nmain()\n")
    (fresh / "bin" / "govtext").chmod(0o755)
    return {**os.environ, "PATH": f"{fresh}/bin{os.pathsep}{os.environ['PATH']}", "PIP_NO_INDEX": "1", "PYTHONPATH": ""}


@pytest.fixture
def run(folder, environment):
    def call(commands: str) -> str:
        shell = ["bash", "-euo", "pipefail", "-c", commands]
        done = subprocess.run(
            shell, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return done.stdout

    return call


def annotate(tasks: Path, labelled: Path) -> None:
    """What annotators would do: the pre-annotations of each task become annotations, corrected to the gold."""
    write_corpus(_gold(), labelled, "label-studio")
    corrected = {
        task["data"]["sentence"]["id"]: task["predictions"][0]["result"]
        for task in json.loads(labelled.read_text("utf-8"))
    }
    done = []
    for task in json.loads(tasks.read_text("utf-8")):
        result = corrected.get(task["data"]["sentence"]["id"])
        if result is not None:
            done.append({**task, "annotations": [{"result": result, "was_cancelled": False}]})
    labelled.write_text(json.dumps(done, ensure_ascii=False), encoding="utf-8")


def _gold():
    return [s for path in sorted(example_path().glob("*.jsonl")) for s in read_corpus(path) if not s.furniture]


def test_the_page_from_beginning_to_end(blocks, folder, run):
    export, take_back, train, evaluate, install = blocks
    assert "sentences -> tasks.json" in run(export)
    annotate(folder / "tasks.json", folder / "labelled.json")
    assert "sentences of" in run(take_back)
    labelled = {s.id: s for s in read_corpus(folder / "labelled.jsonl")}
    gold = {s.id: s for s in _gold()}
    assert len(labelled) > 0.98 * len(gold)  # sentences that the layout cuts as the annotators did
    assert all(gold[id].entities == s.entities and gold[id].domains == s.domains for id, s in labelled.items())
    parts = [read_corpus(folder / "parts" / f"{name}.jsonl") for name in ("train", "test")]
    assert not {s.doc for s in parts[0]} & {s.doc for s in parts[1]}
    assert "entities, domains trained" in run(train)
    run(evaluate)
    differences = json.loads((folder / "scores.json").read_text("utf-8"))["comparison"]["differences"]
    gains = [differences[measure]["difference"] for measure in ("entities.names.f", "domains.accuracy")]
    assert sum(gains) > 0 and min(gains) > -0.02
    assert (folder / "scores.png").stat().st_size > 10_000
    (folder / "zh_shui").rename(folder / "moved")  # so that only the package can be meant
    run(install.splitlines()[0].replace("zh_shui", "moved", 1))
    printed = run("\n".join(install.splitlines()[1:]))
    assert "望川县水利局" in printed
    assert str(folder / "fresh") in run("python -c 'import zh_shui; print(zh_shui.__file__)'")
    assert sys.prefix not in run("python -c 'import sys; print(sys.prefix)'")
