"""The door: public names, what an import loads, and that every packaged table reads."""

import subprocess
import sys

import pytest

import govtext
from govtext import resources
from govtext.errors import DataError, ModelError


def test_public_names():
    assert sorted(govtext.__all__) == govtext.__all__
    assert govtext.__all__ == [
        "GovtextError", "Report", "add_words", "analyze", "analyze_all", "arrow", "charts", "compare", "distributed", "domains",
        "load", "parse_report", "read", "read_folder", "tables", "views",
    ]  # fmt: skip
    for name in govtext.__all__:
        assert getattr(govtext, name).__doc__


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(AttributeError, match="analyze"):
        govtext.analyse  # noqa: B018


def loaded_by(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after running the code."""
    probe = f"{code}\nimport sys; print(*sorted({{m.partition('.')[0] for m in sys.modules}}))"
    return set(subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout.split())


def test_import_is_light():
    heavy = {"spacy", "sklearn", "pandas", "torch", "datasets", "matplotlib", "numpy", "lxml", "trafilatura", "pyarrow"}
    assert not loaded_by("import govtext") & heavy


def test_loading_and_analyzing_needs_no_training_library():
    heavy = {"sklearn", "torch", "datasets", "matplotlib", "pyarrow", "spacy_pkuseg"}
    code = "import govtext as gt; gt.analyze('2021年完成固定资产投资84.84亿元。', gt.load())"
    assert not (loaded_by(code) - loaded_by("import spacy")) & heavy


def test_building_any_spacy_language_stays_light():
    loaded = loaded_by("import spacy; spacy.blank('en')") - loaded_by("import spacy")
    assert not loaded & {"pandas", "lxml", "trafilatura", "onnxruntime", "torch"}


def test_tables_read():
    for path in resources.DATA.glob("*.tsv"):
        rows = resources.read_table(path.stem)
        assert rows, path
        assert all(None not in row and None not in row.values() for row in rows), path


def test_missing_table_and_model_list_what_there_is():
    with pytest.raises(DataError, match="units"):
        resources.read_table("nothing")
    with pytest.raises(ModelError, match="zh_govtext_sm"):
        govtext.load("zh_nothing")
