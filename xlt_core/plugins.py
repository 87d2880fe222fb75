"""Plug-ins: modules of a user's own that add members to the tables, named by `XLT_PLUGINS`.

`XLT_PLUGINS=my_tasks,my_lab.kinds` (names with commas between, as Python imports them) has them
imported once in every process that reads specs or computes stages, on every machine of a cluster.
A plug-in adds its members when it is imported; each table is a plain dictionary:

    from xlt_core.tasks import TABLE, Task

    TABLE["colours"] = Task("colours", kind="classification", …)

ARCHITECTURE.md, "What goes where", names the tables and the suites that members pass.
"""

from __future__ import annotations

import hashlib
import importlib
import socket
import sys
import traceback
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from types import FrameType

from xlt_core.vocabulary.errors import Mistake, NotReached, UserMistake, is_machines_fault
from xlt_core.vocabulary.fingerprint import fingerprint
from xlt_core.vocabulary.lines import first_line
from xlt_core.vocabulary.plugged import VARIABLE, named_plugins
from xlt_core.vocabulary.tables import wrong_lines

__all__ = [
    "VARIABLE",
    "content_of",
    "import_plugins",
    "named_plugins",
    "place_in",
    "require_same",
]

_INSTALLED = ("site-packages", "dist-packages")  # beside a module there lies everybody's


def import_plugins(names: Iterable[str]) -> None:
    """Import those that are not imported yet, in order, and look at what they put into tables.

    Raises:
        UserMistake: one is missing or fails; as a `NotReached` where a machine is to blame. A
            line of a table has what is no member of it, or one that is called otherwise.
    """
    named = tuple(names)
    for name in named:
        try:
            importlib.import_module(name)
        except (Exception, SystemExit) as error:
            kind = NotReached if is_machines_fault(error) else UserMistake
            raise kind(_mistake(name, error)) from error
    if named and (mistakes := tuple(wrong_lines())):
        raise UserMistake(mistakes)


@lru_cache(maxsize=16)
def content_of(names: tuple[str, ...]) -> str:
    """SHA-256 of the code of plug-ins that are imported, as it was when this was first asked.

    A module's file, or every Python file of the package it stands in. Empty for no plug-ins.
    """
    if not names:
        return ""
    digests = [
        [where, hashlib.sha256(path.read_bytes()).hexdigest()]
        for name in names
        for where, path in _files_of(name)
    ]
    return fingerprint([list(names), digests])


def require_same(names: tuple[str, ...], content: str) -> None:
    """Import plug-ins, and see that they are those of whoever asks for stages.

    Args:
        content: `content_of` where that is; empty where nothing is to be compared.

    Raises:
        UserMistake: as `import_plugins`, or their code is another here.
    """
    import_plugins(names)
    if content and content_of(names) != content:
        what = (
            f"{', '.join(names)} on {socket.gethostname()} are not as where the sweep is run from"
        )
        remedy = "have one version of them on every machine, and start the cluster anew"
        raise UserMistake(Mistake(VARIABLE, what, remedy))


def _files_of(name: str) -> list[tuple[str, Path]]:
    """The files of a module, or of the package that it is or is part of, by their place in that.

    Of where modules stand by their own word: what lies above them is another in every process
    that was started another way.
    """
    file = getattr(sys.modules.get(name), "__file__", None)
    if not file or not Path(file).is_file():
        return []
    own = Path(file)
    if "." not in name and own.name != "__init__.py":
        return [(own.name, own)]
    return sorted(
        (path.relative_to(own.parent).as_posix(), path) for path in own.parent.rglob("*.py")
    )


def place_in(error: BaseException, names: Sequence[str]) -> str:
    """The file and line of the plug-ins `names` where an error came through; empty for none.

    A module's helpers in its package, or beside it in its folder, are part of it.
    """
    frames = traceback.walk_tb(error.__traceback__)
    own = [(frame, line) for frame, line in frames if any(_is_of(frame, one) for one in names)]
    return f"{own[-1][0].f_code.co_filename}, line {own[-1][1]}" if own else ""


def _is_of(frame: FrameType, name: str) -> bool:
    package, dot, _ = name.partition(".")
    if dot or not (file := getattr(sys.modules.get(name), "__file__", None)):
        return str(frame.f_globals.get("__name__")).partition(".")[0] == package
    folder = Path(file).parent
    return frame.f_code.co_filename == file or (
        folder.name not in _INSTALLED and Path(frame.f_code.co_filename).parent == folder
    )


def _mistake(name: str, error: BaseException) -> Mistake:
    what = f"{name} cannot be imported: {first_line(f'{type(error).__name__}: {error}')}"
    if isinstance(error, ModuleNotFoundError) and f"{name}.".startswith(f"{error.name}."):
        remedy = "install it, or put the folder it lies in on PYTHONPATH, on every machine"
    else:
        what, remedy = what + _place(error), "mend it, or take it out of the variable"
    return Mistake(VARIABLE, what, remedy)


def _place(error: BaseException) -> str:
    """The line that failed; a syntax error names it by itself."""
    frames = traceback.extract_tb(error.__traceback__)
    _, *own = (frame for frame in frames if not frame.filename.startswith("<frozen"))
    written = [frame for frame in own if frame.filename != importlib.__file__]
    return f" ({written[-1].filename}, line {written[-1].lineno})" if written else ""
