"""Writing the report of a sweep, or of several side by side: `xlt report` and Python alike.

`sweeps.report` builds it and knows its files; here is where it goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sweeps.spec.files import files_at
from sweeps.spec.paths import REPORT, Place, SweepFolder, place_of, runs_place, shown, within
from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    from sweeps.report.document import Report


def report_of(folders: Sequence[SweepFolder]) -> Report:
    """The report of one sweep, or of several that are compared.

    Raises:
        UserMistake: a sweep has not started yet or does not read; one is named twice.
    """
    from sweeps.report.compared import comparison
    from sweeps.report.whole import whole_report
    from sweeps.results.facts import read_facts

    places = [str(folder.absolute) for folder in folders]
    if twice := next((one for one in folders if places.count(str(one.absolute)) > 1), None):
        what = "is named twice"
        raise UserMistake(Mistake(twice.name, what, "name each sweep that is compared once"))
    every = [read_facts(folder) for folder in folders]
    return whole_report(every[0]) if len(every) == 1 else comparison(every)


def write_report_of(folders: Sequence[SweepFolder], out: str | None = None) -> str:
    """Write the report; where its page lies, for people.

    Args:
        out: a folder or URL; without, `report` within the sweep's own folder, or for several
            `report-A-B` beside them.

    Raises:
        UserMistake: as `report_of`; the folder holds files that no report wrote, or cannot be
            written.
    """
    from sweeps.report.artifacts import PAGE
    from sweeps.report.files import write_report

    place = place_of(out) if out else _usual(folders)
    where = f"--out {shown(place)}"
    report = report_of(folders)
    try:
        write_report(report, files_at(place), where)
    except OSError as error:
        what = f"cannot be written: {error.strerror or error}"
        raise UserMistake(Mistake(where, what, "name another folder")) from error
    return shown(within(place, PAGE))


def _usual(folders: Sequence[SweepFolder]) -> Place:
    if len(folders) == 1:
        return within(folders[0].place, REPORT)
    return within(runs_place(), "-".join([REPORT, *(folder.name for folder in folders)]))
