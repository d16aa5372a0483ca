"""The directive ``command-help``: what ``govtext … --help`` prints, a section for every command, taken from the program itself."""

from __future__ import annotations

from typing import Any

import typer
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from govtext.cli import app as program

WIDTH = 100  # characters of a line of help


class CommandHelp(Directive):
    """A section a command, in the program's order."""

    def run(self) -> list[nodes.Node]:
        """The sections as document nodes."""
        root: Any = typer.main.get_command(program)
        with root.make_context(
            "govtext", [], terminal_width=WIDTH, max_content_width=WIDTH, resilient_parsing=True
        ) as parent:
            return [
                _section(f"govtext {name}", _help(command, name, parent)) for name, command in root.commands.items()
            ]


def _help(command: Any, name: str, parent: Any) -> str:
    context = command.make_context(
        name, [], parent=parent, terminal_width=WIDTH, max_content_width=WIDTH, resilient_parsing=True
    )
    text: str = command.get_help(context)
    return text


def _section(title: str, text: str) -> nodes.section:
    name = nodes.fully_normalize_name(title)
    section = nodes.section("", nodes.title(title, title), nodes.literal_block(text, text, language="text"))
    section["ids"], section["names"] = [nodes.make_id(title)], [name]
    return section


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directive."""
    app.add_directive("command-help", CommandHelp)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
