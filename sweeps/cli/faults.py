"""How a command ends: one place that turns every error into a message and an exit code.

A user's mistake fills one screen at most and says place, cause and remedy. Anything unexpected is
one line and the path of a file that holds the whole traceback. Neighbour: `app`, which calls this.
"""

from __future__ import annotations

import difflib
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sweeps.cli.interrupts import INTERRUPTED
from sweeps.report.text import say as say  # commands have it from here
from sweeps.spec.machine import machines_mistake
from sweeps.spec.paths import runs_place
from xlt_core.vocabulary.address import starred
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.lines import first_line, in_short, lines_of

if TYPE_CHECKING:
    import typer

DONE = 0
FAILED_TRIALS = 1
MISTAKE = 2
ON_REQUEST = 3  # a sweep that was stopped or cancelled: what waits for its results must not go on
FAULT = 70  # EX_SOFTWARE of sysexits.h: a fault of ours or of the machine, not of the user

SCREEN = 22  # lines; a terminal of 24 keeps its prompt
MANY_ALIKE, STANDING_FOR_ALL = 8, 2  # mistakes with one remedy


def guarded(work: Callable[[], object], arguments: Sequence[str]) -> int:
    """Run `work` and return the exit code; every error is printed to stderr, none is lost."""
    try:
        code = work()
        sys.stdout.flush()  # results that cannot be written are no results
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except UserMistake as error:
        return _mistake(error)
    except Exception as error:
        if _is_usage_error(error):
            return _mistake(UserMistake(_usage_mistake(error)))
        if type(error).__name__ == "Abort":  # a prompt was left with Ctrl-C or end of input
            say("interrupted")
            return INTERRUPTED
        # A machine's fault that the user can look into.
        mistake = getattr(error, "mistake", None) or machines_mistake(error)
        if isinstance(mistake, Mistake):
            return _mistake(UserMistake(mistake))
        return _fault(error, arguments)
    return code if isinstance(code, int) and not isinstance(code, bool) else DONE


def screenful(mistakes: Sequence[Mistake], lines: int = SCREEN) -> str:
    """Every mistake as text, cut at `lines` lines with the number of those left out."""
    shown: list[str] = []
    told = list(_told(mistakes))
    for index, text in enumerate(told):
        block = list(lines_of(text))
        room = lines - len(shown) - (1 if index + 1 < len(told) else 0)
        if len(block) > room and index > 0:
            shown.append(f"… and {len(told) - index} more")
            break
        shown.extend([*block[: room - 1], "…"] if len(block) > room else block)
    return "\n".join(shown)


def _told(mistakes: Sequence[Mistake]) -> Iterator[str]:
    """Each as text; of many with one remedy, which have one cause (no connection, a folder that is
    not there), the first stand for all."""
    alike = Counter(mistake.remedy for mistake in mistakes if mistake.remedy)
    seen: Counter[str] = Counter()
    for mistake in mistakes:
        seen[mistake.remedy] += 1
        number = seen[mistake.remedy] if alike[mistake.remedy] > MANY_ALIKE else 0
        if number == STANDING_FOR_ALL:
            yield f"{mistake}\n    … and {alike[mistake.remedy] - number} more like these"
        elif number < STANDING_FOR_ALL:
            yield str(mistake)


def _mistake(error: UserMistake) -> int:
    say(starred(screenful(error.mistakes)))
    return MISTAKE


def _fault(error: Exception, arguments: Sequence[str]) -> int:
    """Keep the traceback where the user can send it from; print it if no file can be written."""
    kind = in_short(starred(first_line(f"{type(error).__name__}: {error}")))
    trace = "".join(traceback.format_exception(error))
    report = f"xlt {' '.join(arguments)}\n{sys.version}\n{time.strftime('%FT%T%z')}\n\n{trace}"
    report = starred(report)
    for path in _log_places():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(report, encoding="utf-8", errors="backslashreplace")
        except OSError:
            continue
        if place := _place_in_plugin(error):
            what = f"a plug-in raises {kind}"
            remedy = f"mend it; what was computed is kept, and the whole story is in {path}"
            return _mistake(UserMistake(Mistake(place, what, remedy)))
        say(f"xlt met an error it did not expect: {kind}\n    → the whole story: {path}")
        return FAULT
    say(f"xlt met an error it did not expect, and could write it nowhere:\n{report}")
    return FAULT


def _place_in_plugin(error: Exception) -> str:
    """File and line of a plug-in that the error came through; empty where it is our own."""
    from xlt_core.plugins import place_in
    from xlt_core.vocabulary.plugged import named_plugins

    return place_in(error, named_plugins())


def _log_places() -> Iterator[Path]:
    name = f"xlt-error-{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 10**6:06d}.log"
    # It may be forbidden, below a home that is not known, or at a URL of no kind.
    with suppress(OSError, RuntimeError, UserMistake):
        runs = runs_place()
        if isinstance(runs, Path) and runs.is_dir():
            yield runs / name
    yield Path(tempfile.gettempdir()) / name


# Typer brings its own copy of click, older ones use the installed one: the errors of both are known
# by what they can do rather than by their class.


def _is_usage_error(error: Exception) -> bool:
    return hasattr(error, "format_message") and hasattr(error, "exit_code")


def _usage_mistake(error: Any) -> Mistake:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "xlt"
    return Mistake(command, _usage_text(error), _usage_remedy(error, context, command))


def _usage_text(error: Any) -> str:
    text = str(error.message if hasattr(error, "option_name") else error.format_message())
    return " ".join(text.split()).rstrip(".")


def _usage_remedy(error: Any, context: typer.Context | None, command: str) -> str:
    known = _known_options(context)
    if hasattr(error, "option_name") and known:
        near = nearest(str(error.option_name), known)
        if near:
            return f"did you mean {near}? ({command} --help lists the options)"
    return f"{command} --help says what is expected"


def _known_options(context: typer.Context | None) -> list[str]:
    if context is None:
        return []
    return [name for parameter in context.command.params for name in parameter.opts]


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name that is most like `name`, or None where none is."""
    found = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return found[0] if found else None
