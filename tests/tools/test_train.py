"""``govtext train``: settings, splits, interruptions, what goes wrong, and a recogniser trained on from its shipped weights."""

import errno
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import srsly
from confection import Config

import govtext as gt
from govtext.checksums import verify_checksums
from govtext.errors import DataError, OutputError
from govtext.resources import example_path
from govtext.training import run as training_run
from govtext.training.card import write_training_card
from govtext.training.config import default_config, parse_overrides, read_config
from govtext.training.data import raw_sentences, read_data
from govtext.training.fitting import write_arrays
from govtext.training.model import replace_folder, save_model
from govtext.training.parts import choose_parts, named_texts
from govtext.training.run import train
from govtext.training.workspace import Workspace

EXAMPLE = example_path()


NAMED = {"entities": [{"start": 1, "end": 7, "label": "ORG"}]}
SILVER = {"source": "weak", "annotated": ["names"], "weight": 0.2}


def sentence(doc, number, text="青石县水务局完成清河治理工程。", **more):
    text = f"{number}{text}"
    return {"id": f"{doc}:{number}", "doc": doc, "start": 0, "end": len(text), "text": text, **more}


def write_corpus(path, docs=("a", "b", "c"), **more):
    entities = [{"start": 1, "end": 7, "label": "ORG"}]
    texts = {"a": "青石县水务局治理清河。", "b": "云溪市水务局新建堤防。", "c": "望江县水务局修复水库。"}
    rows = [sentence(doc, n, texts[doc], entities=entities, **more) for doc in docs for n in range(3)]
    srsly.write_jsonl(path, rows)
    return path


# settings


def test_default_config_is_complete_and_explained():
    config = read_config()
    assert config.training.base == "zh_govtext_sm"
    lines = default_config().splitlines()
    sections = [line for line in lines if line.startswith("[")]
    assert sections == ["[vars]", "[paths]", "[training]", "[entities]", "[domains]", "[words]"]


def test_a_file_changes_some_settings_and_options_win(tmp_path):
    path = tmp_path / "mine.cfg"
    path.write_text('[vars]\ndata = "there"\n[paths]\ncorpus = ${vars.data}/a.jsonl\n[entities]\nepochs = 3\n', "utf-8")
    config = read_config(path, {"entities.rate": 0.5, "vars.data": "elsewhere"})
    assert config.paths.corpora == ["elsewhere/a.jsonl"]
    assert (config.entities.epochs, config.entities.rate, config.entities.patience) == (3, 0.5, 3)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[entities]\nepoch = 3\n", "[entities] has no key 'epoch'"),
        ("[names]\nepochs = 3\n", "no section [names]"),
        ("[entities]\nepochs = 0\n", "[entities] epochs"),
        ('[entities]\nepochs = "many"\n', "[entities] epochs"),
        ("[paths]\ncorpus = ${vars.nothing}/a\n", "not a training config"),
        ("epochs = 3\n", "not a training config"),
        ("[words]\nrounds = 3\nrounds = 4\n", "already exists"),
        ("[words]\nrounds = 3\n[words]\nsilver = 4\n", "already exists"),
        ("[paths]\ncorpus = ${\n", "not a training config"),
        ("[paths]\ncorpus = ${paths.corpus}\n", "not a training config"),
        ("[training]\nseed = -1\n", "[training] seed"),
        ("[training]\nversion = 0.10\n", "needs quotes"),
        ('[paths]\ncorpus = "C:\\new\\train.jsonl"\n', "[paths] corpus: write texts as JSON"),
        ('[paths]\ncorpus = ["C:\\Users\\train.jsonl"]\n', "[paths] corpus: write texts as JSON"),
        ('[paths]\nreports = "reports"  # of 2023\n', "[paths] reports: write texts as JSON"),
        ("[paths]\nreports = 'reports'\n", "[paths] reports: write texts as JSON"),
    ],
)
def test_wrong_settings_are_named_in_one_line(tmp_path, text, told):
    path = tmp_path / "mine.cfg"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as error:
        read_config(path)
    assert told in str(error.value) and "mine.cfg" in str(error.value)


def test_a_config_that_powershell_has_written_is_named(tmp_path):
    (tmp_path / "mine.cfg").write_text(default_config(), encoding="utf-16")
    with pytest.raises(DataError, match="not UTF-8; save it as UTF-8"):
        read_config(tmp_path / "mine.cfg")


def test_options_of_the_command_line():
    assert parse_overrides(["--a.b", "[1, 2]", "--c.d=x=y", "--e.f", "null"]) == {
        "a.b": [1, 2],
        "c.d": "x=y",
        "e.f": None,
    }
    digits = parse_overrides(
        ["--paths.reports=2023", "--paths.corpus=2024", "--training.version=0.10", "--training.seed=2"]
    )
    config = read_config(overrides=digits)
    assert (config.paths.reports, config.paths.corpora) == ("2023", ["2024"])
    assert (config.training.version, config.training.seed) == ("0.10", 2)
    for wrong in (["--a.b"], ["file.cfg"], ["--verbose"], ["--paths.corpus=a", "--paths.corpus=b"]):
        with pytest.raises(DataError):
            parse_overrides(wrong)


@pytest.mark.parametrize(
    ("parts", "scores", "told"),
    [
        (("words", "entities"), "| x |", "set aside, by which the best result was chosen, too"),
        (("words",), "| x |", "Measured on documents that were set aside:"),
        (("domains",), "", "Not measured"),
    ],
)
def test_a_card_says_what_its_scores_are(parts, scores, told):
    assert told in write_training_card("zh_mine", "1", base="zh_old", parts=parts, kept=(), afresh=False, scores=scores)


# data


def data_of(**settings):
    return read_data(read_config(overrides=settings))


def test_documents_stay_whole_and_raw_text_is_neither_annotated_nor_measured_on():
    data = data_of(**{"paths.corpus": str(EXAMPLE / "train.jsonl"), "paths.reports": str(EXAMPLE / "reports")})
    assert not {e.doc for e in data.train} & {e.doc for e in data.dev}
    assert data.dev and data.layouts
    raw = raw_sentences(data, limit=50, seed=1)
    assert len(raw) == 50 == len({text for text, _ in raw})
    assert not {text for text, _ in raw} & {e.text for e in (*data.train, *data.dev)}
    assert raw == raw_sentences(data, limit=50, seed=1)


def test_a_leak_is_refused_with_the_names(tmp_path):
    train_path, dev_path = write_corpus(tmp_path / "train.jsonl"), write_corpus(tmp_path / "dev.jsonl", docs=("b",))
    with pytest.raises(DataError, match="b on both sides"):
        data_of(**{"paths.corpus": str(train_path), "paths.dev": str(dev_path)})
    rows = list(srsly.read_jsonl(dev_path))
    srsly.write_jsonl(dev_path, [row | {"doc": "copy"} for row in rows])
    with pytest.raises(DataError, match="b and copy"):
        data_of(**{"paths.corpus": str(train_path), "paths.dev": str(dev_path)})
    srsly.write_jsonl(tmp_path / "extra.jsonl", [{"doc": "b", "text": "清河", "entities": []}])
    with pytest.raises(DataError, match="set aside"):
        data_of(**{
            "paths.corpus": str(write_corpus(train_path, docs=("a",))), "paths.dev": str(write_corpus(dev_path, docs=("b",))),
            "entities.extra": [str(tmp_path / "extra.jsonl")],
        })  # fmt: skip


def test_silver_labels_are_learned_from_and_never_measured_on(tmp_path):
    gold = write_corpus(tmp_path / "gold.jsonl")
    rows = list(srsly.read_jsonl(gold))
    moved = [row | {"start": 90, "end": 90 + len(row["text"])} for row in rows]
    copies = [row | {"doc": f"copy of {row['doc']}"} for row in rows]
    silver = [row | SILVER for row in [*rows, *moved, *copies, sentence("d", 1, "望江县水务局清淤。", **NAMED)]]
    srsly.write_jsonl(tmp_path / "silver.jsonl", silver)
    corpora = {"paths.corpus": [str(gold), str(tmp_path / "silver.jsonl")]}
    data = data_of(**corpora)
    (measured,) = {e.doc for e in data.dev}
    assert not any("source" in e.meta for e in data.dev)
    learned = [e.doc for e in data.train if "source" in e.meta]
    others = [doc for doc in "abc" if doc != measured]
    assert learned == [
        *(doc for doc in others for _ in range(3)),
        *(f"copy of {doc}" for doc in others for _ in range(3)),
        "d",
    ]
    with pytest.raises(DataError, match="holds silver labels"):
        data_of(**{"paths.corpus": str(gold), "paths.dev": str(tmp_path / "silver.jsonl")})
    with pytest.raises(DataError, match="two documents"):
        data_of(**{"paths.corpus": str(tmp_path / "silver.jsonl")})


def test_segmented_sentences_are_not_both_learned_and_measured_on(tmp_path):
    lines = [f"第{n} 件 事 已经 办完 。" for n in range(40)]
    for name, some in (("learned", lines[:20]), ("held_out", lines[19:])):
        (tmp_path / name).write_text("\n".join(some), encoding="utf-8")
    settings = {"words.segmented": str(tmp_path / "learned")}
    assert data_of(**settings, **{"words.held_out": str(tmp_path / "held_out")}).train == []
    with pytest.raises(DataError, match="20 of its sentences stand in"):
        data_of(**settings, **{"words.held_out": str(tmp_path / "learned")})


def test_a_corpus_of_a_format_that_is_not_found_out(tmp_path):
    path = str(write_corpus(tmp_path / "labelled"))
    with pytest.raises(DataError, match="name the format"):
        data_of(**{"paths.corpus": path})
    assert data_of(**{"paths.corpus": path, "paths.format": "jsonl"}).dev


def test_reports_of_some_documents_only_are_no_layout(tmp_path):
    corpora = [write_corpus(tmp_path / f"{docs}.jsonl", docs=docs) for docs in ("ab", "c")]
    for doc in "ab":
        rows = [row for row in srsly.read_jsonl(corpora[0]) if row["doc"] == doc]
        (tmp_path / f"{doc}.txt").write_text(rows[0]["text"], encoding="utf-8")
    settings = {"paths.corpus": [str(path) for path in corpora], "paths.reports": str(tmp_path)}
    srsly.write_jsonl(corpora[0], [row for row in srsly.read_jsonl(corpora[0]) if row["id"].endswith(":0")])
    layouts = [
        (bool(data.layouts), {e.doc for e in data.dev} <= {*"ab"})
        for data in (data_of(**settings, **{"training.seed": n}) for n in range(9))
    ]
    assert set(layouts) == {(True, True), (False, False)}


def test_metrics_count_as_unknown_where_none_is_annotated(tmp_path):
    data = data_of(**{"paths.corpus": str(write_corpus(tmp_path / "a.jsonl"))})
    assert not any(example.complete for example in named_texts(data.train))
    data = data_of(**{"paths.corpus": str(EXAMPLE / "train.jsonl")})
    assert all(example.complete for example in named_texts(data.train))


@pytest.mark.parametrize(
    ("files", "weights"),
    [
        ([{"a": [NAMED, {}]}], [1, 1]),
        ([{"a": [NAMED]}, {"b": [{}]}], [1]),  # a file without a name
        ([{"a": [NAMED, *[{}] * 29]}], [1] * 30),
        ([{"a": [NAMED], "b": [{}] * 30}], [1]),  # a long document without an entity
        ([{"a": [NAMED, {"annotated": ["domains", "status"]}]}], [1]),
        ([{"a": [NAMED]}, {"b": [{"annotated": ["names"]}]}], [1, 1]),
        ([{"a": [NAMED]}, {"b": [{**SILVER, "annotated": ["domains"], "domains": ["urban"]}]}], [1]),
        ([{"a": [NAMED]}, {"b": [{**SILVER, **NAMED}]}], [1, 0.2]),
    ],
)
def test_names_are_learned_from_sentences_in_which_they_are_annotated(tmp_path, files, weights):
    for number, docs in enumerate(files):
        rows = [
            sentence(d, n, "青石县水务局治理清河。", **row) for d, found in docs.items() for n, row in enumerate(found)
        ]
        srsly.write_jsonl(tmp_path / f"{number}.jsonl", rows)
    corpora = [str(path) for path in sorted(tmp_path.iterdir())]
    data = data_of(**{"paths.corpus": corpora, "training.dev_share": 0.0})
    assert [example.weight for example in named_texts(data.train)] == weights


@pytest.mark.parametrize(
    ("more", "parts"),
    [
        ({}, ("entities",)),
        ({"domains": ["urban"], "annotated": ["domains"]}, ("domains",)),
        ({"status": "other"}, ("entities", "domains")),
    ],
)
def test_the_parts_that_there_is_data_for_are_trained(tmp_path, more, parts):
    config = read_config(overrides={"paths.corpus": str(write_corpus(tmp_path / "a.jsonl", **more))})
    assert choose_parts(config, read_data(config), ()) == parts


def test_an_unknown_layer_of_annotation_is_named(tmp_path):
    path = write_corpus(tmp_path / "a.jsonl", annotated=["entities"])
    with pytest.raises(DataError, match="sentence a:0: 'annotated' must be a list of some of names, metrics"):
        data_of(**{"paths.corpus": str(path)})


def test_what_a_run_depends_on_is_content_and_not_its_place(tmp_path):
    def dependencies(path, **settings):
        return training_run._dependencies(read_config(overrides={"paths.corpus": str(path), **settings}), ["entities"])

    first, second = write_corpus(tmp_path / "a.jsonl"), write_corpus(tmp_path / "b.jsonl", docs=("a", "b"))
    assert dependencies(first) != dependencies(second)
    (tmp_path / "there").mkdir()
    there = write_corpus(tmp_path / "there" / "a.jsonl")
    assert dependencies(first) == dependencies(there)
    assert dependencies(first) != dependencies(first, **{"entities.epochs": 3})


def test_a_model_holds_no_path_of_the_machine(tmp_path):
    paths = {
        "words.segmented": "/home/zhang/a.txt",
        "words.held_out": "/home/zhang/b.txt",
        "training.provenance": "/home/zhang/c.md",
    }
    lists = {"paths.corpus": ["/home/zhang/d.jsonl"], "entities.extra": ["/home/zhang/e.txt"]}
    models = {"training.base": "/home/zhang/zh_mine", "entities.teacher": "/home/zhang/zh_large"}
    config = read_config(overrides={**paths, **lists, **models})
    settings = training_run._published(config)
    assert "zhang" not in json.dumps(settings)
    assert (settings["training"]["base"], settings["entities"]["teacher"]) == ("zh_mine", "zh_large")
    written = tmp_path / "training.cfg"
    written.write_text(Config(settings).to_str(), encoding="utf-8")
    assert read_config(written).entities.extra == []


# what goes wrong is one line and exit code 1


LONG = sentence("a", 1, "水" * 100_000)
OVERLAP = [{"start": 1, "end": 4, "label": "PLACE"}, {"start": 1, "end": 7, "label": "ORG"}]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "is empty"),
        ([sentence("a", 1), sentence("b", 1, "云溪市新建堤防。")], "no names"),
        ([LONG], "100,001 characters"),
        ([sentence("a", 1, entities=[{"start": 1, "end": 4, "label": "POLICY"}])], "no label 'POLICY'"),
        ([sentence("a", 1, entities=OVERLAP)], "overlap"),
        ([sentence("a", 1, entities=[{"start": 1, "end": 4, "label": "PLACE", "text": "云溪市"}])], "云溪市"),
        ([sentence("a", 1, entities=[{"start": 1, "end": 4, "label": "PLACE"}])], "two documents"),
    ],
)
def test_a_bad_corpus_is_one_line(command, tmp_path, rows, told):
    srsly.write_jsonl(tmp_path / "bad.jsonl", rows)
    code, _, err = command("train", "entities", "--paths.corpus", tmp_path / "bad.jsonl", "-o", tmp_path / "zh_new")
    assert code == 1 and told in err and err.startswith("govtext: ") and err.count("\n") == 1
    assert not (tmp_path / "zh_new").exists()


@pytest.mark.parametrize(
    ("setting", "name", "content", "told"),
    [
        ("entities.extra", "a.jsonl", {"doc": "z", "text": "在青石县水务局", "entities": OVERLAP}, "overlap"),
        ("entities.extra", "a.jsonl", {"doc": "z", "text": "在青石县水务局"}, "line 1: no 'entities'"),
        ("entities.extra", "a.jsonl", {"doc": "z", "start": 3, "end": 1, "sha256": "", "entities": []}, "no stretch"),
        ("entities.extra", "a.jsonl", {"doc": "z", "text": "在青石县水务局", "entities": "x"}, "must be a list"),
        ("entities.extra", "a.txt", "在[P 青石县水务局。", "line 1: no mark"),
        ("domains.extra", "a.jsonl", {"doc": "z", "start": 0, "end": 3, "domains": ["urban"]}, "line 1: no 'sha256'"),
        ("domains.composed", "a.tsv", "doc\tdomains\tstatus\ttext\na\turban", "has no 'text'"),
        (
            "domains.composed",
            "a.tsv",
            "doc\tdomains\tstatus\ttext\na\tfarming\tother\t建设水库。",
            "no domain 'farming'",
        ),
        ("training.provenance", "b.md", "", "cannot be read"),
        ("training.provenance", "b.md", "水利报告".encode("gbk"), "b.md: not UTF-8"),
    ],
)
def test_bad_further_files_are_one_line(command, tmp_path, setting, name, content, told):
    corpus, path = write_corpus(tmp_path / "corpus.jsonl", domains=["urban"]), tmp_path / name
    if content:
        text = json.dumps(content) if isinstance(content, dict) else content
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    value = json.dumps(str(path) if setting.startswith("training") else [str(path)])
    options = ("--paths.corpus", corpus, f"--{setting}", value, "--training.dev_share", "0")
    code, _, err = command(
        "train", setting.partition(".")[0].replace("training", "all"), *options, "-o", tmp_path / "zh_new"
    )
    assert code == 1 and told in err and err.count("\n") == 1
    assert not list(tmp_path.glob("*zh_new*"))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["entities"], "paths.out"),
        (["entities", "-o", "zh_new"], "paths.corpus"),
        (["words", "-o", "zh_new"], "words.segmented"),
        (["all", "-o", "zh_new", "--paths.corpus", "nowhere.jsonl"], "nowhere.jsonl: no such file"),
        (["all", "missing.cfg"], "missing.cfg"),
        (["all", "-o", "zh_new", "--entities.epoch", "3"], "no key 'epoch'"),
    ],
)
def test_what_is_missing_is_named(command, tmp_path, monkeypatch, arguments, told):
    monkeypatch.chdir(tmp_path)
    code, _, err = command("train", *arguments)
    assert code == 1 and told in err and err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_no_model_is_left_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.docx").write_bytes(b"x")
    with pytest.raises(OutputError, match="no model folder"):
        train(parts=["entities"], overrides={"paths.out": str(tmp_path / "mine")}, overwrite=True)
    assert (tmp_path / "mine" / "thesis.docx").exists()


def test_stopping_by_hand_tells_how_to_go_on(command, tmp_path, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(training_run, "train", stopped)
    code, _, err = command("train", "all", "-o", tmp_path / "zh_new")
    assert code == 130 and "goes on" in err


def test_without_torch_the_extra_is_named(command, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    corpus = write_corpus(tmp_path / "a.jsonl")
    code, _, err = command("train", "entities", "--paths.corpus", corpus, "-o", tmp_path / "zh_new")
    assert code == 1 and "pip install 'govtext[train]'" in err and err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl"]


# the workspace


class Thing:
    def __init__(self, value):
        self.value = value

    def to_disk(self, path):
        Path(path).mkdir()
        (Path(path) / "value").write_text(self.value)

    @classmethod
    def from_disk(cls, path):
        return cls((Path(path) / "value").read_text())


def test_a_finished_stage_is_not_trained_again(tmp_path):
    made = []
    for _ in range(2):
        workspace = Workspace(tmp_path / "zh_new", {"a": 1})
        assert workspace.stage("thing", Thing, lambda: made.append(1) or Thing("x")).value == "x"
    assert made == [1]
    with pytest.raises(DataError, match=r"other settings \(a\).*--restart"):
        Workspace(tmp_path / "zh_new", {"a": 2})
    workspace = Workspace(tmp_path / "zh_new", {"a": 2}, restart=True)
    assert workspace.stage("thing", Thing, lambda: Thing("y")).value == "y"
    workspace.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_line_and_leaves_what_was_there(nlp, tmp_path, monkeypatch):
    out = tmp_path / "zh_old"
    save_model(nlp, out, name="zh_old", version="1", card="old", metrics={})
    before = sorted(p.name for p in tmp_path.iterdir())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))  # files cannot grow beyond
    try:
        with pytest.raises(OutputError, match="cannot be written"):
            save_model(nlp, out, name="zh_old", version="2", card="new", metrics={})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    verify_checksums(out)
    assert (out / "README.md").read_text() == "old" and sorted(p.name for p in tmp_path.iterdir()) == before

    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
    try:
        with pytest.raises(OutputError, match="cannot be written"):
            write_arrays(tmp_path / "fit.npz", {"weights": np.zeros(1_000_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert sorted(p.name for p in tmp_path.iterdir()) == before

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(OutputError, match="No space left"):
        Workspace(tmp_path / "zh_new", {})


@pytest.mark.parametrize("swap", [True, False])
def test_a_folder_is_replaced_in_one_step_where_the_system_can(tmp_path, monkeypatch, swap):
    from govtext.training import model

    if not swap:
        monkeypatch.setattr(model, "_exchange", lambda *_: False)
    for name in ("new", "out"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    replace_folder(tmp_path / "new", tmp_path / "out")
    assert [p.relative_to(tmp_path).as_posix() for p in sorted(tmp_path.rglob("*"))] == ["out", "out/new"]


SAVING = """
import sys
from pathlib import Path
import spacy
from govtext.training.model import save_model

out = Path(sys.argv[1])
for i in range(100_000):
    save_model(spacy.blank("zh"), out, name=out.name, version=str(i), card="x" * 10_000, metrics={})
    print(i, flush=True)
"""


def test_killed_while_saving_leaves_a_whole_model(tmp_path):
    out = tmp_path / "zh_new"
    for delay in (0.0, 0.01, 0.02):
        with subprocess.Popen([sys.executable, "-c", SAVING, out], stdout=subprocess.PIPE, text=True) as process:
            process.stdout.readline()  # the first is written, and the second under way
            time.sleep(delay)
            process.kill()
        verify_checksums(out)
        assert json.loads((out / "meta.json").read_text(encoding="utf-8"))["name"] == "new"


# names


@pytest.fixture(scope="module")
def torch():
    pytest.importorskip("onnx")
    return pytest.importorskip("torch", reason="needs torch, which the extra [train] brings")


@pytest.mark.train
@pytest.mark.parametrize("model", ["zh_govtext_sm", "zh_govtext_lg"])
def test_the_rebuilt_network_gives_the_same_scores(torch, model):
    from govtext.training.finetune import NetworkEncoder, export
    from govtext.training.fitting import Item
    from govtext.training.rebuild import rebuild_network

    recognizer = gt.load(model).get_pipe("govtext_names").stage
    texts = [row["text"] for row in srsly.read_jsonl(EXAMPLE / "test.jsonl")][:20]
    shipped = recognizer.encoder.score(texts)
    network = rebuild_network(recognizer)
    rebuilt = NetworkEncoder(network.eval(), recognizer.encoder).score(texts)
    items = [Item(np.zeros((len(text), 17)), text=text, words=np.zeros(len(text), np.int8)) for text in texts]
    again = export(network, recognizer, items).encoder.score(texts)
    for scores in (rebuilt, again):
        same = [np.mean(a.argmax(1) == b.argmax(1)) for a, b in zip(shipped, scores, strict=True)]
        assert np.mean(same) > 0.98


@pytest.mark.train
@pytest.mark.parametrize("stop", [1, 2, 3, 4])
def test_an_interrupted_fit_ends_as_it_would_have(torch, tmp_path, stop):
    from govtext.training.fitting import Item, Plan, fit

    items = [Item(np.eye(17, dtype=np.float32)[[1, 2, 3]], text="清河镇") for _ in range(3)]

    def fitted(checkpoint, interrupt=0):
        torch.manual_seed(0)
        network = torch.nn.Sequential(torch.nn.Embedding(9, 8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 17))
        seen = []

        def score():
            seen.append(1)
            if len(seen) == interrupt:
                raise KeyboardInterrupt
            return float(network[2].bias[1].detach())

        plan = Plan(5, {"": 0.1}, chars=6, seed=1, score=score, start=True, checkpoint=checkpoint)
        scores = fit(network, items, lambda batch: network(torch.tensor([[3, 4, 5]] * len(batch))), plan)
        return [p.detach().numpy().tolist() for p in network.parameters()], scores

    whole = fitted(None)
    with pytest.raises(KeyboardInterrupt):
        fitted(tmp_path / "fit.npz", interrupt=stop)
    assert fitted(tmp_path / "fit.npz") == whole


TRAINING = """
import sys
from govtext.training.run import train
train(parts=["entities"], overrides={"paths.corpus": sys.argv[1], "paths.out": sys.argv[2], "entities.epochs": 2,
      "entities.rehearsal_sentences": 20, "training.dev_share": 0.4})
"""


@pytest.mark.train
def test_a_killed_training_goes_on_and_ends_the_same(torch, tmp_path, monkeypatch):
    corpus = write_corpus(tmp_path / "a.jsonl")
    whole, killed = tmp_path / "zh_whole", tmp_path / "zh_killed"
    checkpoint = tmp_path / ".zh_killed-training" / "entities.npz"
    with subprocess.Popen([sys.executable, "-W", "ignore", "-c", TRAINING, corpus, killed]) as process:
        while not checkpoint.exists() and process.poll() is None:
            time.sleep(0.01)
        process.kill()
    assert checkpoint.exists() and not killed.exists()
    for out in (killed, whole):
        monkeypatch.setattr(sys, "argv", ["", str(corpus), str(out)])
        exec(TRAINING)
    assert not checkpoint.parent.exists()
    files = [out / "govtext_names" / "model.onnx" for out in (killed, whole)]
    assert files[0].read_bytes() == files[1].read_bytes()
    doc = gt.load(killed)("青石县水务局治理清河。")
    assert doc.ents and (killed / "README.md").read_text(encoding="utf-8").startswith("# zh_killed")
    settings = read_config(killed / "training.cfg")
    assert settings.entities.epochs == 2 and settings.paths.corpus is None
    vocabulary = json.loads((killed / "vocab" / "strings.json").read_text(encoding="utf-8"))
    assert "青石县" not in vocabulary  # the words of the corpus stay at home
