"""The loaded model and the analyzed samples, made once a session."""

import pytest

import govtext as gt
from govtext.resources import sample_paths


@pytest.fixture(scope="session")
def nlp():
    return gt.load()


@pytest.fixture(scope="session")
def samples(nlp):
    """The analyzed sample reports: street (web page), county (text), department (GB18030 text)."""
    return [gt.analyze(path, nlp) for path in sample_paths()]


@pytest.fixture
def sample_county(samples):
    return samples[1]
