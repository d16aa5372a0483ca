"""``govtext annotate``, ``convert``, ``evaluate`` and ``train words`` in one round: out, back, and measured."""

import json

import pytest

import govtext as gt
from govtext import pipeline
from govtext.training import learning
from govtext.training import run as training_run

# imported with the real load, before tests replace it: a training changes the pipeline that it is given
assert learning.load is training_run.load

TEXT = "云山县2021年工作总结\n一、经济发展\n全年完成固定资产投资84.84亿元，同比增长5.2%。\n云山县人民政府开工建设云山大桥工程。\n"


@pytest.fixture
def run(nlp, monkeypatch, command):
    real = pipeline.load
    monkeypatch.setattr(pipeline, "load", lambda name=None: nlp if name in (None, "zh_govtext_sm") else real(name))
    return command


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


@pytest.mark.parametrize("way", ["export", "suggest", "weak"])
def test_reports_of_one_name_are_documents_of_their_own(run, tmp_path, way):
    for year in ("2023", "2024"):
        (tmp_path / year).mkdir()
        (tmp_path / year / "报告.txt").write_text(TEXT.replace("2021", year), encoding="utf-8")
    assert run("annotate", way, tmp_path, "-o", tmp_path / "c.jsonl", "--to", "jsonl")[0] == 0
    rows = [json.loads(line) for line in (tmp_path / "c.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {row["doc"] for row in rows} == {"报告", "报告-2"}
    assert len({row["id"] for row in rows}) == len(rows)


def test_evaluate_against_its_own_annotations_is_perfect(run, report, tmp_path):
    run("annotate", "export", report, "-o", tmp_path / "gold.jsonl", "--to", "jsonl")
    code, out, _ = run(
        "evaluate", "model", tmp_path / "gold.jsonl", "--reports", report.parent, "-o", tmp_path / "scores.json"
    )
    assert code == 0 and "METRIC" in out
    assert json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    assert run("evaluate", "model", tmp_path / "gold.jsonl", "-o", tmp_path / "scores.json")[0] == 1
    assert run("evaluate", "model", tmp_path / "gold.jsonl", "--from", "label-studio")[0] == 1


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
    (tmp_path / "water" / "mine.jsonl").write_text("x", encoding="utf-8")
    code, _, err = run("annotate", "example", "-o", tmp_path / "water", "--overwrite")
    assert code == 1 and "holds mine.jsonl" in err and (tmp_path / "water" / "mine.jsonl").is_file()


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


def test_split_by_report(run, tmp_path):
    run("annotate", "example", "-o", tmp_path / "water")
    made = ("annotate", "split", tmp_path / "water" / "train.jsonl", "-o", tmp_path / "new" / "parts", "--share", "0.3")
    code, told, _ = run(*made)
    assert code == 0 and told.count("reports ->") == 2
    parts = [
        {json.loads(line)["doc"] for line in (tmp_path / "new" / "parts" / f"{name}.jsonl").open(encoding="utf-8")}
        for name in ("train", "test")
    ]
    assert parts[0] and parts[1] and not parts[0] & parts[1]
    assert run(*made)[0] == 1
    (tmp_path / "new" / "parts" / "train.jsonl").unlink()
    assert run(*made, "--seed", "5")[0] == 1 and not (tmp_path / "new" / "parts" / "train.jsonl").exists()
    assert run(*made, "--seed", "5", "--overwrite")[0] == 0


@pytest.mark.parametrize("way", ["export", "suggest", "weak"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("-o", "there.csv"), "exists already"),
        (("-o", "new.jsonl", "--to", "word"), "no corpus format 'word'"),
        (("-o", "there.csv/new.jsonl"), "cannot be written"),
        (("-o", "."), "is a folder"),
        (("-o", ".", "--overwrite"), "is a folder"),
        (("-o", ".", "--overwrite", "--to", "brat"), "left as it is"),
    ],
)
def test_targets_are_checked_before_any_work(run, report, tmp_path, monkeypatch, way, options, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.csv").write_text("x", encoding="utf-8")
    monkeypatch.setattr("govtext.report.read_each", lambda paths: pytest.fail("reports were read"))
    code, _, err = run("annotate", way, report, *options)
    assert code == 1 and message in err


def test_weak_checks_its_table_before_any_work(run, report, tmp_path):
    (tmp_path / "there.csv").write_text("x", encoding="utf-8")
    made = ("annotate", "weak", report, "-o", tmp_path / "deep" / "new.jsonl", "--table")
    assert run(*made, tmp_path / "there.csv")[0] == 1 and not (tmp_path / "deep" / "new.jsonl").exists()
    assert run(*made, tmp_path / "tables" / "new.csv")[0] == 0 and (tmp_path / "deep" / "new.jsonl").exists()


def test_two_models_in_files_and_a_picture(run, report, tmp_path):
    pytest.importorskip("matplotlib")
    run("annotate", "export", report, "-o", tmp_path / "gold.jsonl", "--to", "jsonl")
    files = [tmp_path / f"scores.{suffix}" for suffix in ("json", "md", "png")]
    made = ("evaluate", "model", tmp_path / "gold.jsonl", "--reports", report.parent, "--against", "zh_govtext_sm",
            "-o", files[0], "--markdown", files[1], "--picture", files[2])  # fmt: skip
    code, told, _ = run(*made)
    assert code == 0 and "paired permutation" in told
    values = json.loads(files[0].read_text(encoding="utf-8"))
    assert values["comparison"]["differences"]["entities.names.f"]["difference"] == 0
    assert files[1].read_text(encoding="utf-8").strip() == told.strip() and files[2].stat().st_size > 10_000
    assert run(*made)[0] == 1 and run(*made, "--overwrite")[0] == 0
    assert run(*made[:-1], tmp_path / "scores.txt", "--overwrite")[0] == 1


def test_learning_curve_of_domains(run, tmp_path):
    from govtext.resources import example_path

    settings = ("--paths.corpus", example_path() / "train.jsonl", "--paths.dev", example_path() / "dev.jsonl",
                "--paths.reports", example_path() / "reports")  # fmt: skip
    made = ("evaluate", "learning-curve", "--part", "domains", "-o", tmp_path / "curve.json", *settings)
    code, told, _ = run(*made, "--shares", "0.3,1")
    assert code == 0 and "domains.accuracy" in told and "names" not in told
    points = json.loads((tmp_path / "curve.json").read_text(encoding="utf-8"))["points"]
    assert [point["documents"] for point in points] == [0, 3, 11]
    accuracies = [point["scores"]["domains.accuracy"]["value"] for point in points]
    assert accuracies[2] > accuracies[0]
    assert run(*made, "--overwrite", "--shares", "some")[0] == 1
    assert run(*made, "--overwrite", "--part", "words")[0] == 1
