"""The command line, run in this process."""

import sys

import pytest

from govtext import cli


@pytest.fixture
def command(monkeypatch, capsys):
    """Run the command line: (exit code, stdout, stderr)."""

    def call(*args):
        monkeypatch.setattr(sys, "argv", ["govtext", *map(str, args)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        return end.value.code or 0, *capsys.readouterr()

    return call
