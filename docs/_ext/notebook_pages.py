"""Makes pages of the executed notebooks that lie beside the documentation: copies them in before Sphinx looks for pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config


def copy_notebooks(app: Sphinx, config: Config) -> None:
    """Bring ``docs/notebooks`` up to date with ``notebooks``; links to ``../docs/`` become links within the site."""
    source, target = Path(app.srcdir).parent / "notebooks", Path(app.srcdir) / "notebooks"
    target.mkdir(exist_ok=True)
    wanted = {
        path.name: path.read_text(encoding="utf-8").replace("](../docs/", "](../") for path in source.glob("*.ipynb")
    }
    for path in target.glob("*.ipynb"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        page = target / name
        if not page.is_file() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Copy as soon as the settings are read."""
    app.connect("config-inited", copy_notebooks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
