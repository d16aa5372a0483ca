"""The name recogniser around its model: tags, windows, word pieces, rules, repeated names, keeping on disk."""

import json
import pickle
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import govtext
from govtext.entities.consistency import repeat_names
from govtext.entities.encoder import Encoder, windows
from govtext.entities.marks import complete_marks
from govtext.entities.recognizer import NameRecognizer, RecognizerConfig
from govtext.entities.rules import obey_rules
from govtext.entities.tagging import TagScheme, log_probabilities
from govtext.entities.vocabulary import Characters, Pieces
from govtext.entities.word_marks import mark_words
from govtext.errors import DataError, ModelError
from govtext.types import Entity

SPECS = Path(__file__).parent.parent / "specs"
SCHEME = TagScheme()
RULES = [json.loads(line) for line in (SPECS / "name_rules.jsonl").read_text(encoding="utf-8").splitlines()]


class FakeEncoder:
    """Scores texts as if the characters of known names were certain."""

    model = b"model"

    def __init__(self, names):
        self.names = names

    def raw_scores(self, texts, words=None):
        return np.concatenate([np.zeros((0, len(SCHEME)), np.float32), *map(self._scores, texts)])

    def _scores(self, text):
        entities = [Entity(text.find(n), text.find(n) + len(n), label) for n, label in self.names if n in text]
        scores = np.full((len(text), len(SCHEME)), -9, np.float32)
        scores[range(len(text)), SCHEME.encode(len(text), entities)] = -0.01
        return scores


def recognizer(*names):
    made = NameRecognizer(b"model", RecognizerConfig("青石县"))
    made.encoder = FakeEncoder(names)
    return made


@st.composite
def tagged(draw):
    length = draw(st.integers(1, 30))
    entities, start = [], 0
    while start < length:
        start += draw(st.integers(0, 4))
        end = start + draw(st.integers(1, 6))
        if end <= length:
            entities.append(Entity(start, end, draw(st.sampled_from(SCHEME.labels))))
        start = end
    return length, entities


@given(tagged())
def test_tags_and_entities_are_one_to_one(case):
    length, entities = case
    assert list(SCHEME.decode(SCHEME.encode(length, entities))) == entities


def test_the_best_path_is_the_best_legal_one():
    scheme = TagScheme(("PLACE",))
    scores = np.random.default_rng(0).normal(size=(3, 5, len(scheme))).astype(np.float32)
    moves, starts, ends = scheme.legal
    for row, path in zip(scores, scheme.best_paths(scores, [5, 5, 5]), strict=True):
        legal = [
            p for p in product(range(len(scheme)), repeat=5)
            if starts[p[0]] == ends[p[-1]] == 0 and all(moves[a, b] == 0 for a, b in pairwise(p))
        ]  # fmt: skip
        assert tuple(path) == max(legal, key=lambda p: sum(row[i, tag] for i, tag in enumerate(p)))


@given(st.lists(st.integers(1, 12), min_size=1, max_size=4), st.integers(0, 99))
def test_a_path_does_not_depend_on_its_batch(lengths, seed):
    scores = np.random.default_rng(seed).normal(size=(len(lengths), max(lengths), len(SCHEME))).astype(np.float32)
    together = SCHEME.best_paths(scores, lengths)
    for row, length, path in zip(scores, lengths, together, strict=True):
        assert path.tolist() == SCHEME.best_paths(row[None, :length], [length])[0].tolist()


@given(st.lists(st.integers(0, 9), max_size=6), st.integers(0, 99), st.sampled_from([0.0, 1.5]))
def test_entities_of_many_texts_are_those_of_the_best_path_of_each(lengths, seed, penalty):
    scores = np.random.default_rng(seed).normal(size=(sum(lengths), len(SCHEME))).astype(np.float32)
    scores[:, 0] += 1
    for text, found in zip(
        np.split(scores, np.cumsum(lengths)[:-1]) if lengths else [],
        SCHEME.find_entities(scores, lengths, outside_penalty=penalty),
        strict=True,
    ):
        expected = []
        if len(text):
            shifted = text - np.eye(len(SCHEME), dtype=np.float32)[0] * np.float32(penalty)
            (path,) = SCHEME.best_paths(shifted[None], [len(text)])
            chosen = log_probabilities(text)[range(len(text)), path]
            expected = [(e, float(np.exp(chosen[e.start : e.end].mean()))) for e in SCHEME.decode(path)]
        assert [e for e, _ in found] == [e for e, _ in expected]
        assert [p for _, p in found] == pytest.approx([p for _, p in expected], rel=1e-4)


@given(st.integers(1, 5000), st.integers(20, 300), st.integers(0, 9))
def test_windows_keep_every_character_once(length, size, overlap):
    kept = []
    for window in windows(0, length, size=size, overlap=overlap):
        assert window.end - window.start <= size
        kept += range(window.start + window.keep_start, window.start + window.keep_end)
    assert kept == list(range(length))


@given(st.text(max_size=40))
def test_every_character_has_an_id_and_a_piece(text):
    characters = Characters("青石县 a")
    pieces = Pieces(["<s>", "<pad>", "</s>", "<unk>", "▁", "青石", "县"], [0, 0, 0, 0, -1, -2, -3], characters)
    ids, piece_of, place = pieces.cut(text)
    assert len(characters.ids(text)) == len(piece_of) == len(place) == len(text)
    assert all(0 < index < len(ids) - 1 for index in piece_of)
    assert piece_of == sorted(piece_of)


@pytest.mark.parametrize("case", RULES, ids=[case["text"] for case in RULES])
def test_rules(case):
    names = [(Entity(*name), 1.0) for name in case["names"]]
    assert [e for e, _ in obey_rules(case["text"], names)] == [Entity(*name) for name in case["expect"]]


MARKED = st.text("“”（）青石", min_size=1, max_size=12)


@given(MARKED, st.data())
def test_names_stay_flat_when_their_marks_are_completed(text, data):
    edges = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
    names = [(Entity(a, b, "PROJECT"), 1.0) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    found = [name for name, _ in complete_marks(text, names)]
    assert all(0 <= name.start < name.end <= len(text) for name in found)
    assert all(a.end <= b.start for a, b in pairwise(found))


def test_a_certain_name_is_found_elsewhere_and_an_uncertain_one_is_not():
    found = [[(Entity(0, 3, "PLACE"), 0.99), (Entity(4, 7, "ORG"), 0.5)], [], []]
    names = repeat_names(["青石镇和商务局", "到青石镇", "商务局青石镇青石镇"], found, sure=0.9)
    assert names[1] == [Entity(1, 4, "PLACE")]
    assert names[2] == [Entity(3, 6, "PLACE"), Entity(6, 9, "PLACE")]


def test_a_name_has_the_label_of_most_of_its_occurrences_and_is_repeated():
    made = recognizer()
    made.encoder = Voting()
    assert [[e.label for e in row] for row in made.predict(["青石站地", "青石站地", "青石站机", "青石站"])] == [
        ["PLACE"]
    ] * 4


def test_a_name_that_is_half_one_thing_and_half_another_keeps_both_labels():
    made = recognizer()
    made.encoder = Voting()
    assert [[e.label for e in row] for row in made.predict(["青石站地", "青石站机", "青石站"])] == [
        ["PLACE"],
        ["ORG"],
        [],
    ]


class Voting:
    """Takes 青石站 for a place before 地, for a body before 机, and for no name elsewhere."""

    labels = {"地": "PLACE", "机": "ORG"}  # noqa: RUF012

    def raw_scores(self, texts, words=None):
        rows = []
        for text in texts:
            label = self.labels.get(text[-1])
            entities = [Entity(0, 3, label)] if label else []
            scores = np.full((len(text), len(SCHEME)), -9, np.float32)
            scores[range(len(text)), SCHEME.encode(len(text), entities)] = 5
            rows.append(scores)
        return np.concatenate(rows)


def test_a_name_under_two_labels_is_not_repeated():
    found = [[(Entity(0, 4, "PLACE"), 0.99)], [(Entity(0, 4, "PROJECT"), 0.99)], []]
    assert repeat_names(["青石公园", "青石公园", "在青石公园"], found, sure=0.9)[2] == []


def test_a_repeated_name_stays_inside_its_sentence():
    found = [[(Entity(0, 2, "PLACE"), 0.99)], [], []]
    assert repeat_names(["青石", "山青", "石山"], found, sure=0.9) == [[Entity(0, 2, "PLACE")], [], []]


def test_names_only_flat_and_in_order():
    made = recognizer(("青石县", "PLACE"), ("县委", "ORG"), ("3个", "METRIC"))
    assert made.predict(["县委在青石县建成3个", ""]) == [[Entity(0, 2, "ORG"), Entity(3, 6, "PLACE")], []]
    assert made.predict([]) == []


def test_bytes_and_disk_round_trip(tmp_path):
    made = recognizer(("青石县", "PLACE"))
    made.to_disk(tmp_path / "names")
    for copy in (NameRecognizer.from_bytes(made.to_bytes()), NameRecognizer.from_disk(tmp_path / "names")):
        assert copy.config == made.config
        assert copy.encoder.model == b"model"
    assert pickle.loads(pickle.dumps(copy)).config == made.config


def test_a_missing_or_foreign_model_says_what_to_do(tmp_path):
    with pytest.raises(ModelError, match=r"model\.onnx"):
        NameRecognizer.from_disk(tmp_path)
    with pytest.raises(ModelError, match="train"):
        RecognizerConfig.from_dict({"format": 0})


@pytest.mark.train
def test_the_small_network_learns_and_is_kept(tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("onnx")
    entities = pytest.importorskip("govtext.training.entities")
    example = entities.NamedText("青石县建成清河大桥", (Entity(0, 3, "PLACE"), Entity(5, 9, "PROJECT")))
    made = entities.train_recognizer([example] * 4, out=tmp_path / "names", epochs=40)
    assert made.predict([example.text]) == [list(example.entities)]
    assert NameRecognizer.from_disk(tmp_path / "names").predict([example.text]) == [list(example.entities)]
    long = example.text * 12_000
    assert all(e.end <= len(long) for e in made.predict([long])[0])


@pytest.mark.train
@pytest.mark.parametrize("words", [False, True])
def test_a_network_is_rebuilt_from_either_kind_of_graph(words):
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnx")
    from govtext.training.gazetteer import name_table
    from govtext.training.networks import SmallNetwork, to_onnx
    from govtext.training.rebuild import rebuild_network
    from govtext.training.static import to_static_onnx

    config = RecognizerConfig("青石县清河大桥", words=words)
    known = config.inputs()
    torch.manual_seed(1)
    table = name_table({"青石县": 5}, known.ids)
    network = SmallNetwork(len(known), len(SCHEME), width=64, triples=500, names=table, words=words)
    for norm in network.norms:  # equal arrays would be stored once
        torch.nn.init.normal_(norm.weight, 1, 0.1)
        torch.nn.init.normal_(norm.bias, 0, 0.1)
    found = known(["青石县清河大桥", "县"], [mark_words([0, 3, 5], [3, 5, 7], 7), mark_words([0], [1], 1)])
    arrays = {name: torch.from_numpy(array) for name, array in found.items()}
    expected = network.eval()(**arrays)
    for model in (to_onnx(network, [arrays]), to_static_onnx(network, [arrays])):
        rebuilt = rebuild_network(NameRecognizer(model, config)).eval()
        torch.testing.assert_close(rebuilt(**arrays), expected, atol=0.05, rtol=0.05)


def test_marks_of_words_tell_where_they_begin_and_end():
    marks = mark_words([1, 3], [3, 4], 6)
    assert marks.tolist() == [0, 1, 3, 4, 0, 0]
    assert mark_words([], [], 2).tolist() == [0, 0]
    assert Characters("青石县", words=True)(["青石县", "县"], [mark_words([0, 2], [2, 3], 3), mark_words([0], [1], 1)])[
        "words"
    ].tolist() == [[0, 1, 3, 4, 0], [0, 4, 0, 0, 0]]
    assert not Characters("青石县", words=True)(["青石县"])["words"].any()


def test_windows_keep_the_words_of_their_texts():
    seen = []

    class Words(Characters):
        def __call__(self, texts, words=None):
            seen.extend(zip(texts, [marks.tolist() for marks in words], strict=True))
            return super().__call__(texts, words)

    encoder = Encoder(b"", Words("ab", words=True), size=6, overlap=1)
    encoder.__dict__["_session"] = type(
        "", (), {"run": lambda self, _, arrays: [np.zeros((*arrays["ids"].shape, 3))]}
    )()
    text, marks = "abababababab", np.arange(12, dtype=np.int8)
    assert encoder.raw_scores([text, "b"], [marks, np.array([4], np.int8)]).shape == (13, 3)
    assert all(found == ([4] if part == "b" else list(range(found[0], found[0] + len(part)))) for part, found in seen)


def test_equal_texts_are_scored_once_and_batches_hold_little_padding():
    batches = []

    class Noted(Characters):
        def __call__(self, texts, words=None):
            batches.append(list(texts))
            return super().__call__(texts, words)

    def run(_, __, arrays):
        return [np.repeat(arrays["ids"][:, :, None], 3, axis=2).astype(np.float32)]

    encoder = Encoder(b"", Noted("ab", words=True), size=40, overlap=4, padding=3)
    encoder.__dict__["_session"] = type("", (), {"run": run})()
    texts = ["ab", "", "a" * 30, "ab", "ab", "a" * 9, "b" * 30, "aba"]
    words = [np.ones(len(text), np.int8) for text in texts]
    words[4] = np.zeros(2, np.int8)  # cut otherwise: another thing to score
    scores = encoder.raw_scores(texts, words)
    assert sorted(len(text) for batch in batches for text in batch) == [2, 2, 3, 9, 30, 30]
    assert all(sum(max(map(len, batch)) - len(text) for text in batch) <= 3 for batch in batches)
    assert scores[:, 0].tolist() == [5.0 + "ab".index(char) for char in "".join(texts)]


def test_the_names_of_a_sentence_do_not_depend_on_the_others():
    encoder = govtext.load("zh_govtext_sm").get_pipe("govtext_names").stage.encoder
    texts = ["青石县财政局推进清河大桥项目。", "2021年，", "全县完成固定资产投资3亿元，比上年增长8.5%。"]
    marks = [np.full(len(text), 4, np.int8) for text in texts]
    alone = [encoder.raw_scores([text], [m]) for text, m in zip(texts, marks, strict=True)]
    np.testing.assert_array_equal(encoder.raw_scores(texts, marks), np.concatenate(alone))


def tiny_large_network(networks, *, words=False):
    """An untrained network of two layers over nine pieces, and its config."""
    random, pieces = np.random.default_rng(0), ("<s>", "<pad>", "</s>", "<unk>", "▁", "青石", "县", "发展", "在")
    sizes = {
        "pieces": (len(pieces), 24), "positions": (200, 24), "norm.weight": (24,), "norm.bias": (24,),
        **{
            f"{i}.{part}.{name}": (outer, inner)[: 2 if name == "weight" and inner else 1]
            for i in range(2) for name in ("weight", "bias")
            for part, outer, inner in (
                ("qkv", 72, 24), ("merge", 24, 24), ("widen", 48, 24), ("narrow", 24, 48), ("norm", 24, 0), ("last_norm", 24, 0),
            )
        },
    }  # fmt: skip
    weights = {name: random.normal(0, 0.3, size).astype(np.float32) for name, size in sizes.items()}
    config = RecognizerConfig("青石县发展在", pieces, tuple(-float(i) for i in range(len(pieces))), words=words)
    from govtext.training.gazetteer import name_table

    table = name_table({"青石县": 5}, Characters(config.characters).ids)
    vectors = random.normal(0, 1, (11, 16)).astype(np.float32)
    network = networks.LargeNetwork(weights, vectors, len(SCHEME), layers=2, frozen=1, names=table, words=words)
    return network, config


@pytest.mark.train
def test_a_smoothed_network_is_the_same_and_is_rebuilt():
    torch = pytest.importorskip("torch")
    networks = pytest.importorskip("govtext.training.networks")
    from govtext.training.rebuild import rebuild_network

    network, config = tiny_large_network(networks)
    network.eval()
    with torch.no_grad():
        network.layers[1].widen.bias[3] = 40.0  # one loud input of the layer that follows
    arrays = {name: torch.from_numpy(array) for name, array in config.inputs()(["在青石县发展", "县"]).items()}
    expected = network(**arrays)
    smooth = networks.smoothed(networks.compact(network), [arrays])
    assert smooth.layers[1].narrow.factors[3] < 0.5
    torch.testing.assert_close(smooth(**arrays), expected, atol=0.01, rtol=0.01)
    rebuilt = rebuild_network(NameRecognizer(networks.to_onnx(network, [arrays]), config)).eval()
    torch.testing.assert_close(rebuilt(**arrays), expected, atol=0.05, rtol=0.05)


@pytest.mark.train
@pytest.mark.parametrize("words", [False, True])
def test_a_large_recogniser_learns_from_its_own_scores(tmp_path, words):
    torch = pytest.importorskip("torch")
    entities, networks, scoring = (
        pytest.importorskip(f"govtext.training.{name}") for name in ("entities", "networks", "scores")
    )
    network, config = tiny_large_network(networks, words=words)
    example = {name: torch.from_numpy(array) for name, array in config.inputs()(["在青石", "县"]).items()}
    start = NameRecognizer(networks.to_onnx(network, [example]), config)
    segmenter = govtext.load("zh_govtext_sm").tokenizer.segmenter if words else None
    made = entities.train_large_recognizer(
        [entities.NamedText("在青石县发展", (Entity(1, 4, "PLACE"),))] * 16, out=tmp_path / "large", start=start,
        raw=[["青石县发展在青石县", "发展青石县"]], segmenter=segmenter, epochs=40,
    )  # fmt: skip
    text = "在青石县发展"
    marks = scoring.words_of([text], segmenter)
    assert made.config == config
    assert made.predict([text], words=marks) == [[Entity(1, 4, "PLACE")]]
    assert NameRecognizer.from_disk(tmp_path / "large").predict([text], words=marks) == made.predict(
        [text], words=marks
    )
    if words:
        with pytest.raises(DataError, match="give the segmenter"):
            entities.train_large_recognizer([], out=tmp_path, start=made)


def test_scores_round_trip(tmp_path):
    scoring = pytest.importorskip("govtext.training.scores")
    scored = [
        scoring.ScoredText("青石县", np.full((3, 17), -1.5, np.float32)),
        scoring.ScoredText("a", np.zeros((1, 17))),
    ]
    scoring.write_scores(tmp_path / "scores.npz", scored)
    back = scoring.read_scores(tmp_path / "scores.npz")
    assert [s.text for s in back] == ["青石县", "a"]
    assert all(np.array_equal(a.scores, b.scores) for a, b in zip(scored, back, strict=True))


def test_repeated_names_are_nearly_certain_in_scored_reports():
    scoring = pytest.importorskip("govtext.training.scores")
    made = recognizer()
    made.encoder = OneSided()
    first, second = scoring.score_reports(made, [["到青石镇", "青石镇", "青石镇", "县"]])
    assert (first.text, second.text) == ("到青石镇", "青石镇")
    assert SCHEME.tags[int(second.scores[0].argmax())] == "B-PLACE"
    assert np.exp(second.scores).sum(axis=1) == pytest.approx(np.ones(3), abs=0.01)


class OneSided:
    """Knows 青石镇 after 到 alone."""

    def raw_scores(self, texts, words=None):
        rows = []
        for text in texts:
            entities = [Entity(1, 4, "PLACE")] if text.startswith("到") else []
            scores = np.full((len(text), len(SCHEME)), -9, np.float32)
            scores[range(len(text)), SCHEME.encode(len(text), entities)] = 5
            rows.append(scores)
        return np.concatenate(rows)


def test_only_sentences_with_a_possible_name_are_drawn():
    scoring = pytest.importorskip("govtext.training.scores")
    scores = np.full((2, len(SCHEME)), -20, np.float32)
    scores[:, 0] = 0
    doubtful = scores.copy()
    doubtful[1, [0, 1]] = np.log([0.8, 0.2])
    scored = [scoring.ScoredText("县里", scores), scoring.ScoredText("青石", doubtful)]
    assert [s.text for s in scoring.with_possible_names(scored, seed=1)] == ["青石"]


def test_the_longest_known_name_is_found_at_its_first_and_last_character():
    torch = pytest.importorskip("torch")
    networks = pytest.importorskip("govtext.training.networks")
    gazetteer = pytest.importorskip("govtext.training.gazetteer")
    known = Characters("青石县大桥我在")
    table = gazetteer.name_table({"青石": 6, "青石县": 5, "大桥X": 9}, known.ids)
    starts, ends = networks.longest_names(torch.tensor(known(["我在青石县大桥", "县"])["ids"]), torch.from_numpy(table))
    county, short = 16 * 2 + 5, 16 + 6
    assert starts.tolist() == [[0, 0, 0, county, 0, 0, 0, 0, 0], [0] * 9]
    assert ends.tolist() == [[0, 0, 0, 0, short, county, 0, 0, 0], [0] * 9]


def test_marked_sentences_are_read_like_other_gold(tmp_path):
    entities = pytest.importorskip("govtext.training.entities")
    path = tmp_path / "composed.txt"
    path.write_text(
        "# comment\n[P 青石县]召开会议。\n\n没有名称。\n[O 县委]在[P 南岭镇]推进[J “清风”行动]\n", encoding="utf-8"
    )
    found = entities.read_named(path)
    assert [e.text for e in found] == ["青石县召开会议。", "没有名称。", "县委在南岭镇推进“清风”行动"]
    assert [[(e.text[n.start : n.end], n.label) for n in e.entities] for e in found] == [
        [("青石县", "PLACE")], [], [("县委", "ORG"), ("南岭镇", "PLACE"), ("“清风”行动", "PROJECT")],
    ]  # fmt: skip
    assert not any(e.complete for e in found)


@pytest.mark.parametrize(
    "line", ["[X 青石县]召开", "[P青石县]召开", "青石县]召开", "[P 青石[O 县委]]召开", "[P 青石县", "[P ]召开"]
)
def test_a_bracket_that_is_no_mark_is_an_error_with_its_line(tmp_path, line):
    entities = pytest.importorskip("govtext.training.entities")
    path = tmp_path / "composed.txt"
    path.write_text(f"[P 青石县]召开\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"composed.txt, line 2: no mark like \[P"):
        entities.read_named(path)


def test_synthetic_sentences_hold_their_names(tmp_path):
    synthetic = pytest.importorskip("govtext.training.synthetic")
    tables = {
        "villages": ["青石社区居委会", "南岭村委会", "柳河村村委会", "望云桥社区居委会"],
        "streets": ["青石街道办事处", "柳河镇"], "areas": ["青石县"], "cities": ["云州市"],
    }  # fmt: skip
    for name, names in tables.items():
        (tmp_path / f"{name}.csv").write_text("name\n" + "\n".join(names) + "\n", encoding="utf-8")
    for example in synthetic.Writer(tmp_path).write(600):
        names = [example.text[e.start : e.end] for e in example.entities]
        assert all(names) and not set("{}[]").intersection(example.text)
