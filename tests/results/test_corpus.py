"""Every corpus format: what goes out comes back, wherever a tool counts differently; what does not fit gets one clear error."""

import json
from dataclasses import replace
from importlib import import_module
from itertools import pairwise, permutations
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govtext.corpus import (
    FORMATS,
    AnnotatedSentence,
    Scheme,
    detect_format,
    from_record,
    from_row,
    read_corpus,
    to_row,
    write_corpus,
)
from govtext.corpus import files as corpus_files
from govtext.corpus import hugging_face as hf
from govtext.corpus.label_studio import label_config
from govtext.display import name_of
from govtext.errors import DataError, MissingExtraError, OutputError
from govtext.labels import DOMAINS, ENTITY_LABELS, STATUSES
from govtext.types import Entity, Metric

FILES = {"docbin": "c.spacy", "conll": "c.conll", "label-studio": "c.json", "brat": "c", "datasets": "d"}
OPTIONS = [
    *((name, {}) for name in FORMATS),
    ("conll", {"tags": "bioes"}),
    *(("doccano", {"field": field}) for field in ("labels", "entities")),
]

LINE = "𠮷水镇新建学校2所，云山县一中🏫扩建工程竣工。"
SENTENCES = [
    AnnotatedSentence(
        id="s1", doc="云山县-2023", text=LINE, start=10, end=10 + len(LINE), heads=("一、工作回顾", "（一）教育"),
        entities=(Entity(0, 3, "PLACE"), Entity(7, 9, "METRIC"), Entity(10, 15, "ORG"), Entity(16, 20, "PROJECT")),
        metrics=(Metric(7, 9, indicator="学校", kind="level", status="achieved"),), domains=("education", "urban"),
        status="achieved", meta={"year": 2023, "region": "云山"},
    ),
    AnnotatedSentence(id="s2", doc="云山县-2023", text="【字体：大 中 小】", start=60, end=70, domains=("none",), status="other", furniture=True),
    AnnotatedSentence(id="s3", doc="石桥街道", text="谢谢大家！", start=0, end=5),
    AnnotatedSentence(
        id="s4", doc="石桥街道", text="石桥街道、云山县", start=5, end=13, entities=(Entity(0, 4, "PLACE"), Entity(5, 8, "PLACE")), status="planned",
    ),
]  # fmt: skip


def file_of(folder, format):
    return folder / FILES.get(format, f"{format}.jsonl")


def by_id(sentences):
    return sorted(sentences, key=lambda s: s.id)


def write(path, *items):
    text = "".join(x + "\n" if isinstance(x, str) else json.dumps(x, ensure_ascii=False) + "\n" for x in items)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("format", "options"), OPTIONS)
def test_round_trip_and_detection(format, options, tmp_path):
    path = write_corpus(SENTENCES, file_of(tmp_path, format), format, **options)
    assert detect_format(path) == format
    assert by_id(read_corpus(path)) == by_id(SENTENCES)


@pytest.mark.parametrize(("first", "second"), list(permutations(FORMATS, 2)))
def test_every_pair_of_formats(first, second, tmp_path):
    there = write_corpus(SENTENCES, file_of(tmp_path, first), first)
    (tmp_path / "second").mkdir()
    back = write_corpus(read_corpus(there), file_of(tmp_path / "second", second), second)
    assert by_id(read_corpus(back)) == by_id(SENTENCES)


ALPHABET = "云山县镇年。,2%# \t\r\u2028\u3000\x85\\\"'&<>[]{}𠮷🏫👨‍👩‍👧é"


@st.composite
def sentences(draw):
    text = draw(st.text(ALPHABET, min_size=1, max_size=25))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    labels = st.sampled_from(ENTITY_LABELS)
    entities = tuple(Entity(a, b, draw(labels)) for a, b in list(pairwise(cuts))[:: draw(st.sampled_from((1, 2)))])
    metrics = tuple(
        Metric(e.start, e.end, indicator=draw(st.text(ALPHABET, max_size=5))) for e in entities if e.label == "METRIC"
    )
    domains = tuple(draw(st.lists(st.sampled_from(DOMAINS), unique=True, max_size=3)))
    status = draw(st.none() | st.sampled_from(STATUSES))
    start = draw(st.integers(0, 10**6))
    return AnnotatedSentence(
        id="x", doc="d", text=text, start=start, end=start + len(text), entities=entities, metrics=metrics, domains=domains, status=status
    )  # fmt: skip


@pytest.mark.parametrize(("format", "options"), [o for o in OPTIONS if o[0] != "datasets"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sentence=sentences())
def test_any_sentence_comes_back(format, options, sentence, tmp_path):
    path = write_corpus([sentence], file_of(tmp_path, format), format, overwrite=True, **options)
    assert read_corpus(path, format) == [sentence]


# counting


def test_doccano_counts_utf16(tmp_path):
    path = write_corpus(SENTENCES[:1], tmp_path / "c.jsonl", "doccano")
    spans = json.loads(path.read_text(encoding="utf-8"))["label"]
    assert spans == [[0, 4, "PLACE"], [8, 10, "METRIC"], [11, 16, "ORG"], [18, 22, "PROJECT"]]
    characters = write_corpus(SENTENCES[:1], tmp_path / "d.jsonl", "doccano", offsets="characters")
    assert read_corpus(characters, "doccano", offsets="characters") == SENTENCES[:1]


def test_offset_inside_a_surrogate_pair(tmp_path):
    path = write(tmp_path / "c.jsonl", {"text": "𠮷水镇", "label": [[1, 4, "PLACE"]]})
    with pytest.raises(DataError, match="line 1: offsets 1 to 4 do not lie at characters"):
        read_corpus(path)


@pytest.mark.parametrize("start", [3, 4])
def test_label_studio_exports_of_either_counting(start, tmp_path):
    value = {"start": start, "end": start + 3, "text": "云山县", "labels": ["PLACE"]}
    result = [{"type": "labels", "from_name": "label", "to_name": "text", "value": value}]
    path = tmp_path / "export.json"
    path.write_text(
        json.dumps([{"id": 7, "data": {"text": "🏫在的云山县"}, "annotations": [{"result": result}]}]), encoding="utf-8"
    )
    assert read_corpus(path)[0].entities == (Entity(3, 6, "PLACE"),)


def test_utf16_offsets_are_where_utf16_puts_them():
    text = "a𠮷🏫é"
    assert corpus_files.utf16_offsets(text) == [len(text[:i].encode("utf-16-le")) // 2 for i in range(len(text) + 1)]


# what tools write


@pytest.mark.parametrize(
    "item",
    [
        {"id": 3, "text": "云山县招商。", "label": [[0, 3, "PLACE"]], "Comments": []},
        {"id": 3, "text": "云山县招商。", "labels": [[0, 3, "PLACE"]]},
        {"id": 3, "data": "云山县招商。", "label": [[0, 3, "PLACE"]]},
        {"id": 3, "text": "云山县招商。", "entities": [{"id": 9, "label": "PLACE", "start_offset": 0, "end_offset": 3}], "relations": []},
        {"id": 3, "text": "云山县招商。", "entities": [[0, 3, "PLACE"]], "cats": []},
        {"text": "云山县招商。", "spans": [{"start": 0, "end": 3, "label": "PLACE", "token_start": 0, "token_end": 2}], "answer": "accept"},
        {"text": "云山县招商。", "entities": [{"start": 0, "end": 3, "label": "PLACE"}]},
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["export.jsonl", "export.json"])
def test_field_variants(item, name, tmp_path):
    sentence = read_corpus(write(tmp_path / name, item if name.endswith("l") else [item]))[0]
    assert sentence.entities == (Entity(0, 3, "PLACE"),)
    assert (sentence.doc.partition("-")[0], sentence.domains, sentence.status) == ("export", (), None)


def test_files_of_one_name_are_documents_of_their_own(tmp_path):
    docs = []
    for folder, label in (("p", "云"), ("q", "山"), ("r", "云")):
        (tmp_path / folder).mkdir()
        docs += {s.doc for s in read_corpus(write(tmp_path / folder / "标注.conll", f"{label} O", "", "县 O"))}
    assert docs[0] == docs[2] != docs[1]


@pytest.mark.parametrize(
    ("item", "format"),
    [
        ({"entities": []}, "jsonl"),
        ({"entities": [{"start": 0, "end": 3, "label": "PLACE"}]}, "jsonl"),
        ({"domains": []}, "jsonl"),
        ({"cats": []}, "doccano"),
        ({"answer": "accept"}, "prodigy"),
    ],
)
def test_labels_in_our_own_fields_stay(item, format, tmp_path):
    row = {"text": "云山县招商。", **item, "domains": ["industry"], "status": "planned"}
    for name in ("export.jsonl", "export.json"):
        path = write(tmp_path / name, row if name.endswith("l") else [row])
        assert detect_format(path) == format
        sentence = read_corpus(path)[0]
        assert (sentence.domains, sentence.status) == (("industry",), "planned")
        assert len(sentence.entities) == len(item.get("entities", ()))


def test_doccano_text_classification(tmp_path):
    path = write(tmp_path / "export.jsonl", {"id": 3, "text": "云山县招商。", "label": ["industry", "achieved"]})
    sentence = read_corpus(path)[0]
    assert (sentence.domains, sentence.status) == (("industry",), "achieved")


def test_prodigy_reads_accepted_tasks_only(tmp_path):
    tasks = [{"text": "好。", "spans": [], "answer": a} for a in ("accept", "reject", "ignore")]
    assert len(read_corpus(write(tmp_path / "p.jsonl", *tasks))) == 1


@pytest.mark.parametrize("format", ["prodigy", "doccano", "label-studio", "brat", "conll", "docbin"])
def test_metrics_follow_their_entity(format, tmp_path):
    row = to_row(SENTENCES[0])
    row["entities"] = [e for e in row["entities"] if e["label"] != "METRIC"]
    path = file_of(tmp_path, format)
    import_module(f"govtext.corpus.{FORMATS[format]}").write_rows([row], path)
    sentence = read_corpus(path, format)[0]
    assert len(sentence.entities) == 3 and sentence.metrics == ()


def test_label_studio_export(tmp_path):
    path = write_corpus(SENTENCES, tmp_path / "tasks.json", "label-studio")
    tasks = json.loads(path.read_text(encoding="utf-8"))
    result = tasks[0].pop("predictions")[0]["result"]
    wrong = {"result": [], "was_cancelled": True}
    tasks[0]["annotations"] = [{"result": []}, {"result": result}, wrong]
    path.write_text(json.dumps(tasks), encoding="utf-8")
    assert read_corpus(path) == SENTENCES[:1]  # the others wait to be labelled


def test_label_studio_minimal_export(tmp_path):
    minimal = {
        "id": 1, "text": "云山县招商。", "label": [{"start": 0, "end": 3, "text": "云山县", "labels": ["PLACE"]}], "domain": "industry",
        "secondary": {"choices": ["trade", "business"]}, "status": "planned", "annotator": 1,
    }  # fmt: skip
    path = tmp_path / "min.json"
    path.write_text(json.dumps([minimal]), encoding="utf-8")
    sentence = read_corpus(path)[0]
    assert sentence.entities == (Entity(0, 3, "PLACE"),)
    assert (sentence.domains, sentence.status) == (("industry", "trade", "business"), "planned")


def test_label_studio_is_not_what_it_is_said_to_be(tmp_path):
    path = tmp_path / "own.json"
    path.write_text(json.dumps([{"text": "云山县招商。", "entities": []}]), encoding="utf-8")
    with pytest.raises(DataError, match="item 1: no task of Label Studio"):
        read_corpus(path, "label-studio")


def test_label_studio_names_instead_of_ids(tmp_path):
    choices = [("domain", "教育"), ("status", name_of("status", "planned"))]
    result = [
        {"type": "choices", "from_name": name, "to_name": "text", "value": {"choices": [x]}} for name, x in choices
    ]
    path = tmp_path / "export.json"
    path.write_text(
        json.dumps([{"data": {"text": "新建学校。"}, "annotations": [{"result": result}]}]), encoding="utf-8"
    )
    sentence = read_corpus(path)[0]
    assert (sentence.domains, sentence.status) == (("education",), "planned")


def test_label_config_names_every_label():
    root = ElementTree.fromstring(label_config())
    assert {x.get("value") for x in root.iter("Label")} == set(ENTITY_LABELS)
    for control, names in (("domain", DOMAINS), ("secondary", DOMAINS), ("status", STATUSES)):
        choices = root.find(f"Choices[@name='{control}']")
        assert [x.get("alias") for x in choices] == list(names)


@pytest.mark.parametrize(
    "lines",
    [
        ["云 B-PLACE", "山 I-PLACE", "县 I-PLACE", "好 O"],
        ["云\tB-PLACE", "山\tM-PLACE", "县\tE-PLACE", "好\tO"],
        ["-DOCSTART- O", "", "云山\tB-PLACE", "县\tL-PLACE", "好\tO", "", ""],
        ["云山县\tU-PLACE", "好\tO"],
        ["-DOCSTART-\tO", "", "云\tB-PLACE", "# said in between", "山\tI-PLACE", "县\tI-PLACE", "好\tO"],
    ],
)
def test_conll_kinds(lines, tmp_path):
    sentence = read_corpus(write(tmp_path / "c.conll", *lines))[0]
    assert (sentence.text, sentence.entities) == ("云山县好", (Entity(0, 3, "PLACE"),))


@pytest.mark.parametrize("hash_line", ["# O", "#\tO", "# S-ORG"])
def test_conll_hash_is_a_character(hash_line, tmp_path):
    sentence = read_corpus(write(tmp_path / "c.conll", "# a comment", "1 O", hash_line, "楼 O"))[0]
    assert sentence.text == "1#楼"
    assert len(sentence.entities) == hash_line.count("ORG")


def test_conll_with_windows_line_ends(tmp_path):
    (tmp_path / "c.bio").write_bytes("云\tS-PLACE\r\n\r\n好\tO\r\n".encode("utf-8-sig"))
    assert [s.text for s in read_corpus(tmp_path / "c.bio")] == ["云", "好"]


def test_brat_made_elsewhere(tmp_path):
    (tmp_path / "a.txt").write_text("云山县招商。\n石桥街道通车。\n", encoding="utf-8")
    (tmp_path / "a.ann").write_text(
        "T1\tPLACE 0 3\t云山县\nT2\tPLACE 7 11\t石桥街道\nR1\tNear Arg1:T1 Arg2:T2\n", encoding="utf-8"
    )
    found = read_corpus(tmp_path)
    assert [(s.text, s.start, s.entities) for s in found] == [
        ("云山县招商。", 0, (Entity(0, 3, "PLACE"),)),
        ("石桥街道通车。", 7, (Entity(0, 4, "PLACE"),)),
    ]


def test_brat_with_windows_line_ends_and_utf16(tmp_path):
    (tmp_path / "a.txt").write_bytes("🏫在云山县。\r\n".encode())
    (tmp_path / "a.ann").write_bytes("T1\tPLACE 3 6\t云山县\r\n".encode())
    assert read_corpus(tmp_path)[0].entities == (Entity(2, 5, "PLACE"),)


def test_brat_line_break_inside(tmp_path):
    sentence = AnnotatedSentence(
        id="a", doc="d", text="云山\n县一中", start=0, end=6, entities=(Entity(0, 4, "PLACE"),)
    )
    path = write_corpus([sentence], tmp_path / "b", "brat")
    assert "PLACE 0 2;3 4\t云山 县" in (path / "d.ann").read_text(encoding="utf-8")
    assert read_corpus(path) == [sentence]


def test_brat_file_names_stay_in_the_folder(tmp_path):
    outside = [replace(SENTENCES[2], doc=doc, id=doc) for doc in ("../a", "__a", "..")]
    path = write_corpus(outside, tmp_path / "b", "brat")
    assert len(list(path.glob("*.ann"))) == 3
    assert by_id(read_corpus(path)) == by_id(outside)


def test_datasets_have_declared_features(tmp_path):
    splits = hf.to_datasets({"train": SENTENCES[:2], "dev": SENTENCES[2:]})
    assert splits["dev"].features["entities"] == splits["train"].features["entities"]
    mapped = splits.map(lambda batch: {"length": [len(text) for text in batch["text"]]}, batched=True)
    assert mapped["train"]["length"][0] == len(LINE)
    assert hf.from_datasets(splits) == {"train": SENTENCES[:2], "dev": SENTENCES[2:]}
    splits.save_to_disk(str(tmp_path / "d"))
    assert read_corpus(tmp_path / "d") == SENTENCES


@pytest.mark.parametrize(
    ("change", "message"),
    [({}, None), ({"meta": "no JSON"}, "row 1: not JSON"), ({"meta": "[]"}, "row 1: a JSON object"), ({"domains": [-1]}, "'domains' must be a list")],
)  # fmt: skip
def test_datasets_made_elsewhere(change, message, tmp_path):
    row = {**to_row(SENTENCES[2]), "meta": "{}", "status": -1, **change}
    hf.load_datasets().Dataset.from_list([row], features=hf.features()).save_to_disk(str(tmp_path / "d"))
    if message:
        with pytest.raises(DataError, match=message):
            read_corpus(tmp_path / "d")
    else:
        assert read_corpus(tmp_path / "d") == SENTENCES[2:3]


def test_datasets_not_installed(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "datasets", None)
    with pytest.raises(MissingExtraError, match=r"govtext\[train\]"):
        write_corpus(SENTENCES, tmp_path / "d", "datasets")
    assert not (tmp_path / "d").exists()


# errors

ROW = {"id": "1", "doc": "d", "start": 0, "end": 7, "text": "云山县长石桥街"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"entities": [{"start": 0, "end": 2, "label": "PLACE", "text": "云山县"}]},
            "line 2: offsets 0 to 2 give '云山', the annotation says '云山县'",
        ),
        ({"entities": [{"start": 3, "end": 9, "label": "PLACE"}]}, "line 2: offsets 3 to 9 do not lie in the 7 characters"),
        ({"entities": [{"start": 3, "end": 3, "label": "PLACE"}]}, "line 2: offsets 3 to 3"),
        ({"entities": [{"start": 0, "end": 3, "label": "TOWN"}]}, "line 2: no label 'TOWN' in the scheme; there are: PLACE, ORG"),
        (
            {"entities": [{"start": 0, "end": 3, "label": "PLACE"}, {"start": 2, "end": 4, "label": "ORG"}]},
            "line 2: PLACE '云山县' and ORG '县长' overlap",
        ),
        ({"domains": ["cooking"]}, "line 2: no domain 'cooking'"),
        ({"domains": ["education", "urban", "trade", "health"]}, "line 2: 4 domains, a sentence has at most 3"),
        *(({"weight": wrong}, "line 2: a weight is a number") for wrong in ("高", None, -1, True, float("nan"), float("inf"))),
        ({"status": "done"}, "line 2: no status 'done'"),
        ({"label": [[0, 3, "PLACE"]]}, "line 2: 'label' holds labels of another format"),
        ({"end": 9}, "do not fit its 7 characters"),
        ({"text": ""}, "no text"),
        ({"text": "长" * 100_000, "end": 100_000}, "a sentence of 100,000 characters"),
    ],
)  # fmt: skip
def test_errors_name_file_line_and_strings(change, message, tmp_path):
    path = write(tmp_path / "c.jsonl", ROW, {**ROW, **change})
    with pytest.raises(DataError) as error:
        read_corpus(path)
    assert str(path) in str(error.value)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("c.jsonl", "{", "line 1: not JSON"),
        ("c.jsonl", "", "no annotated sentence"),
        ("c.json", "{}", "none of the known formats"),
        ("c.json", "[1]", "item 1: a JSON object is needed"),
        ("c.json", '[{"text": "好。", "label": []}, {"text": "好。", "label": [[0, 1]]}]', "item 2: a span is"),
        ("c.json", "[]", "no annotated sentence"),
        ("c.conll", "云\tI-PLACE\n", "line 1: I-PLACE does not go on from a PLACE"),
        ("c.conll", "云\tPLACE\n", "line 1: 'PLACE' is no tag"),
        ("c.conll", "云\n", "line 1: a character and its tag are needed"),
        ("c.spacy", "no", "not a spaCy DocBin"),
        ("c.xyz", "", "none of the known formats"),
    ],
)
def test_files_that_are_no_corpus(name, content, message, tmp_path):
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_corpus(tmp_path / name)


WRONG = (None, True, -1, "x", "\ud800", [1], [[]], [{}], {"start": "x", "end": {}})


@pytest.mark.parametrize("format", ["jsonl", "doccano", "prodigy", "label-studio"])
def test_a_wrong_value_in_any_place_gives_sentences_or_a_clear_error(format, tmp_path):
    path = write_corpus(SENTENCES[:1], file_of(tmp_path, format), format)
    sound = json.loads(path.read_text(encoding="utf-8"))
    for place in places(sound):
        for value in WRONG:
            path.write_text(json.dumps(with_value(sound, place, value)) + "\n", encoding="utf-8")
            try:
                found = read_corpus(path, format)
            except DataError as error:
                assert str(error).startswith(str(path))
            else:
                again = write_corpus(found, tmp_path / "again.jsonl", overwrite=True)
                assert read_corpus(again, "jsonl") == found, (place, value)


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def with_value(whole, place, value):
    if not place:
        return value
    copy = list(whole) if isinstance(whole, list) else dict(whole)
    copy[place[0]] = with_value(copy[place[0]], place[1:], value)
    return copy


def test_missing_file_and_unknown_format(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_corpus(tmp_path / "none.jsonl")
    with pytest.raises(DataError, match="no corpus format 'xml'; there are: datasets"):
        write_corpus(SENTENCES, tmp_path / "c.xml", "xml")


@pytest.mark.parametrize("format", [f for f in FORMATS if f != "datasets"])
def test_whole_or_not_at_all(format, tmp_path):
    path = write_corpus(SENTENCES, file_of(tmp_path, format), format)
    with pytest.raises(OutputError, match="exists already"):
        write_corpus(SENTENCES, path, format)

    def broken():
        yield SENTENCES[0]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_corpus(broken(), path, format, overwrite=True)
    assert by_id(read_corpus(path)) == by_id(SENTENCES)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_own_scheme():
    row = {**ROW, "entities": [{"start": 0, "end": 3, "label": "TOWN"}]}
    sentence = from_row(row, "here", scheme=Scheme(labels=("TOWN",)))
    assert to_row(sentence)["entities"][0]["label"] == "TOWN"


# predictions


def test_from_record(county):
    found = from_record(county)
    assert all(county["text"][s.start : s.end] == s.text for s in found)
    output = next(s for s in found if s.text.startswith("全年规上"))
    assert output.heads == ("一、2023年工作回顾", "（一）工业稳步增长")
    assert [output.text[e.start : e.end] for e in output.entities] == ["84.5亿元", "6.2%"]
    assert [(m.indicator, m.kind) for m in output.metrics] == [
        ("规上工业总产值", "level"),
        ("规上工业总产值", "change"),
    ]
    assert (output.domains, output.status) == (("industry", "economy"), "achieved")
    heading = next(s for s in found if s.text == "（一）工业稳步增长")
    assert heading.heads == ("一、2023年工作回顾",)
    assert [from_row(to_row(s), "here") for s in found] == found


@pytest.mark.parametrize("format", ["brat", "datasets"])
@pytest.mark.parametrize("foreign", ["chapter.docx", "thesis/chapter.txt", "notes.txt", "data/state.json"])
def test_a_folder_with_other_work_in_it_stays(format, foreign, tmp_path, monkeypatch):
    path = tmp_path / "mine"
    (path / foreign).parent.mkdir(parents=True)
    (path / foreign).write_text("x", encoding="utf-8")
    monkeypatch.chdir(path)
    for name in (path, Path()):
        with pytest.raises(OutputError, match="left as it is"):
            write_corpus(SENTENCES, name, format, overwrite=True)
    assert (path / foreign).read_text(encoding="utf-8") == "x"


@pytest.mark.parametrize("format", ["brat", "datasets"])
def test_a_folder_of_its_own_is_replaced(format, tmp_path, monkeypatch):
    path = write_corpus(SENTENCES, tmp_path / "c", format)
    monkeypatch.chdir(path)
    write_corpus(SENTENCES[2:3], Path(), format, overwrite=True)
    assert read_corpus(path) == SENTENCES[2:3]
    assert [p.name for p in tmp_path.iterdir()] == ["c"]


@pytest.mark.parametrize("format", ["brat", "datasets"])
def test_a_folder_that_cannot_be_replaced_stays(format, tmp_path, monkeypatch):
    path = write_corpus(SENTENCES, tmp_path / "c", format)
    rename = Path.rename

    def refuse(self, target):
        if self.name == "new":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    for _ in range(2):
        with pytest.raises(OutputError, match="No space left on device"):
            write_corpus(SENTENCES[:1], path, format, overwrite=True)
        assert by_id(read_corpus(path)) == by_id(SENTENCES)
        (part := tmp_path / ".c.part").mkdir()
        rename(path, part / "old")  # as a kill between the two steps leaves it
