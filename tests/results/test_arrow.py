"""Arrow batches: the same analyses as one by one, errors as a column, and the schema as its page describes it."""

import json
import os
import re
from decimal import Decimal
from pathlib import Path

import pytest

import govtext as gt
from govtext import tables
from govtext.annotations import metric_json, to_record
from govtext.errors import DataError, MissingExtraError, ReadError
from govtext.resources import sample_paths
from govtext.types import Metric

pa = pytest.importorskip("pyarrow")
from govtext import arrow  # noqa: E402 - needs pyarrow

PAGE = Path(__file__).parents[2] / "docs" / "concepts" / "arrow.md"
GOOD = "清屿县2021年工作总结\n一、经济发展\n全年完成固定资产投资{}亿元，同比增长5.2%。\n"


def record_of(doc):
    """The record as it is read back from JSON."""
    return json.loads(json.dumps(to_record(doc)))


def batch(rows):
    return pa.RecordBatch.from_pylist(rows)


def test_analyses_equal_those_of_single_reports(nlp, samples):
    found = list(arrow.records(arrow.analyze_batches(arrow.read_files(sample_paths()), model=nlp)))
    expected = [record_of(doc) for doc in samples]
    for record, single in zip(found, expected, strict=True):
        assert record == {**single, "id": record["id"]}
    assert [r["id"] for r in found] == [path.as_posix() for path in sample_paths()]


def test_reasons_of_domains_come_back(nlp):
    tagger = nlp.get_pipe("govtext_domains")
    tagger.reasons = 3
    try:
        expected = record_of(gt.analyze(gt.parse_report(GOOD.format(3), id="a"), nlp))
        (found,) = arrow.records(arrow.analyze_batches([batch([{"id": "a", "text": GOOD.format(3)}])], model=nlp))
    finally:
        tagger.reasons = 0
    assert found == expected and found["sentences"][-1]["reasons"]


def test_flat_tables_equal_the_pandas_tables(nlp, samples):
    rows = [{"id": p.stem, "filename": p.name, "content": p.read_bytes()} for p in sample_paths()]
    analyses = list(arrow.analyze_batches([batch(rows)], model=nlp))
    for table in tables.TABLES:
        found = pa.Table.from_batches(arrow.explode(analyses, table), arrow.schema(table))
        expected = [row for doc in samples for row in tables.rows(table, to_record(doc))]
        assert found.to_pylist() == [{c: row.get(c) for c in tables.COLUMNS[table]} for row in expected]


def test_order_is_kept_and_batches_are_small(nlp):
    inputs = [batch([{"id": f"{i}-{j}", "text": GOOD.format(j)} for j in range(5)]) for i in range(3)]
    seen = []

    def watched():
        for one in inputs:
            seen.append(one)
            yield one

    results = arrow.analyze_batches(watched(), model=nlp, batch_size=2)
    first = next(results)
    assert len(seen) == 1  # nothing is read ahead
    found = [first, *results]
    assert [b.num_rows for b in found] == [2] * 7 + [1]
    assert [id for b in found for id in b["id"].to_pylist()] == [f"{i}-{j}" for i in range(3) for j in range(5)]


def test_a_row_that_fails_is_an_error_and_the_others_go_on(nlp, monkeypatch):
    rows = [
        {"id": "good", "text": GOOD.format(1)},
        {"id": "null"},
        {"id": "blank", "text": " \n"},
        {"id": "damaged", "content": b"%PDF-1.4 cut", "filename": "in/a.pdf"},
        {"id": None, "content": b"", "filename": "in/empty.txt"},
        {"id": "earlier", "content": None, "error": "cannot be read (No such device)"},
        {"id": "line", "text": "完成投资3亿元，" * 200_000},
        {"id": "odd", "text": "这里出错"},
        {"id": "spoken", "text": GOOD.format(3), "error": ""},
        {"id": 7, "text": GOOD.format(2)},
    ]
    real = arrow.analyze

    def fails_on_one(report, nlp):
        if "出错" in report.text:
            raise RuntimeError("broken\nbadly")
        return real(report, nlp)

    monkeypatch.setattr(arrow, "analyze", fails_on_one)
    columns = ("id", "text", "content", "filename", "error")
    rows = [{c: (str(row[c]) if c == "id" and row[c] else row.get(c)) for c in columns} for row in rows]
    (found,) = arrow.analyze_batches([batch(rows)], model=nlp)
    errors = dict(zip(found["id"].to_pylist(), found["error"].to_pylist(), strict=True))
    assert [id for id, error in errors.items() if error is None] == ["good", "spoken", "7"]
    ids = ["good", "null", "blank", "damaged", "in/empty.txt", "earlier", "line", "odd", "spoken", "7"]
    assert list(errors) == ids
    assert "no text" in errors["null"] and "no text" in errors["blank"]
    assert errors["damaged"].startswith("the PDF is damaged") and "empty" in errors["in/empty.txt"]
    assert errors["earlier"] == "cannot be read (No such device)"
    assert "1,600,000 characters" in errors["line"]
    assert errors["odd"] == "internal error: RuntimeError: broken badly; please report it with the file"
    assert not any("\n" in error for error in errors.values() if error)
    failed = found.slice(1, 1).to_pylist()[0]
    assert [v for k, v in failed.items() if k not in ("id", "error")] == [None] * 7
    assert [r["id"] for r in arrow.records([found])] == ["good", "spoken", "7"]
    assert [b.num_rows for b in arrow.explode([found], "reports")] == [3]


def test_columns_may_have_other_names(nlp):
    rows = batch([{"url": "u1", "body": GOOD.format(1), "other": 3}])
    (found,) = arrow.analyze_batches([rows], model=nlp, id="url", text="body")
    assert found["id"].to_pylist() == ["u1"] and found["error"].to_pylist() == [None]
    with pytest.raises(DataError, match=r"text=.*url, body, other"):
        list(arrow.analyze_batches([rows], model=nlp))
    with pytest.raises(DataError, match="id="):
        list(arrow.analyze_batches([rows], model=nlp, text="body"))


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("text", [b"a"], "'text' holds binary, not texts: .*content="),
        ("text", [["a"]], "'text' holds list<"),
        ("content", ["a"], "'content' holds string, not the bytes of files: .*text="),
        ("filename", [b"a"], "'filename' holds binary"),
        ("id", [b"a"], "'id' holds binary"),
    ],
)
def test_columns_of_other_types_are_refused(column, values, words, nlp):
    rows = {"id": ["1"], "text": ["a"], column: values}
    with pytest.raises(DataError, match=words):
        list(arrow.analyze_batches([pa.RecordBatch.from_pydict(rows)], model=nlp))


def test_an_error_that_is_no_message_is_none(nlp):
    rows = batch([{"id": "a", "text": GOOD.format(1), "error": False}])
    assert [b["error"].to_pylist() for b in arrow.analyze_batches([rows], model=nlp)] == [[None]]


def test_files_of_one_name_in_several_folders_have_different_ids(nlp):
    names = ["file:/d/2021/工作报告.txt", "file:/d/2022/工作报告.txt", "file:/d/2022/工作报告.html"]
    rows = batch([{"path": name, "content": GOOD.format(1).encode()} for name in names])
    (found,) = arrow.analyze_batches([rows], model=nlp, filename="path")
    assert found["id"].to_pylist() == names and found["error"].to_pylist() == [None] * 3


def test_other_arrow_types_are_taken(nlp):
    text = pa.array([GOOD.format(1), None, GOOD.format(2)], pa.large_string()).dictionary_encode()
    one = pa.RecordBatch.from_arrays([pa.array([1, 2, 3]), text], ["id", "text"])
    (found,) = arrow.analyze_batches([one.slice(1)], model=nlp)
    assert found["id"].to_pylist() == ["2", "3"] and found["error"][1].as_py() is None


def test_numbers_beyond_exact_floats_are_taken():
    metric = metric_json(
        Metric(0, 1, value=Decimal(2**53 + 1), value_max=Decimal("1e40"), canonical_value=Decimal("0.1"))
    )
    record = {"id": "a", "text": "1", "meta": {"place": None}, "sections": [], "sentences": []}
    record["entities"] = [
        {
            "start": 0,
            "end": 1,
            "label": "METRIC",
            "text": "1",
            "metric": metric,
            "place": None,
            "organization": None,
            "project": None,
        }
    ]
    (row,) = arrow.flat_batch([record], "metrics").to_pylist()
    assert (row["value"], row["value_max"], row["canonical_value"]) == (float(2**53 + 1), 1e40, 0.1)


def test_folders_are_read_and_files_that_cannot_be_read_are_errors(tmp_path):
    (tmp_path / "a.txt").write_text(GOOD.format(1), encoding="utf-8")
    with (tmp_path / "huge.txt").open("wb") as file:
        file.truncate(2**30)  # sparse
    found = [row for b in arrow.read_files([tmp_path, tmp_path / "missing.txt"], batch_size=1) for row in b.to_pylist()]
    assert [row["filename"] for row in found] == [
        (tmp_path / n).as_posix() for n in ("a.txt", "huge.txt", "missing.txt")
    ]
    assert found[0]["content"] == GOOD.format(1).encode() and found[0]["error"] is None
    assert [row["error"] for row in found[1:]] == [
        "1024 MiB is more than the limit of 64 MiB; split the file",
        "no such file",
    ]
    with pytest.raises(ReadError):
        list(arrow.read_files([tmp_path / "nothing"] if (tmp_path / "nothing").mkdir() is None else []))


def test_a_batch_of_files_ends_by_number_or_by_size(tmp_path, monkeypatch):
    for i in range(6):
        (tmp_path / f"{i}.txt").write_bytes(b"x" * (i + 1))
    assert [b.num_rows for b in arrow.read_files([tmp_path], batch_size=4)] == [4, 2]
    monkeypatch.setattr(arrow, "MAX_BYTES", 6)
    assert [b.num_rows for b in arrow.read_files([tmp_path])] == [3, 2, 1]


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX systems only")
def test_names_that_are_no_text_stay_apart(tmp_path):
    names = [os.fsdecode(name.encode("gb18030")) for name in ("工作.txt", "总结.txt")]
    try:
        for name in names:
            (tmp_path / name).write_text(GOOD.format(1), encoding="utf-8")
    except OSError:
        pytest.skip("this disk takes no such name")
    (found,) = arrow.read_files([tmp_path])
    assert len({*found["filename"].to_pylist()}) == 2 and found["error"].to_pylist() == [None, None]


def test_a_parquet_file_keeps_analyses_and_version(tmp_path, nlp):
    import pyarrow.parquet as pq

    found = pa.Table.from_batches(
        arrow.analyze_batches([batch([{"id": "a", "text": GOOD.format(1)}])], model=nlp), arrow.schema()
    )
    pq.write_table(found, tmp_path / "analyses.parquet")
    back = pq.read_table(tmp_path / "analyses.parquet")
    assert back.equals(found) and back.schema.metadata[b"govtext.schema"] == str(arrow.VERSION).encode()
    assert len(tables.metrics(arrow.records(back.to_batches()))) == 2


def test_unknown_table_lists_the_known_ones():
    with pytest.raises(DataError, match="analyses, reports, sections"):
        arrow.schema("words")
    with pytest.raises(DataError):
        list(arrow.explode([], "words"))


def test_missing_pyarrow_names_the_install_command(monkeypatch):
    import importlib
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "govtext.arrow")
    with pytest.raises(MissingExtraError, match=r"govtext\[parquet\]"):
        importlib.import_module("govtext.arrow")


def leaves(columns, prefix=""):
    """(path, type) of every column, those inside lists and structs included, as the page writes them."""
    for column in columns:
        kind, path = column.type, prefix + column.name
        if pa.types.is_list(kind):
            kind, path = kind.value_type, path + "[]"
        if pa.types.is_struct(kind):
            yield from leaves([kind.field(i) for i in range(kind.num_fields)], path + ".")
        else:
            yield path, str(kind)


def test_the_page_has_every_column_and_its_type():
    parts = re.split(r"^## `(\w+)`.*$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    described = {
        name: re.findall(r"^\| `([^`]+)` \| (\w+) \| \S", body, flags=re.MULTILINE)
        for name, body in zip(parts[1::2], parts[2::2], strict=True)
    }
    assert described == {table: list(leaves(arrow.schema(table))) for table in (arrow.ANALYSES, *tables.TABLES)}
    assert f"版本 {arrow.VERSION}" in parts[0]


def test_a_change_of_the_schema_raises_its_version():
    """Columns may be added to a version; one that goes or changes its type makes a new version (and a new line in the file)."""
    path = Path(__file__).parents[1] / "specs" / "arrow_schema.jsonl"
    versions = {
        row["version"]: row["columns"] for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    }
    now = {f"{t}.{p}": kind for t in (arrow.ANALYSES, *tables.TABLES) for p, kind in leaves(arrow.schema(t))}
    assert max(versions) == arrow.VERSION
    assert {k: now.get(k) for k in versions[arrow.VERSION]} == versions[arrow.VERSION]
