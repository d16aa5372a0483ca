"""The loaded pipeline as a spaCy citizen: nothing dropped, everything survives serialisation and processes."""

import os
import shutil
from pathlib import Path

import pytest
import spacy
from spacy.tokens import Doc, DocBin

import govtext as gt
from govtext import extensions
from govtext.annotations import to_record
from govtext.entities.word_marks import mark_words
from govtext.errors import ModelError, ReadError
from govtext.labels import DOMAINS, STATUSES
from govtext.report import expand_paths
from govtext.resources import model_path, sample_paths


def test_text_is_the_text_read(samples):
    for path, doc in zip(sample_paths(), samples, strict=True):
        assert doc.text == gt.read(path).text


def test_every_name_and_quantity_becomes_an_entity(nlp, samples):
    """No span is dropped because its edge falls inside a word."""
    for doc in samples:
        report = extensions.report(doc)
        texts = [report.text[s.start : s.end] for s in report.sentences]
        words = [t for t in nlp.make_doc(report.text) if not t.is_space]
        marks = mark_words([t.idx for t in words], [t.idx + len(t) for t in words], len(report.text))
        found = nlp.get_pipe("govtext_names").stage.predict(
            texts, words=[marks[s.start : s.end] for s in report.sentences]
        )
        names = {
            (s.start + e.start, s.start + e.end) for s, es in zip(report.sentences, found, strict=True) for e in es
        }
        spans = [(e.start_char, e.end_char) for e in doc.ents]
        assert all(any(a < d and c < b for c, d in spans) for a, b in names)
        assert len(names & set(spans)) >= 0.9 * len(names)


def test_sentences_leave_furniture_out(nlp):
    body = "一、工作总结\n全年完成固定资产投资3.2亿元，新建停车位260个。\n"
    doc = nlp(
        f"云山街道2021年工作总结\n日期：2022-01-24  来源：云山县\n字体大小：大 中 小\n{body}主办：云山县人民政府\n网站标识码：1234560002\n"
    )
    furniture = [f.text for f in doc.spans["furniture"]]
    assert len(furniture) == 4
    assert [s.text for s in doc.spans["sentences"]] == ["云山街道2021年工作总结", *body.split()]
    assert not [s for s in doc.sents if s.text.startswith(("日期", "字体", "主办")) and s._.domain]


def test_attributes_of_sentences_entities_and_sections(samples):
    for doc in samples:
        assert doc._.report["year"] and doc._.report["plan_year"] and doc._.report["place"]
        for sent in doc.spans["sentences"]:
            assert sent._.domain in DOMAINS and sent._.status in STATUSES
            assert sent._.domains[sent._.domain] == max(sent._.domains.values())
        for ent in doc.ents:
            assert (ent._.metric is not None) == (ent.label_ == "METRIC")
            assert ent.label_ == "PLACE" or ent._.place is None
        for span in doc.spans["sections"]:
            section = span._.section
            assert (section.start, section.end) == (span.start_char, span.end_char)


def test_doc_bytes_and_docbin_keep_everything(nlp, sample_county):
    record = to_record(sample_county)
    copy = Doc(nlp.vocab).from_bytes(sample_county.to_bytes())
    assert to_record(copy) == record
    box = DocBin(store_user_data=True, docs=[sample_county])
    (unboxed,) = DocBin().from_bytes(box.to_bytes()).get_docs(nlp.vocab)
    assert [(e.text, e.label_) for e in unboxed.ents] == [(e.text, e.label_) for e in sample_county.ents]
    assert [e._.metric for e in unboxed.ents] == [e._.metric for e in sample_county.ents]


def test_model_bytes_round_trip(nlp, sample_county):
    empty = spacy.blank("zh", config={"nlp": {"tokenizer": {"@tokenizers": "govtext.Tokenizer.v1"}}})
    for part in nlp.pipe_names:
        empty.add_pipe(part)
    empty.from_bytes(nlp.to_bytes())
    assert to_record(gt.analyze(sample_paths()[1], empty)) == to_record(sample_county)


def test_two_processes_give_the_same(nlp, samples):
    found = list(gt.analyze_all(sample_paths(), nlp, n_process=2, batch_size=1))
    assert [to_record(d) for d in found] == [to_record(d) for d in samples]


def test_plain_spacy_loads_the_model_and_reads_text(nlp, sample_county):
    plain = spacy.load(model_path("zh_govtext_sm"))
    doc = plain(sample_county.text)
    assert [(e.text, e.label_) for e in doc.ents] == [(e.text, e.label_) for e in sample_county.ents]


def test_tampered_model_is_refused(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(model_path("zh_govtext_sm"), folder)
    meta = folder / "meta.json"
    meta.write_text(meta.read_text(encoding="utf-8").replace("0.1.0", "0.1.1"), encoding="utf-8")
    with pytest.raises(ModelError, match=r"meta\.json is changed"):
        gt.load(folder)


def test_a_folder_in_the_way_is_not_taken_for_a_shipped_model(tmp_path, monkeypatch):
    (tmp_path / "zh_govtext_sm").mkdir()
    monkeypatch.chdir(tmp_path)
    assert gt.load("zh_govtext_sm").meta["name"] == "govtext_sm"


def test_no_pickle_in_the_model():
    for path in model_path("zh_govtext_sm").rglob("*"):
        assert path.suffix not in {".pkl", ".pickle", ".joblib", ".pt"}


def test_component_without_a_model_says_so():
    nlp = spacy.blank("zh")
    nlp.add_pipe("govtext_layout")
    nlp.add_pipe("govtext_names")
    with pytest.raises(ModelError, match=r"govtext\.load"):
        nlp("一、工作总结")


def test_component_without_layout_says_so():
    nlp = spacy.blank("zh")
    nlp.add_pipe("govtext_metrics")
    with pytest.raises(ModelError, match="govtext_layout"):
        nlp("完成投资3亿元。")


@pytest.mark.parametrize(
    "text", ["\n", "。", "3", "《》", "\ufeff", "一、\n", "𠮷野家3家", "a\u0301", "\r\n\r\n3亿\r\n"]
)
def test_odd_texts(nlp, text):
    assert nlp(text).text == text


def test_empty_text_is_an_error_for_analyze_and_an_empty_doc_for_spacy(nlp):
    assert len(nlp("")) == 0
    with pytest.raises(ReadError, match="empty"):
        gt.analyze("", nlp)


def test_a_path_that_does_not_exist_is_not_taken_for_text(nlp):
    with pytest.raises(ReadError, match="no such file"):
        gt.analyze("没有这个文件.txt", nlp)


def test_folder_is_lazy_sorted_and_collects_errors(tmp_path):
    for name, data in {"b.txt": "一、工作。", "a.txt": "二、计划。", "c.txt": ""}.items():
        (tmp_path / name).write_text(data, encoding="utf-8")
    folder = gt.read_folder(tmp_path)
    assert len(folder) == 3
    assert [r.id for r in folder] == ["a", "b"]
    assert [e.path for e in folder.errors] == [str(tmp_path / "c.txt")]
    with pytest.raises(ReadError, match="no such folder"):
        gt.read_folder(tmp_path / "x")


def test_nothing_in_a_folder_is_passed_over_without_a_word(tmp_path, monkeypatch):
    for name in (
        "good.txt",
        "old.doc",
        "done.doc",
        "done.docx",
        "sheet.xlsx",
        "b.xlsx",
        "LICENSE",
        ".hidden.txt",
        "sub/c.txt",
        "shut/d.txt",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("一、工作。", encoding="utf-8")
    (tmp_path / "nowhere.txt").symlink_to(tmp_path / "gone.txt")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    (tmp_path / "link").symlink_to(tmp_path / "sub")
    real = os.scandir

    def scandir(path):
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    folder = gt.read_folder(tmp_path)
    assert [r.id for r in folder] == ["good", "c"]
    told = {Path(e.path).name: e.message for e in folder.errors}
    words = {
        "shut": "cannot be listed (Permission denied)", "old.doc": f'--outdir "{tmp_path}"', "done.docx": "not a DOCX file",
        "nowhere.txt": "no such file", "loop.txt": "cannot be read (",
    }  # fmt: skip
    assert told.keys() == words.keys() and all(word in told[name] for name, word in words.items())
    assert folder.others == {".xlsx": 2, "no suffix": 1, "link to a folder": 1}
    with pytest.raises(ReadError, match="shut: cannot be listed"):
        expand_paths([tmp_path])
    flat = gt.read_folder(tmp_path, recursive=False)
    assert len(flat) == 5 and not flat.errors and "link to a folder" not in flat.others


def test_words_of_the_config_stay_whole():
    configured = gt.load(config={"nlp": {"tokenizer": {"words": ["数智星沙云平台"]}}})
    assert "数智星沙云平台" in [t.text for t in configured("建成数智星沙云平台一期。")]


def test_added_words_stay_whole(nlp):
    fresh = gt.load()
    gt.add_words(fresh, ["数智星沙云平台"])
    assert "数智星沙云平台" in [t.text for t in fresh("建成数智星沙云平台一期。")]
