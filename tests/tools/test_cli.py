"""``govtext analyze`` as people use it: files, folders, formats, interruptions, and inputs that are not reports."""

import csv
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import pytest

import govtext as gt
from govtext import batch, pipeline, workers
from govtext.resources import sample_paths

GOOD = "2021年工作总结\n一、经济发展\n全年完成固定资产投资84.84亿元，同比增长5.2%。\n"
IMAGE_PDF = (  # one page without a text layer
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "report.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def run(nlp, monkeypatch, command):
    """Run the command line in this process: (exit code, stdout, stderr)."""
    monkeypatch.setattr(pipeline, "load", lambda *_: nlp)
    return command


def records(folder):
    return [json.loads(line) for line in (folder / "reports.jsonl").read_text(encoding="utf-8").splitlines()]


def good(folder: Path, name: str = "good.txt") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(GOOD, encoding="utf-8")
    return folder / name


def test_sample_prints_a_summary_and_writes_a_valid_record(run, tmp_path):
    code, out, err = run("analyze", "--sample", "-o", tmp_path)
    assert (code, err) == (0, "")
    for word in ("结构", "指标", "名称", "领域", "PLACE", "3 reports", "characters/s"):
        assert word in out
    found = records(tmp_path)
    assert len(found) == len(sample_paths())
    for record in found:
        jsonschema.validate(record, SCHEMA)
        assert all(record["text"][e["start"] : e["end"]] == e["text"] for e in record["entities"])
        assert record["sections"] and record["sentences"] and record["words"] and record["entities"]
        assert all(s["parent"] is None or s["parent"] < i for i, s in enumerate(record["sections"]))


def test_text_of_a_txt_is_the_file_unchanged(run, tmp_path):
    text = "\n\t标题\r\n一、工作\r\n完成投资3亿元。\n\n"
    (tmp_path / "a.txt").write_bytes(text.encode("utf-8-sig"))
    assert run("analyze", tmp_path / "a.txt", "-o", tmp_path / "out")[0] == 0
    assert records(tmp_path / "out")[0]["text"] == text


def test_folder_order_and_unique_ids(run, tmp_path):
    for name in ("b/x.txt", "a/x.txt", "a/y.txt"):
        good((tmp_path / name).parent, Path(name).name)
    code, _, _ = run("analyze", tmp_path / "b", tmp_path / "a", "-o", tmp_path / "out")
    assert code == 0
    assert [r["id"] for r in records(tmp_path / "out")] == ["x", "x-2", "y"]


def test_csv_opens_in_excel_with_chinese_intact(run, tmp_path):
    assert run("analyze", good(tmp_path), "-o", tmp_path / "out", "-f", "csv")[0] == 0
    data = (tmp_path / "out" / "metrics.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
    assert [(r["indicator"], r["value"], r["unit"]) for r in rows] == [
        ("固定资产投资", "8484000000", "元"),
        ("固定资产投资", "5.2", "%"),
    ]


def test_formula_in_a_report_stays_text_in_csv(run, tmp_path):
    (tmp_path / "a.txt").write_text("=HYPERLINK(1)\n" + GOOD, encoding="utf-8")
    assert run("analyze", tmp_path / "a.txt", "-o", tmp_path / "out", "-f", "csv")[0] == 0
    assert ",=HYPERLINK" not in (tmp_path / "out" / "sentences.csv").read_text(encoding="utf-8-sig")


def test_parquet_equals_the_tables(run, tmp_path, nlp):
    import pandas as pd

    assert run("analyze", good(tmp_path), "-o", tmp_path / "out", "-f", "parquet")[0] == 0
    doc = gt.analyze(tmp_path / "good.txt", nlp)
    for kind in ("reports", "sections", "sentences", "entities", "metrics"):
        table = pd.read_parquet(tmp_path / "out" / f"{kind}.parquet")
        expected = getattr(gt.tables, kind)(doc)
        filled = [t.astype(object).where(t.notna(), "") for t in (table, expected)]
        pd.testing.assert_frame_equal(*filled, check_dtype=False)


def test_html_page_for_each_report_and_an_index(run, tmp_path):
    assert run("analyze", good(tmp_path), "-o", tmp_path / "out", "-f", "html")[0] == 0
    assert "固定资产投资" in (tmp_path / "out" / "good.html").read_text(encoding="utf-8")
    assert "good.html" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


def test_explain_tells_what_decided_the_domains(run, tmp_path, nlp):
    try:
        assert run("analyze", good(tmp_path), "-o", tmp_path / "out", "--explain")[0] == 0
        assert run("analyze", good(tmp_path), "-o", tmp_path / "pages", "-f", "html", "--explain")[0] == 0
    finally:
        nlp.get_pipe("govtext_domains").reasons = 0
    (record,) = records(tmp_path / "out")
    jsonschema.validate(record, SCHEMA)
    reasons = record["sentences"][-1]["reasons"]
    assert reasons and all(isinstance(weight, float) for _, weight in reasons)
    page = (tmp_path / "pages" / "good.html").read_text(encoding="utf-8")
    assert f"{reasons[0][1]:+.2f}" in page


def test_existing_output_is_not_overwritten(run, tmp_path):
    file = good(tmp_path)
    out = tmp_path / "out"
    assert run("analyze", file, "-o", out)[0] == 0
    before = (out / "reports.jsonl").read_bytes()
    code, _, err = run("analyze", file, "-o", out)
    assert code == 1 and err.count("\n") == 1 and "--overwrite" in err
    assert (out / "reports.jsonl").read_bytes() == before
    assert run("analyze", file, "-o", out, "--overwrite")[0] == 0


def test_resume_skips_what_is_done_and_notices_changes(run, tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    for name in ("a.txt", "b.txt"):
        good(folder, name)
    run("analyze", folder, "-o", out)
    good(folder, "c.txt")
    (folder / "b.txt").write_text(GOOD.replace("5.2", "6.3"), encoding="utf-8")
    code, printed, _ = run("analyze", folder, "-o", out, "--resume")
    assert code == 0 and "3 reports (1 from an earlier run)" in printed
    assert [r["id"] for r in records(out)] == ["a", "b", "c"]
    assert "6.3%" in records(out)[1]["text"]


@pytest.mark.parametrize("format", ["jsonl", "parquet", "html"])
def test_a_kill_while_outputs_change_places_mixes_no_runs(format, run, tmp_path, monkeypatch):
    folder, out, whole = tmp_path / "in", tmp_path / "out", tmp_path / "whole"
    for name in "ac":
        good(folder, f"{name}.txt")
    run("analyze", folder, "-o", out, "-f", format)
    good(folder, "b.txt").write_text("石桥镇谢谢大家。\n", encoding="utf-8")
    run("analyze", folder, "-o", whole, "-f", format)
    shutil.copytree(out, tmp_path / "before")
    for place in range(99):
        shutil.rmtree(out)
        shutil.copytree(tmp_path / "before", out)
        with monkeypatch.context() as patch:
            killed = die_at(place, patch, "replace", "mkdir", "unlink")
            code = run("analyze", folder, "-o", out, "-f", format, "--resume")[0]
        assert code == (130 if killed else 0)
        assert run("analyze", folder, "-o", out, "-f", format, "--resume")[0] == 0
        assert files(out) == files(whole)
        if not killed:
            break
    assert place > 4


def die_at(place, patch, *operations):
    """Stop at an operation on files, the first being 0: no later one is done, as after a kill. The list returned says if it has come to it."""
    seen, killed = [], []

    def dying(real):
        def operation(*args, **options):
            seen.append(real)
            if len(seen) > place:
                killed.append(real)
                raise KeyboardInterrupt
            return real(*args, **options)

        return operation

    for name in operations:
        patch.setattr(Path, name, dying(getattr(Path, name)))
    patch.setattr(shutil, "rmtree", dying(shutil.rmtree))
    return killed


def files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_resume_with_other_files_keeps_what_is_there(run, tmp_path, monkeypatch):
    """Only files named again, by path or by content, may be left out of the outputs: here none is."""
    folder, out = tmp_path / "in", tmp_path / "out"
    for name in ("a.txt", "b.txt"):
        good(folder, name)
    same_name = good(tmp_path / "other", "a.txt")
    same_name.write_text(GOOD.replace("5.2", "6.3"), encoding="utf-8")
    run("analyze", folder, "-o", out)
    before = (out / "reports.jsonl").read_bytes()
    for files, gone in {
        (same_name,): 2,
        (same_name, folder / "b.txt"): 1,
        (folder / "b.txt", tmp_path / "none.txt"): 1,
    }.items():
        code, _, err = run("analyze", *files, "-o", out, "--resume")
        assert code == 1 and f"{gone} of the reports" in err and (out / "reports.jsonl").read_bytes() == before
    folder.rename(tmp_path / "moved")  # the content says that these are the same
    monkeypatch.chdir(tmp_path)
    code, printed, _ = run("analyze", "moved", "-o", out, "--resume")
    assert code == 0 and "2 reports (2 from an earlier run)" in printed


def test_another_version_of_a_model_package_is_not_taken_for_done(run, tmp_path, monkeypatch):
    file, out = good(tmp_path), tmp_path / "out"
    model = tmp_path / "zh_of_a_test" / "zh_of_a_test-1"
    model.mkdir(parents=True)
    (model.parent / "__init__.py").touch()
    (model / "meta.json").write_text("{}", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    for state in ("first", "second"):
        (model / "checksums.txt").write_text(state, encoding="utf-8")
        code, printed, _ = run("analyze", file, "-o", out, "-m", "zh_of_a_test", "--resume")
        assert code == 0 and "earlier" not in printed
    assert "earlier" in run("analyze", file, "-o", out, "-m", "zh_of_a_test", "--resume")[1]


@pytest.mark.parametrize("name", ["zh_nothing", "sys", "json"])
def test_a_model_that_is_missing_is_told_before_any_file_is_read(name, run, tmp_path):
    code, _, err = run("analyze", good(tmp_path), "-o", tmp_path / "out", "-m", name)
    assert code == 1 and err.count("\n") == 1 and f"no model '{name}'" in err and not (tmp_path / "out").exists()


def test_an_unfinished_run_is_not_lost_by_other_files(run, tmp_path, monkeypatch):
    folder, out = tmp_path / "in", tmp_path / "out"
    for name in ("a.txt", "b.txt"):
        good(folder, name)
    real = workers.analyze
    monkeypatch.setattr(
        workers,
        "analyze",
        lambda report, nlp: real(report, nlp) if report.id == "a" else exec("raise KeyboardInterrupt"),
    )
    assert run("analyze", folder, "-o", out)[0] == 130
    code, _, err = run("analyze", folder / "b.txt", "-o", out, "--resume")
    assert code == 1 and "1 of the reports" in err and (out / batch.JOURNAL).stat().st_size


@pytest.mark.parametrize(("format", "kept"), [("jsonl", False), ("parquet", False), ("csv", True), ("html", True)])
def test_a_file_that_fails_is_all_that_is_analyzed_again(format, kept, run, tmp_path, monkeypatch):
    """JSONL and Parquet are read back; the other formats keep the journal for it."""
    folder, out = tmp_path / "in", tmp_path / "out"
    good(folder, "a.txt")
    (folder / "b.txt").write_bytes(b"\x00" * 500)
    assert run("analyze", folder, "-o", out, "-f", format)[0] == 1
    assert (out / batch.JOURNAL).exists() is kept
    monkeypatch.setattr(workers, "analyze", None)
    code, printed, err = run("analyze", folder, "-o", out, "-f", format, "--resume")
    assert code == 1 and "1 report (1 from an earlier run)" in printed and err.count("\n") == 2


def test_a_run_that_did_nothing_leaves_nothing(run, tmp_path):
    assert run("analyze", tmp_path / "nothing.txt", "-o", tmp_path / "out")[0] == 1
    assert not list((tmp_path / "out").iterdir())
    (tmp_path / "out" / batch.JOURNAL).touch()  # of a run that was killed before its first report
    assert run("analyze", good(tmp_path), "-o", tmp_path / "out")[0] == 0


@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet", "html"])
def test_a_finished_run_is_not_made_again(format, run, tmp_path, monkeypatch):
    folder, out = tmp_path / "in", tmp_path / "out"
    for name in "ab":
        good(folder, f"{name}.txt")
    assert run("analyze", folder, "-o", out, "-f", format)[0] == 0
    monkeypatch.setattr(workers, "analyze", None)
    code, printed, _ = run("analyze", folder, "-o", out, "-f", format, "--resume")
    assert code == 0 and "2 reports (2 from an earlier run)" in printed


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_resume_after_a_finished_run_writes_what_a_whole_run_would(format, run, tmp_path, monkeypatch):
    folder, out = tmp_path / "in", tmp_path / "out"
    for name in "abcde":
        good(folder, f"{name}.txt")
    (folder / "c.txt").write_text("石桥镇谢谢大家。\n", encoding="utf-8")  # no row in two of the tables
    run("analyze", folder, "-o", out, "-f", format)
    (folder / "a.txt").unlink()
    (folder / "b.txt").write_text(GOOD.replace("5.2", "6.3"), encoding="utf-8")
    good(folder, "d2.txt")
    code, _, err = run("analyze", folder, "-o", out, "-f", format, "--resume")
    assert (
        code == 1
        and err.count("\n") == 1
        and f"these files leave out 1 of the reports of the earlier run (the first: {folder / 'a.txt'})" in err
    )
    code, printed, _ = run("analyze", folder, "-o", out, "-f", format, "--resume", "--overwrite")
    assert code == 0 and "5 reports (3 from an earlier run)" in printed
    run("analyze", folder, "-o", tmp_path / "whole", "-f", format)
    assert outputs(out, format) == outputs(tmp_path / "whole", format)


def test_outputs_that_are_not_of_the_earlier_run_are_not_taken_for_it(run, tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    good(folder, "a.txt")
    (other := tmp_path / "other").mkdir()
    (other / "x.txt").write_text("石桥镇谢谢大家。\n", encoding="utf-8")
    run("analyze", folder, "-o", out)
    run("analyze", other, "-o", out, "-f", "parquet")  # its manifest stands beside that of the JSONL
    _, printed, _ = run("analyze", other, "-o", out, "--resume", "--overwrite")
    assert "earlier" not in printed and [r["id"] for r in records(out)] == ["x"]
    (out / "reports.jsonl").write_text('{"id":"y"}\n', encoding="utf-8")
    _, printed, _ = run("analyze", other, "-o", out, "--resume")
    assert "earlier" not in printed and [r["id"] for r in records(out)] == ["x"]


@pytest.mark.parametrize(
    "account", ["", "[]", '{"jsonl": ["a"]}', '{"jsonl": {"key": "a"}}', '{"jsonl": {"key": ["a"]}}']
)
def test_a_damaged_account_of_the_earlier_run_is_none(account, run, tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    good(folder, "a.txt")
    run("analyze", folder, "-o", out)
    (out / ".govtext-run.json").write_text(account, encoding="utf-8")
    code, printed, _ = run("analyze", folder, "-o", out, "--resume")
    assert code == 0 and "earlier" not in printed and len(records(out)) == 1


def outputs(out, format):
    if format == "jsonl":
        return (out / "reports.jsonl").read_bytes()
    import pyarrow.parquet as pq

    return {path.name: pq.read_table(path).to_pylist() for path in sorted(out.glob("*.parquet"))}


def test_a_killed_run_is_taken_up_where_it_stopped(run, tmp_path, monkeypatch):
    folder, out = tmp_path / "in", tmp_path / "out"
    for name in "abcd":
        good(folder, f"{name}.txt")
    real, seen = workers.analyze, []

    def dies_at_the_third(report, nlp):
        seen.append(report.id)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return real(report, nlp)

    monkeypatch.setattr(workers, "analyze", dies_at_the_third)
    code, _, err = run("analyze", folder, "-o", out)
    assert code == 130 and "--resume" in err
    assert not (out / "reports.jsonl").exists()
    code, _, err = run("analyze", folder, "-o", out)
    assert code == 1 and "unfinished" in err
    journal = out / batch.JOURNAL
    journal.write_bytes(journal.read_bytes() + b'["x:c:00",{"id":"c","te')  # a line cut short by the kill
    monkeypatch.setattr(workers, "analyze", real)
    code, printed, _ = run("analyze", folder, "-o", out, "--resume")
    assert code == 0 and "4 reports (2 from an earlier run)" in printed
    assert [r["id"] for r in records(out)] == list("abcd")
    assert not journal.exists()


def test_a_second_run_into_the_same_folder_is_refused(run, tmp_path):
    fcntl = pytest.importorskip("fcntl")
    file, out = good(tmp_path), tmp_path / "out"
    out.mkdir()
    for option in ("--resume", "--overwrite"):
        with (out / batch.JOURNAL).open("a+b") as journal:
            fcntl.flock(journal, fcntl.LOCK_EX)
            code, _, err = run("analyze", file, "-o", out, option)
        assert code == 1 and err.count("\n") == 1 and "another run is writing there" in err
    assert run("analyze", file, "-o", out, "--overwrite")[0] == 0


def test_a_damaged_journal_is_refused(run, tmp_path):
    file, out = good(tmp_path), tmp_path / "out"
    out.mkdir()
    (out / batch.JOURNAL).write_bytes(b"\x00\x01\n")
    code, _, err = run("analyze", file, "-o", out, "--resume")
    assert code == 1 and err.count("\n") == 1 and "damaged" in err
    assert run("analyze", file, "-o", out, "--overwrite")[0] == 0


def bad_inputs(folder: Path) -> list[Path]:
    """Files and folders that are not reports; each must fail by itself with one clear line."""
    contents = {
        "empty.txt": b"", "blank.txt": b" \n\r\n\t\xe3\x80\x80\n", "binary.txt": bytes(range(256)) * 40,
        "nul.txt": b"\x00" * 500, "zero.docx": b"", "zero.pdf": b"", "zero.html": b"", "not_a_zip.docx": "一、工作".encode(),
        "cut.docx": b"PK\x03\x04" + b"\x00" * 40, "no_text.html": b"<html><script>var a=1</script><body></body></html>",
        "broken.pdf": b"%PDF-1.4\nnothing here", "odd.txt": b"\xff\xfe\x00", "image.txt": b"\x89PNG\r\n\x1a\n" + b"\x00\x01" * 99,
        "old.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "old.wps": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
        "one_line.txt": ("完成投资3亿元，" * 900_000).encode(), "scan.pdf": IMAGE_PDF,
        "table.xlsx": b"PK\x03\x04" + b"\x00" * 40, "really_a.txt": b"%PDF-1.7\n" + b"\x00" * 100, "notes.rtf": b"{\\rtf1 a}",
    }  # fmt: skip
    folder.mkdir()
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    with zipfile.ZipFile(folder / "empty_zip.docx", "w") as z:
        z.writestr("a.txt", "x")
    (folder / "no_reports").mkdir()
    (folder / "folder.txt").mkdir()
    paths = [folder / name for name in contents]
    return [*paths, folder / "empty_zip.docx", folder / "no_reports", folder / "missing.txt"]


def test_files_of_other_kinds_are_counted(run, tmp_path):
    good(tmp_path / "in", "a.txt")
    for name in ("a.jpg", "b.JPG", "c.xlsx", "d.1", "d.2", "d.3", "d.4", "d.5", "d.6", "d.7"):
        (tmp_path / "in" / name).write_bytes(b"x")
    code, _, err = run("analyze", tmp_path / "in", "-o", tmp_path / "out")
    assert code == 0 and "2 .jpg, 1 " in err and err.rstrip().endswith("…")


def test_hostile_inputs_each_give_one_line_and_the_batch_is_finished(run, tmp_path):
    bad = bad_inputs(tmp_path / "bad")
    assert len(bad) >= 20
    first, last = good(tmp_path, "first.txt"), good(tmp_path, "last.txt")
    code, _, err = run("analyze", first, *bad, last, "-o", tmp_path / "out")
    assert code == 1
    assert [r["id"] for r in records(tmp_path / "out")] == ["first", "last"]
    lines = err.splitlines()
    failed = [line for line in lines if line.startswith("failed: ")]
    assert len(failed) == len(bad) and len(lines) == len(bad) + 1
    for path in bad:
        matching = [line for line in failed if f" {path}: " in line]
        assert len(matching) == 1, path
        assert "internal error" not in matching[0], matching


def test_odd_names_are_named_once_in_a_line_each(run, tmp_path):
    for name in ("e  mpty.txt", "new\nline.txt", "bell\a\x1b[31m.txt"):
        try:
            (tmp_path / name).write_bytes(b"")
        except OSError:
            pytest.skip("this disk takes no such names")
    code, _, err = run("analyze", tmp_path, "-o", tmp_path / "out")
    told = err.splitlines()
    assert code == 1 and len(told) == 4 and all(line.count(".txt") == 1 for line in told[:3])
    assert r"new\x0aline.txt: " in err and r"bell\x07\x1b[31m.txt: " in err


def test_no_permission_is_said_clearly(run, tmp_path, monkeypatch):
    file = good(tmp_path)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(gt.GovtextError, match="no permission"):
        gt.read(file)


def test_nothing_to_analyze(run):
    code, _, err = run("analyze")
    assert code == 1 and err.count("\n") == 1 and "--sample" in err


def test_out_is_a_file(run, tmp_path):
    file = good(tmp_path)
    code, _, err = run("analyze", file, "-o", file)
    assert code == 1 and err.count("\n") == 1


def test_a_full_disk_leaves_nothing_half_written(run, tmp_path, monkeypatch):
    from govtext import output

    def full(*_):
        raise OSError(28, "No space left on device")

    file, out = good(tmp_path), tmp_path / "out"
    monkeypatch.setattr(output.Path, "replace", full)
    code, _, err = run("analyze", file, "-o", out)
    assert code == 1 and err.count("\n") == 1 and "No space left" in err
    assert [p.name for p in out.iterdir()] == [batch.JOURNAL]


def test_help_and_models_in_a_real_shell(tmp_path):
    exe = [sys.executable, "-m", "govtext.cli"]
    done = subprocess.run([*exe, "analyze", "--help"], capture_output=True, text=True, check=True)
    assert "--resume" in done.stdout
    done = subprocess.run([*exe, "models"], capture_output=True, text=True, check=True)
    assert "zh_govtext_sm" in done.stdout
    done = subprocess.run([*exe, "analyze", "nothing.txt", "-o", tmp_path / "o"], capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith("failed: nothing.txt: no such file")


def test_compare_prints_pairs_and_writes_csv(run, tmp_path):
    texts = {
        "a.txt": "云山县2021年政府工作报告\n一、2020年工作回顾\n2020年，地区生产总值增长3.1%。\n二、2021年工作安排\n今年，地区生产总值增长7%。\n",
        "b.txt": "云山县2022年政府工作报告\n一、2021年工作回顾\n2021年，地区生产总值增长8.1%。\n二、2022年工作安排\n今年，地区生产总值增长6%。\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    code, out, _ = run("compare", tmp_path / "a.txt", tmp_path / "b.txt")
    assert code == 0 and "目标 → 结果" in out and "+1.1 个百分点" in out
    assert run("compare", tmp_path / "a.txt", tmp_path / "b.txt", "-o", tmp_path / "c.csv")[0] == 0
    assert (tmp_path / "c.csv").read_text(encoding="utf-8-sig").startswith("relation,")
    code, _, err = run("compare", tmp_path / "a.txt", tmp_path / "b.txt", "-o", tmp_path / "c.csv")
    assert code == 1 and err.count("\n") == 1
