"""Worker processes: the same results as one process, and a bad file costs only itself."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from spacy.language import Language

import govtext as gt
from govtext import output
from govtext.annotations import to_record
from govtext.batch import analyze_files
from govtext.errors import ModelError, OutputError
from govtext.processes import map_in_processes

GOOD = "2021年工作总结\n一、经济发展\n全年完成固定资产投资{}亿元，同比增长5.2%。\n"


@Language.component("fragile")
def fragile(doc):
    """Dies, sleeps or fails on the word for it."""
    if "立即退出" in doc.text:
        os._exit(9)
    if "沉睡不醒" in doc.text:
        time.sleep(600)
    if "内部错误" in doc.text:
        raise RuntimeError("broken")
    return doc


def load_fragile():
    nlp = gt.load()
    nlp.add_pipe("fragile", first=True)
    return nlp


def load_nothing():
    raise ModelError("no model 'nothing'")


@pytest.fixture
def folder(tmp_path):
    reports = tmp_path / "reports"
    reports.mkdir()
    for i in range(6):
        (reports / f"{i}.txt").write_text(GOOD.format(i), encoding="utf-8")
    return reports


def lines(out):
    return [json.loads(line) for line in (out / "reports.jsonl").read_text(encoding="utf-8").splitlines()]


def test_two_processes_write_the_same_as_one(folder, tmp_path):
    for jobs in (1, 2):
        result = analyze_files([folder], tmp_path / str(jobs), load=gt.load, jobs=jobs)
        assert (result.analyzed, result.errors) == (6, [])
    assert (tmp_path / "1" / "reports.jsonl").read_bytes() == (tmp_path / "2" / "reports.jsonl").read_bytes()


def test_a_file_that_kills_or_stalls_its_process_is_listed_and_the_rest_is_done(folder, tmp_path):
    for name, word in {"1b": "立即退出", "3b": "沉睡不醒", "4b": "内部错误"}.items():
        (folder / f"{name}.txt").write_text(f"{word}。", encoding="utf-8")
    result = analyze_files([folder], tmp_path / "out", load=load_fragile, jobs=2, timeout=10)
    messages = {Path(e.path).name: e.message for e in result.errors}
    assert sorted(messages) == ["1b.txt", "3b.txt", "4b.txt"]
    assert (
        "died" in messages["1b.txt"]
        and "longer than 10 seconds" in messages["3b.txt"]
        and "broken" in messages["4b.txt"]
    )
    assert [r["id"] for r in lines(tmp_path / "out")] == list("012345")


@pytest.mark.parametrize("options", [{"jobs": 2}, {"timeout": 20}])
def test_a_single_file_is_as_well_guarded(options, tmp_path):
    (tmp_path / "a.txt").write_text("立即退出。", encoding="utf-8")
    for _ in range(2):
        result = analyze_files([tmp_path / "a.txt"], tmp_path / "out", load=load_fragile, resume=True, **options)
        assert len(result.errors) == 1 and "died" in result.errors[0].message


def test_a_script_without_a_guard_is_told_of_it(tmp_path):
    (tmp_path / "a.txt").write_text(GOOD.format(1), encoding="utf-8")
    script = tmp_path / "script.py"
    script.write_text(
        "import govtext as gt\nfrom govtext.batch import analyze_files\n"
        f"analyze_files([{str(tmp_path / 'a.txt')!r}], {str(tmp_path / 'out')!r}, load=gt.load, jobs=2)\n",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and 'under if __name__ == "__main__":' in done.stderr.splitlines()[-1]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="sees the processes start in /proc")
def test_an_interruption_is_one_line(folder, tmp_path):
    """Ctrl-C goes to all processes of the terminal; here while they start."""
    exe = [sys.executable, "-m", "govtext.cli", "analyze", folder, "-o", tmp_path / "out", "--jobs", "2"]
    with subprocess.Popen(exe, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while len(children.read_text().split()) < 3:  # two workers, and the tracker of their resources
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130 and err.count("\n") == 1 and "--resume" in err


def test_a_model_that_cannot_be_loaded_stops_the_run(folder, tmp_path):
    with pytest.raises(ModelError, match="nothing"):
        analyze_files([folder], tmp_path / "out", load=load_nothing, jobs=2)
    assert not (tmp_path / "out" / "reports.jsonl").exists()


def test_processes_write_the_parts_that_one_would(tmp_path, monkeypatch, nlp):
    pytest.importorskip("pyarrow")
    monkeypatch.setattr(output, "_PART", 2)
    record = to_record(gt.analyze(GOOD.format(3), nlp))
    records = [{**record, "id": str(i)} for i in range(5)]
    for jobs in (1, 2):
        (tmp_path / str(jobs)).mkdir()
        output.write_parquet(records, tmp_path / str(jobs), jobs=jobs)
    one, two = (
        {p.relative_to(folder): p.read_bytes() for p in folder.rglob("part*")}
        for folder in (tmp_path / "1", tmp_path / "2")
    )
    assert one == two and len(one) == 15


def test_a_process_that_dies_while_it_writes_is_said_clearly():
    with pytest.raises(OutputError, match="a process died"):
        list(map_in_processes(os._exit, [1, 1, 1], jobs=2))
