"""Python imports this by its name at every start: it notes which of our files a walk enters.

`walk.py` sets it up: `WALK_TREE` is the house, `WALK_OUT` a folder for notes, `WALK_SCORE` a
number.
Without a number, pairs of files are noted, caller and called, until the first trial is proposed;
with one, files one of whose functions is given or returns that number, however deep it lies.
"""

from __future__ import annotations

import os
import sys
import threading
from types import FrameType

TREE, OUT = os.environ.get("WALK_TREE", ""), os.environ.get("WALK_OUT", "")
SCORE = os.environ.get("WALK_SCORE", "")
DEEPEST, WIDEST = 5, 60
seen: set[str] = set()
over = False


def file_of(frame: FrameType | None) -> str:
    """A file of the house below it; empty for any other."""
    name = frame.f_code.co_filename if frame else ""
    own = name.startswith((f"{TREE}/sweeps/", f"{TREE}/xlt_core/"))
    return name.removeprefix(f"{TREE}/") if own else ""


def note(line: str) -> None:
    if line not in seen:
        seen.add(line)
        with open(f"{OUT}/{os.getpid()}", "a") as notes:
            notes.write(f"{line}\n")


def holds(value: object, depth: int = 0) -> bool:
    """Whether the score is in it."""
    if isinstance(value, float):
        return value == float(SCORE)
    if isinstance(value, str):
        return SCORE in value
    if depth == DEEPEST:
        return False
    if isinstance(value, list | tuple):
        return any(holds(item, depth + 1) for item in value[:WIDEST])
    if isinstance(value, dict):
        return any(holds(item, depth + 1) for item in list(value.values())[:WIDEST])
    names = getattr(type(value), "__dataclass_fields__", ())
    return any(holds(getattr(value, name, None), depth + 1) for name in names)


def follow_spec(frame: FrameType, event: str, value: object) -> None:
    """Note a call from file to file, until Tune is given the first trial."""
    global over
    if over or not (here := file_of(frame)):
        return
    if event == "return" and frame.f_code.co_name == "suggest" and isinstance(value, dict):
        over = True
    caller = frame.f_back
    while caller is not None and not file_of(caller):
        caller = caller.f_back
    if event == "call" and file_of(caller) != here:
        note(f"{file_of(caller)} {here}")


def follow_score(frame: FrameType, event: str, value: object) -> None:
    """Note a file that the score comes to."""
    here = file_of(frame)
    if not here or here in seen or event not in ("call", "return"):
        return
    code = frame.f_code
    given = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    try:
        if holds(value) or (event == "call" and any(holds(frame.f_locals.get(n)) for n in given)):
            note(here)
    except Exception:
        return  # a property of somebody's that cannot be asked yet


if OUT:
    threading.setprofile(follow_score if SCORE else follow_spec)
    sys.setprofile(follow_score if SCORE else follow_spec)
