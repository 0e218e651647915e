"""What can be imported and exported: every application contributes its own, under the name that commands bear."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from common.errors import NotFound
from common.imports.listening import ImportRequest, Listener, Summary, Undone, UndoSummary
from common.registry import Registry


@dataclass(frozen=True)
class ImportOption:
    """What one subject's import can be told besides: a text, or, as a flag, that it is so."""

    name: str  # as ImportRequest.options has it; the command's is `--name`
    help: str
    is_flag: bool = False
    metavar: str = ""


@dataclass(frozen=True)
class ImportSubject:
    """One kind of file; `permission` is what staff need to import it, `export_permission` to export it.

    `run` imports in transactions of its own and answers the counts; it raises FileRefused where the file as a whole
    cannot be taken. `undo` puts back what the batch with this id changed, within the caller's transaction and under
    `lock`, for the actor, and tells the listener of each change; None where a batch cannot be undone. `export` yields
    the rows of the native format, of which the first names the columns; None where there is no export.
    """

    formats: Sequence[str]
    permission: str
    lock: str  # the advisory lock that imports and undos of it take
    run: Callable[[ImportRequest, Listener], Summary]
    undo: Callable[[int, Any, Callable[[Undone], None]], UndoSummary] | None = None
    export: Callable[[], Iterator[Sequence[str]]] | None = None
    export_permission: str = ""
    takes_images: bool = False
    options: Sequence[ImportOption] = ()


import_subjects: Registry[ImportSubject] = Registry()


def find_subject(name: str) -> ImportSubject:
    """Return what is registered under the name; raises NotFound."""
    for each, subject in import_subjects:
        if each == name:
            return subject
    raise NotFound
