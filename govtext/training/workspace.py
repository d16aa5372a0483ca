"""Where a training run keeps what it has finished, so that an interrupted one goes on: a hidden folder beside the new model."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

from govtext.errors import DataError, OutputError

SETTINGS = "settings.json"


class Stored(Protocol):
    """A stage that can be written into a folder and read back."""

    def to_disk(self, path: str | Path) -> None:
        """Write it."""
        ...

    @classmethod
    def from_disk(cls, path: str | Path) -> Self:
        """Read it back."""
        ...


Stage = TypeVar("Stage", bound=Stored)


class Workspace:
    """The folder ``.NAME-training`` beside the model folder ``out``; as a context manager it goes when the model is finished.

    ``settings`` is what the run depends on, by name. Raises DataError if the folder holds a run with other settings, unless ``restart``.
    """

    def __init__(self, out: Path, settings: Mapping[str, Any], *, restart: bool = False) -> None:
        self.folder = out.with_name(f".{out.name}-training")
        self.settings = json.loads(json.dumps(settings))
        if restart:
            self.remove()
        known = self.folder / SETTINGS
        if known.is_file():
            self._compare(json.loads(known.read_text(encoding="utf-8")))
            return
        with _writing(self.folder):
            self.remove()
            self.folder.mkdir(parents=True)
            known.with_suffix(".new").write_text(json.dumps(self.settings, ensure_ascii=False), encoding="utf-8")
            known.with_suffix(".new").rename(known)

    def _compare(self, earlier: Mapping[str, Any]) -> None:
        changed = [name for name in {**earlier, **self.settings} if earlier.get(name) != self.settings.get(name)]
        if changed:
            raise DataError(
                f"{self.folder} holds an interrupted training with other settings ({', '.join(changed[:5])}): "
                "set them as they were to go on with it, or start over with --restart"
            )

    def checkpoint(self, name: str) -> Path:
        """The file for the state of a fit under way."""
        return self.folder / f"{name}.npz"

    def stage(self, name: str, kind: type[Stage], train: Callable[[], Stage]) -> Stage:
        """The trained stage: read back if an earlier start has finished it, trained and kept otherwise."""
        folder = self.folder / name
        if folder.is_dir():
            return kind.from_disk(folder)
        stage = train()
        new = self.folder / f".{name}"
        with _writing(folder):
            shutil.rmtree(new, ignore_errors=True)
            stage.to_disk(new)
            new.rename(folder)
        return stage

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        """Remove the folder when all is done, and after an error with which nothing was finished."""
        if error is None or {path.name for path in self.folder.glob("*")} <= {SETTINGS}:
            self.remove()

    def remove(self) -> None:
        """Remove the folder and all in it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def digest(paths: Iterable[str | Path]) -> str:
    """One checksum of the content of files, and of all files of folders."""
    total = hashlib.sha256()
    for path in map(Path, paths):
        if not path.exists():
            raise DataError(f"{path}: no such file or folder")
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                total.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:16]


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error
