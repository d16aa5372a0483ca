"""``govtext annotate``, ``convert``, ``evaluate`` and ``train words`` in one round: out, back, and measured."""

import json
import sys

import pytest

import govtext as gt
from govtext import cli, pipeline

TEXT = "云山县2021年工作总结\n一、经济发展\n全年完成固定资产投资84.84亿元，同比增长5.2%。\n云山县人民政府开工建设云山大桥工程。\n"


@pytest.fixture
def run(nlp, monkeypatch, capsys):
    real = pipeline.load
    monkeypatch.setattr(pipeline, "load", lambda name=None: nlp if name in (None, "zh_govtext_sm") else real(name))

    def call(*args):
        monkeypatch.setattr(sys, "argv", ["govtext", *map(str, args)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        return end.value.code or 0, *capsys.readouterr()

    return call


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "reports" / "a.txt"
    path.parent.mkdir()
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.mark.parametrize("tool", ["label-studio", "doccano", "prodigy", "conll"])
def test_out_to_a_tool_and_back(run, report, tmp_path, tool):
    there = tmp_path / f"tasks-{tool}"
    code, out, _ = run("annotate", "export", report.parent, "-o", there, "--to", tool)
    assert code == 0 and "4 sentences" in out
    assert run("annotate", "import", there, "--from", tool, "-o", tmp_path / "back.jsonl")[0] == 0
    rows = [json.loads(line) for line in (tmp_path / "back.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [r["text"] for r in rows] == [line for line in TEXT.splitlines() if line]
    assert all(r["text"][e["start"] : e["end"]] == e["text"] for r in rows for e in r["entities"])
    assert any(e["label"] == "METRIC" for r in rows for e in r["entities"])


def test_evaluate_against_its_own_annotations_is_perfect(run, report, tmp_path):
    run("annotate", "export", report, "-o", tmp_path / "gold.jsonl", "--to", "jsonl")
    code, out, _ = run(
        "evaluate", "model", tmp_path / "gold.jsonl", "--reports", report.parent, "-o", tmp_path / "scores.json"
    )
    assert code == 0 and "METRIC" in out
    assert json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    assert run("evaluate", "model", tmp_path / "gold.jsonl", "-o", tmp_path / "scores.json")[0] == 1


def test_suggest_and_config(run, report, tmp_path):
    code, out, _ = run("annotate", "suggest", report, "-o", tmp_path / "next.json", "-n", "2")
    assert code == 0 and "2 sentences" in out
    code, out, _ = run("annotate", "config")
    assert code == 0 and "<View>" in out and "PROJECT" in out


def test_train_words_makes_a_whole_model(run, tmp_path):
    gold = tmp_path / "words.txt"
    gold.write_text("完成 投资 3亿 元 。\n推进 项目 建设 。\n" * 20, encoding="utf-8")
    settings = ("--words.segmented", gold, "--training.start", "nothing")
    assert run("train", "words", *settings, "-o", tmp_path / "mine")[0] == 0
    nlp = gt.load(tmp_path / "mine")
    assert [t.text for t in nlp("推进项目建设。")] == ["推进", "项目", "建设", "。"]
    code, out, _ = run("evaluate", "words", gold, "-m", tmp_path / "mine")
    assert code == 0 and "F 1.000" in out
    assert run("train", "words", *settings, "-o", tmp_path / "mine")[0] == 1


def test_bad_corpus_is_one_line(run, tmp_path):
    bad = tmp_path / "bad.jsonl"
    row = {
        "doc": "a",
        "start": 0,
        "end": 3,
        "text": "云山县",
        "entities": [{"start": 0, "end": 2, "label": "PLACE", "text": "云山县"}],
    }
    bad.write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    code, _, err = run("convert", bad, "-o", tmp_path / "x.json", "--to", "label-studio")
    assert code == 1 and err.count("\n") == 1 and "line 1" in err and "云山" in err


def test_example_is_copied_whole(run, tmp_path):
    assert run("annotate", "example", "-o", tmp_path / "water")[0] == 0
    assert len(list((tmp_path / "water" / "reports").glob("*.txt"))) == 18
    code, _, err = run("annotate", "example", "-o", tmp_path / "water")
    assert code == 1 and "exists already" in err
    assert run("annotate", "example", "-o", tmp_path / "water", "--overwrite")[0] == 0


def test_weak_labels_of_reports_and_what_the_rules_did(run, report, tmp_path):
    rules = tmp_path / "rules.tsv"
    rules.write_text("of\twhere\tpattern\tlabel\ndomains\theading\t经济\teconomy\n", encoding="utf-8")
    functions = tmp_path / "mine.py"
    functions.write_text(
        "from govtext.training.weak import labelling_function\n\n@labelling_function('status')\ndef done(s):\n"
        "    return 'achieved' if '完成' in s.text else None\n",
        encoding="utf-8",
    )
    out, table = tmp_path / "silver.jsonl", tmp_path / "rules.csv"
    made = ("annotate", "weak", report, "--rules", rules, "--rules", functions, "-o", out, "--table", table)
    code, told, _ = run(*made)
    assert code == 0 and "2 of 4 sentences labelled" in told
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["domains"] for row in rows] == [[], [], ["economy"], ["economy"]]
    assert rows[2]["status"] == "achieved" and rows[2]["source"] == "weak"
    assert table.read_text(encoding="utf-8-sig").startswith("function,of,labels,n,coverage")
    assert run(*made)[0] == 1
    assert run("annotate", "weak", out, "-o", tmp_path / "again.jsonl")[0] == 0
