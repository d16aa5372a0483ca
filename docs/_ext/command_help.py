"""The directive ``command-help``: what ``govtext … --help`` prints, a section for every command, taken from the program itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from govtext.cli import app as program

WIDTH = 100  # characters of a line of help


class CommandHelp(Directive):
    """A section a command, in the program's order; those of a group follow one another."""

    def run(self) -> list[nodes.Node]:
        """The sections as document nodes."""
        root: Any = typer.main.get_command(program)
        return [_section(name, text) for name, text in _helps(root, "govtext", None)]


def _helps(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:
    """Full name and help of every command below a command that is a group, else of itself."""
    options = {"terminal_width": WIDTH, "max_content_width": WIDTH, "resilient_parsing": True}
    context = command.make_context(name, [], parent=parent, **options)
    children = getattr(command, "commands", None)
    if not children:
        yield context.command_path, command.get_help(context)
    else:
        for child_name, child in children.items():
            yield from _helps(child, child_name, context)


def _section(title: str, text: str) -> nodes.section:
    name = nodes.fully_normalize_name(title)
    section = nodes.section("", nodes.title(title, title), nodes.literal_block(text, text, language="text"))
    section["ids"], section["names"] = [nodes.make_id(title)], [name]
    return section


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directive."""
    app.add_directive("command-help", CommandHelp)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
