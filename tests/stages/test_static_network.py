"""The small network as a static 8-bit graph: the same tags as the network itself, whatever the padding."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from govtext.training.networks import SmallNetwork  # noqa: E402
from govtext.training.static import to_static_onnx  # noqa: E402

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def network() -> SmallNetwork:
    torch.manual_seed(3)
    return SmallNetwork(60, 5, width=64, dilations=(1, 2, 4)).eval()


@pytest.fixture(scope="module")
def session(network):
    ids = torch.randint(3, 60, (16, 40))
    ids[::3, 30:] = 0
    return onnxruntime.InferenceSession(to_static_onnx(network, [{"ids": ids}]), providers=["CPUExecutionProvider"])


def _scores(session, ids):
    return session.run(["scores"], {"ids": ids.numpy()})[0]


def test_scores_are_near_those_of_the_network(network, session):
    ids = torch.randint(3, 60, (8, 33))
    with torch.no_grad():
        expected = network(ids).numpy()
    found = _scores(session, ids)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() < 0.08 * np.abs(expected).max()


def test_padding_changes_no_score_inside_a_text(session):
    ids = torch.randint(3, 60, (1, 20))
    padded = torch.cat([ids, torch.zeros(1, 9, dtype=torch.long)], 1)
    np.testing.assert_array_equal(_scores(session, padded)[:, :20], _scores(session, ids))


def test_other_texts_of_a_batch_change_no_score(session):
    ids = torch.randint(3, 60, (5, 20))
    np.testing.assert_array_equal(_scores(session, ids)[2:3], _scores(session, ids[2:3]))
