"""Composed reports, what must be installed, and the processes of an engine to kill."""

import importlib
import os
import runpy
import signal
import time
from pathlib import Path

import pytest


def need(module):
    """The module of an engine; without it the tests are left out on a desk, and fail where GOVTEXT_ENGINES is set, as in .ci/run."""
    return importlib.import_module(module) if os.environ.get("GOVTEXT_ENGINES") else pytest.importorskip(module)


def report(number):
    """A report of some thousand characters that has every kind of thing in it."""
    lines = [f"清屿县2021年政府工作报告（第{number}份）", "一、2021年工作回顾"]
    lines += [
        f"{i + 1}.全年完成固定资产投资{number + i}.5亿元，同比增长{i % 9}.2%，新建云山小学等学校{i + 1}所，县教育局获得表彰。"
        for i in range(60)
    ]
    lines += ["二、2022年工作安排", "今年，地区生产总值增长7%以上，新增就业3000人，建成东溪水库除险加固工程。"]
    return "\n".join(lines)


def job(name):
    """The ``main`` of a script that the docs show."""
    return runpy.run_path(str(Path(__file__).parents[2] / "docs" / "howto" / "jobs" / f"{name}.py"))["main"]


def by_report(rows):
    """Rows of a flat table in the order of their place in the reports."""
    return sorted(rows, key=lambda row: (row["report"], row["start"], row["end"]))


def processes(*words, below=None):
    """Ids of the living processes whose command line has all the words, below the process ``below`` (this one if None)."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if all(word in command for word in words) and (below or os.getpid()) in ancestors(int(folder.name)):
            found.append(int(folder.name))
    return found


def ancestors(pid):
    """The process and all that it descends from."""
    line = []
    while pid > 1:
        line.append(pid)
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            break
    return line


def kill(pid):
    """End a process as a machine that fails does."""
    os.kill(pid, signal.SIGKILL)


def wait_until(condition, *, seconds, what):
    """Wait for something true and give it back."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise TimeoutError(f"not within {seconds} seconds: {what}")
