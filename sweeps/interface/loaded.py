"""A sweep as Python has it: what it found and where it stands, read anew whenever it is asked.

`load` finds one by name, folder or URL. `frames` makes the tables, `sweeps.results` has the values
they are made of.
"""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sweeps.interface.places import find_sweep
from sweeps.spec.paths import SweepFolder, shown
from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    import pandas as pd

    from sweeps.interface.exporting import Exported
    from sweeps.results.rows import SweepResults
    from sweeps.results.winners import Winner
    from sweeps.spec.sweep import Sweep


def load(sweep: str | PathLike[str]) -> LoadedSweep:
    """A sweep that has begun, running or not, by its name under runs/, its folder or its URL.

    Raises:
        UserMistake: there is no such sweep; a plug-in cannot be imported.
    """
    from sweeps.spec.sound import import_sound_plugins

    import_sound_plugins()
    if not isinstance(sweep, str | PathLike):
        what = f"is neither a name, a folder nor a URL, but {sweep!r}"
        raise UserMistake(Mistake("sweep", what, "`xlt status` lists the sweeps there are"))
    return LoadedSweep(find_sweep(fspath(sweep)))


class LoadedSweep:
    """A sweep that has begun. Its methods raise UserMistake where what it left does not read."""

    def __init__(self, folder: SweepFolder) -> None:
        self.folder = folder

    def __repr__(self) -> str:
        return f"LoadedSweep({shown(self.folder.place)!r})"

    @property
    def spec(self) -> Sweep:
        """What it was started with; `spec.source` is the spec as it was written, as a mapping."""
        from sweeps.spec.stored import read_stored_spec

        return read_stored_spec(self.folder)

    def results(self) -> pd.DataFrame:
        """Every score so far, a row each, in the columns of `xlt results --json`.

        Scores are percent, a gain is in points and NaN where the baseline is not known, settings
        are mappings. Without a finished trial the columns alone.
        """
        from sweeps.interface.frames import frame
        from sweeps.results.rows import ScoreRow

        return frame(ScoreRow, self.rows())

    def best(self) -> tuple[Winner, ...]:
        """What each way of choosing selects so far, as `xlt results` shows it.

        First the plan that was chosen on English, then the one chosen on target languages, which
        is marked (`is_zero_shot`); none that has nothing to choose by.
        """
        from sweeps.results.winners import winners

        return winners(self.found())

    def status(self) -> dict[str, Any]:
        """Where it stands: what `xlt status --json` prints of it."""
        from sweeps.results.status import sweep_status

        return sweep_status(self.folder).to_json()

    def stages(self) -> pd.DataFrame:
        """Every distinct stage that its trials ask for so far, a row each, parents first.

        The columns are `StageRow`'s: what became of it, which trials ask for it, what it took.
        """
        from sweeps.interface.frames import frame
        from sweeps.results.stages import StageRow
        from sweeps.results.status import sweep_stages

        return frame(StageRow, [row.to_json() for row in sweep_stages(self.folder)])

    def export(
        self,
        to: str | PathLike[str],
        *,
        trial: int | None = None,
        chosen_by: str = "english",
        target: str | None = None,
        seed: int | None = None,
        retrain: bool = False,
        register: str | None = None,
        alias: str | None = None,
        say: Callable[[str], None] | None = None,
    ) -> Exported:
        """Write a trained model as a folder that transformers' Auto classes load.

        Args:
            to: a new or empty folder.
            trial: its number; without, the winner.
            chosen_by: what chooses the winner, `english` or `all`.
            target: which of several.
            seed: the sweep's first without.
            retrain: train here what was pruned from the store.
            register: have it be a version of this registered model of MLflow.
            alias: of that version.
            say: is told what is trained on the way.
        """
        from sweeps.interface.exporting import Register, export_model
        from sweeps.results.models import Asked

        if alias and not register:
            what = "is an alias of no registered model"
            raise UserMistake(Mistake(f"--alias {alias}", what, "name the model: --register NAME"))
        asked = Asked(trial, chosen_by, target, seed)
        named = Register(register, alias or "") if register else None
        return export_model(self.folder, asked, Path(to).expanduser(), retrain, named, say)

    def report(self, to: str | PathLike[str] | None = None) -> str:
        """Write its report, as `xlt report` does; where the page is.

        Args:
            to: a folder or URL; `report` within the sweep's own folder without.
        """
        from sweeps.interface.reporting import write_report_of

        return write_report_of([self.folder], None if to is None else fspath(to))

    def rows(self) -> list[dict[str, object]]:
        """`results` as plain data: what `xlt results --json` prints."""
        return [row.to_json() for row in self.found().rows]

    def found(self) -> SweepResults:
        """All that tables are made of: spec, inputs, trials and scores."""
        from sweeps.results.rows import read_results

        return read_results(self.folder)
