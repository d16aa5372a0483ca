"""Every error that the library raises on purpose: one line that says what is wrong and what to do next."""

from __future__ import annotations


class GovtextError(Exception):
    """Base of all errors of this library; its message is one line that names the next step.

    >>> str(GovtextError("first line\\nsecond line"))
    'first line second line'
    """

    def __str__(self) -> str:
        return " ".join(super().__str__().split())


class ReadError(GovtextError):
    """A file cannot be read as a report (empty, binary, scanned, wrong format, no permission)."""


class ModelError(GovtextError):
    """A model is missing, damaged, or made for another version."""


class DataError(GovtextError):
    """A corpus, lexicon or table given by the user does not follow its format."""


class OutputError(GovtextError):
    """A result cannot be written where it was asked for."""


class MissingExtraError(GovtextError):
    """An optional dependency is needed; the message gives the install command."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs {package}: run  pip install 'govtext[{extra}]'")


def describe_failure(error: Exception, *, name: str = "") -> str:
    """What went wrong with one file of many, as one line; ``name`` is left out at its start, for the list names the file.

    >>> describe_failure(ReadError("a  b.txt: holds no text"), name="a  b.txt"), describe_failure(KeyError("x"))
    ('holds no text', "internal error: KeyError: 'x'; please report it with the file")
    """
    if isinstance(error, GovtextError):
        return str(error).removeprefix(f"{' '.join(name.split())}: ")
    message = f"internal error: {type(error).__name__}: {error}; please report it with the file"
    return " ".join(message.split())
