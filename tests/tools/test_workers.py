"""Worker processes: the same results as one process, and a bad file costs only itself."""

import json
import os
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
