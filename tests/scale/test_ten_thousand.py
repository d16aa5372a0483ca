"""The large run in small: killed twice, resumed, and the same output."""

import sys
from pathlib import Path

import pytest
from ten_thousand import main

from govtext.resources import sample_paths

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="watches processes in /proc")


def test_a_run_killed_twice_and_resumed_writes_the_same(tmp_path, capsys):
    pytest.importorskip("pyarrow")
    folder = Path(sample_paths()[0]).parent
    code = main([str(folder), "--reports", "18", "--work", str(tmp_path), "--format", "parquet"])
    said = capsys.readouterr().out
    assert code == 0, said
    assert "outputs equal" in said and "a worker killed" in said
