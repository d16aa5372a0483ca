"""Reports as a Parquet file, and what a single process makes of them."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from engines import report

from govtext import arrow

REPORTS = 36
BAD = {"id": "bad", "filename": "bad.pdf", "content": b"%PDF-1.4 cut"}


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    """A Parquet file of reports as texts and as files, one of them damaged."""
    rows = [
        {"id": f"{i:02}", "text": report(i)}
        if i % 2
        else {"id": f"{i:02}", "filename": f"{i}.txt", "content": report(i).encode("gb18030")}
        for i in range(REPORTS)
    ]
    columns = pa.schema(
        [("id", pa.string()), ("text", pa.string()), ("filename", pa.string()), ("content", pa.binary())]
    )
    path = tmp_path_factory.mktemp("reports") / "reports.parquet"
    pq.write_table(pa.Table.from_pylist([*rows, BAD], schema=columns), path, row_group_size=3)
    return path


@pytest.fixture(scope="session")
def expected(reports, nlp):
    """The analyses that a single process makes, by id."""
    found = arrow.analyze_batches(pq.ParquetFile(reports).iter_batches(), model=nlp)
    rows = {row["id"]: row for batch in found for row in batch.to_pylist()}
    assert [id for id, row in rows.items() if row["error"]] == ["bad"]
    return rows


@pytest.fixture(scope="session")
def expected_metrics(reports, nlp):
    """The metrics that a single process finds."""
    found = arrow.analyze_batches(pq.ParquetFile(reports).iter_batches(), model=nlp)
    return [row for batch in arrow.explode(found, "metrics") for row in batch.to_pylist()]
