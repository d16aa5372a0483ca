"""Sphinx settings of the documentation site."""

import sys
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "govtext"
author = "The govtext authors"
copyright = "2026, The govtext authors"
release = metadata.version("govtext")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "chinese_lines",
    "chinese_search",
    "notebook_pages",
    "command_help",
]
exclude_patterns = ["_build", "_ext", "**.ipynb_checkpoints"]
language = "zh_CN"
html_theme = "furo"
html_title = "govtext"
html_search_language = "zh"
nb_execution_mode = "off"  # notebooks are executed by notebooks/run.py and committed with their outputs
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
autodoc_typehints = "description"
autodoc_type_aliases = {"Docs": "Docs", "tables.Docs": "Docs"}  # one Doc, one record, or many of either
autodoc_member_order = "bysource"
# "sphinx-build -b linkcheck docs docs/_build/links" asks every address once; the ones given as examples are not asked
linkcheck_ignore = [r"https?://(localhost|127\.0\.0\.1)"]
linkcheck_allow_unauthorized = True
linkcheck_anchors = False
linkcheck_timeout = 15
linkcheck_retries = 2
