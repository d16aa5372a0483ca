"""Names and places that are meant to lead output astray, and model folders that are not as they were made."""

import json
import os
import shutil
import time
import tracemalloc
from pathlib import Path

import pytest

import govtext as gt
from govtext import output
from govtext.batch import analyze_files
from govtext.errors import ModelError, OutputError, ReadError
from govtext.report import unique_ids
from govtext.resources import model_path
from govtext.views.index import page_name

GOOD = "2021年工作总结\n一、经济发展\n全年完成固定资产投资84.84亿元，同比增长5.2%。\n"
ASTRAY = [
    "../../outside", "/etc/passwd", "a/b", "..", ".", "", ".hidden", "con", "CON.txt", "nul", "LPT1", "index", "INDEX", "a:b", "x\n", "trailing. ",
    "长" * 300, "\x00", "back\\slash", "\udcff",
]  # fmt: skip


@pytest.fixture(scope="module")
def record(nlp):
    from govtext.annotations import to_record

    return to_record(gt.analyze(GOOD, nlp))


def test_page_names_stay_in_their_folder_and_are_unlike_each_other(tmp_path):
    names = [page_name(id) for id in [*ASTRAY, "good"]]
    assert names[-1] == "good.html"
    assert len({name.lower() for name in names}) == len(names)
    for name in names:
        assert (tmp_path / name).parent == tmp_path and len(name.encode()) < 240
        assert not name.startswith(".") and name != "index.html"
        (tmp_path / name).write_text("", encoding="utf-8")


def test_pages_of_astray_ids_are_beside_the_index_and_linked(record, tmp_path):
    out = tmp_path / "in" / "out"
    out.mkdir(parents=True)
    ids = [id for id in ASTRAY if id != "\udcff"]
    paths = output.write_html(({**record, "id": id} for id in ids), out)
    assert {p.parent for p in paths} == {out} and len(list(out.iterdir())) == len(ids) + 1
    assert [p.name for p in tmp_path.rglob("*") if p.is_dir()] == ["in", "out"]
    from urllib.parse import unquote

    from lxml import html

    page = html.fromstring((out / "index.html").read_text(encoding="utf-8"))
    links = [unquote(link) for link in page.xpath("//table//a/@href")]
    assert links == [p.name for p in paths[1:]]


def test_long_and_odd_file_names_are_written_in_every_format(nlp, tmp_path):
    folder = tmp_path / "reports"
    folder.mkdir()
    for name in ("长" * 80 + ".txt", "index.txt", "a b%20#?.txt", "-o.txt", "Ａ.txt"):
        (folder / name).write_text(GOOD, encoding="utf-8")
    for format in output.WRITERS:
        result = analyze_files([folder], tmp_path / format, load=lambda: nlp, format=format)
        assert (result.analyzed, result.errors) == (5, [])
    assert len(list((tmp_path / "html").glob("*.html"))) == 6


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX systems only")
def test_a_name_that_is_no_text_is_shown_with_question_marks(nlp, tmp_path):
    try:
        (tmp_path / os.fsdecode(b"\xff\xfe.txt")).write_text(GOOD, encoding="utf-8")
    except OSError:
        pytest.skip("this disk takes no such name")
    for format in output.WRITERS:
        result = analyze_files([tmp_path], tmp_path / format, load=lambda: nlp, format=format)
        assert (result.analyzed, result.errors) == (1, [])
    assert json.loads((tmp_path / "jsonl" / "reports.jsonl").read_text(encoding="utf-8"))["id"] == "??"


def test_ids_differ_where_case_does_not_count(nlp, tmp_path):
    for folder, name in (("1", "A"), ("2", "a"), ("3", "é"), ("4", "e\u0301")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.txt").write_text(GOOD, encoding="utf-8")
    analyze_files([tmp_path / n for n in "1234"], tmp_path / "out", load=lambda: nlp)
    lines = (tmp_path / "out" / "reports.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["A", "a-2", "é", "e\u0301-2"]


def test_ids_of_many_files_of_one_name_are_found_soon():
    paths = [Path(f"{i}/{name}.txt") for i in range(20_000) for name in ("content-7", "Content")]
    started = time.process_time()
    ids = [id for _, id in unique_ids(paths)]
    assert time.process_time() - started < 5
    assert len({id.lower() for id in ids}) == len(ids)
    assert ids[:4] == ["content-7", "Content", "content-7-2", "Content-2"] and ids[11:14:2] == [
        "Content-6",
        "Content-8",
    ]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs links")
def test_links_in_the_output_folder_are_replaced_and_not_followed(nlp, tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("keep", encoding="utf-8")
    (tmp_path / "a.txt").write_text(GOOD, encoding="utf-8")
    out = tmp_path / "out"
    out.mkdir()
    for name in ("reports.jsonl", ".reports.jsonl.part", "metrics.parquet"):
        (out / name).symlink_to(precious)
    for format in ("jsonl", "parquet"):
        analyze_files([tmp_path / "a.txt"], out, load=lambda: nlp, format=format, overwrite=True)
    assert precious.read_text(encoding="utf-8") == "keep"
    assert not (out / "reports.jsonl").is_symlink() and (out / "metrics.parquet").is_dir()


def test_a_page_takes_the_place_of_no_file_but_a_page(nlp, tmp_path):
    def run(*paths, **options):
        return analyze_files(paths, tmp_path, load=lambda: nlp, format="html", **options)

    own = tmp_path / "own.html"
    own.write_text(f"<html><body><p>{GOOD}</p></body></html>", encoding="utf-8")
    before = own.read_bytes()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "own.txt").write_text(GOOD, encoding="utf-8")
    for given in (tmp_path, own, tmp_path / "in"):
        with pytest.raises(OutputError, match=r"own\.html was not written here"):
            run(given, overwrite=True)
    assert own.read_bytes() == before and not (tmp_path / "index.html").exists()
    own.unlink()
    assert run(tmp_path / "in").analyzed == run(tmp_path / "in", overwrite=True).analyzed == 1
    for given in (tmp_path, tmp_path / "in" / ".." / "index.html"):
        with pytest.raises(OutputError, match=r"html stands where a result will be written"):
            run(given, resume=True)


def test_results_inside_of_the_folder_are_not_analyzed(nlp, tmp_path):
    (tmp_path / "a.txt").write_text(GOOD, encoding="utf-8")
    for folder in (tmp_path, os.path.relpath(tmp_path)):
        for _ in range(2):
            result = analyze_files([folder], tmp_path / "out", load=lambda: nlp, format="html", overwrite=True)
            assert (result.analyzed, result.errors) == (1, [])
    (tmp_path / "a.txt").unlink()
    result = analyze_files([tmp_path], tmp_path / "out", load=lambda: nlp, format="html", overwrite=True)
    assert ["no report in it" in error.message for error in result.errors] == [True] and not result.others


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_is_refused_rather_than_waited_for(nlp, tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(ReadError, match="pipe"):
        gt.read(tmp_path / "pipe.txt")
    result = analyze_files([tmp_path / "pipe.txt"], tmp_path / "out", load=lambda: nlp)
    assert [e.message for e in result.errors] == ["a device or pipe, not a file; save what it gives as a file"]


def test_a_file_beyond_the_limit_is_refused_unread(tmp_path):
    with (tmp_path / "huge.txt").open("wb") as file:
        file.truncate(5 * 2**30)  # sparse: it takes no room on the disk
    tracemalloc.start()
    with pytest.raises(ReadError, match="5120 MiB is more than the limit"):
        gt.read(tmp_path / "huge.txt")
    result = analyze_files([tmp_path / "huge.txt"], tmp_path / "out", load=lambda: None)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()
    assert [e.message for e in result.errors] == ["5120 MiB is more than the limit of 64 MiB; split the file"]


# ---- model folders


@pytest.fixture
def model(tmp_path):
    """A copy of the shipped model."""
    return shutil.copytree(model_path("zh_govtext_sm"), tmp_path / "model")


def test_a_tampered_model_is_refused(model):
    arrays = max((p for p in model.rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    data = bytearray(arrays.read_bytes())
    data[len(data) // 2] ^= 1
    arrays.write_bytes(data)
    with pytest.raises(ModelError, match=f"{arrays.name} is changed"):
        gt.load(model)


def test_a_model_with_a_file_more_or_less_is_refused(model):
    (model / "evil.py").write_text("raise SystemExit", encoding="utf-8")
    with pytest.raises(ModelError, match=r"evil\.py is not part of the model"):
        gt.load(model)
    (model / "evil.py").unlink()
    (model / "config.cfg").unlink()
    with pytest.raises(ModelError, match=r"config\.cfg is missing"):
        gt.load(model)


def test_foreign_and_unsigned_models_are_refused(model, tmp_path):
    import spacy

    from govtext.checksums import write_checksums

    spacy.blank("zh").to_disk(tmp_path / "foreign")
    with pytest.raises(ModelError, match=r"no checksums\.txt"):
        gt.load(tmp_path / "foreign")
    write_checksums(tmp_path / "foreign")
    with pytest.raises(ModelError, match="format None"):
        gt.load(tmp_path / "foreign")
    with pytest.raises(ModelError, match="not a model folder"):
        gt.load(tmp_path)


def test_a_model_of_a_later_format_is_refused(model):
    from govtext.checksums import write_checksums

    meta = json.loads((model / "meta.json").read_text(encoding="utf-8"))
    (model / "meta.json").write_text(json.dumps({**meta, "govtext_format": 99}), encoding="utf-8")
    write_checksums(model)
    with pytest.raises(ModelError, match="format 99"):
        gt.load(model)


def test_a_model_whose_arrays_hold_pickles_is_refused(model):
    """Arrays of objects would run code when they are read: they are refused, even where the checksums fit."""
    import numpy as np

    from govtext.checksums import write_checksums

    array = next(model.rglob("*.npz"), None)
    if array is None:
        pytest.skip("the model has no .npz")
    with np.load(array) as data:
        arrays = {name: data[name] for name in data.files}
    name = next(iter(arrays))
    np.savez(array, **{**arrays, name: np.array([print], dtype=object)})
    write_checksums(model)
    with pytest.raises(ModelError):
        gt.load(model)
