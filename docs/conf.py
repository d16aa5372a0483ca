"""Sphinx settings of the documentation site."""

from importlib import metadata

project = "govtext"
author = "The govtext authors"
copyright = "2026, The govtext authors"
release = metadata.version("govtext")

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["_build", "**.ipynb_checkpoints"]
language = "zh_CN"
html_theme = "furo"
html_title = "govtext"
html_search_language = "zh"
nb_execution_mode = "off"  # notebooks are run by CI and committed with their outputs
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
autodoc_typehints = "description"
autodoc_member_order = "bysource"
suppress_warnings = ["myst.xref_missing"]
