"""Running a sweep in this process, from a spec to its end: `run`, and what `xlt run` does alike.

`agreement` holds the spec against the sweep of that name, `refusals` what cannot be run here or
now, `audience` hears of it. `go_on` is `resume`: it shares `carry_out`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from sweeps.interface.agreement import agree
from sweeps.interface.alone import alone
from sweeps.interface.audience import Audience
from sweeps.interface.loaded import LoadedSweep
from sweeps.interface.places import folder_of, placed, refuse_a_foreign_folder
from sweeps.interface.refusals import refuse_a_second_driver, require_reach, require_shared
from sweeps.processes import uncollected
from sweeps.results.states import SweepState
from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    from sweeps.execution.driver import Ended
    from sweeps.execution.worker_template import WorkerTemplate
    from sweeps.spec.inputs import ResolvedInputs
    from sweeps.spec.paths import SweepFolder
    from sweeps.spec.sweep import Sweep


@dataclass(frozen=True)
class Manner:
    """How a run is carried out; none of it changes a result.

    Attributes:
        address: a Ray cluster's; None starts one here.
        workers: stages at once; None for what the spec says.
        retry_failed: whether trials are tried again that failed of their own.
    """

    address: str | None = None
    workers: int | None = None
    retry_failed: bool = False

    def of(self, sweep: Sweep) -> Sweep:
        """The sweep with the number of workers that is asked for."""
        if self.workers is None:
            return sweep
        return replace(sweep, execution=replace(sweep.execution, workers=self.workers))


@dataclass(frozen=True)
class Ran:
    """A sweep that was run, and how that ended."""

    sweep: Sweep
    folder: SweepFolder
    ended: Ended


def run(
    spec: str | PathLike[str] | Mapping[str, object],
    *,
    overrides: Sequence[str] = (),
    folder: str | PathLike[str] | None = None,
    address: str | None = None,
    workers: int | None = None,
    retry_failed: bool = False,
    yes: bool = False,
    quiet: bool = False,
) -> LoadedSweep:
    """Run, resume or extend a sweep to its end, as `xlt run` does; progress goes to stderr.

    A sweep that somebody stops, whose trials fail or are held up by a machine's faults, ends like
    any other: its `status` says so.

    Args:
        spec: a YAML file, the name of a shipped spec, or a mapping of the same shape.
        overrides: fields to override, as `"recipe.train.steps=500"`.
        folder: the sweep's; `runs/<name>` without.
        address: a Ray cluster's; without, one is started here.
        workers: stages at once.
        retry_failed: try trials again that failed of their own.
        yes: extend a sweep that has begun where the spec asks for more.
        quiet: say nothing.

    Raises:
        UserMistake: what `xlt run` would refuse, in its words.
        KeyboardInterrupt: Ctrl-C; what runs has kept a checkpoint, and `run` goes on from there.
    """
    from sweeps.spec.shipped import standing_for

    require_arguments(spec, overrides, workers)
    written = spec if isinstance(spec, Mapping) else standing_for(Path(spec)) or Path(spec)
    place = None if folder is None else fspath(folder)
    manner = Manner(address, workers, retry_failed)
    ran = run_spec(written, overrides, place, manner, Audience(yes, quiet))
    # Open trials are told of where no signal came: a machine's faults hold them up.
    if ran.ended.state == SweepState.INTERRUPTED and not ran.ended.open_trials:
        raise KeyboardInterrupt
    return LoadedSweep(ran.folder)


def require_arguments(spec: object, overrides: object, workers: object) -> None:
    """Raise UserMistake where `run` was called with what no command line could say."""
    if not isinstance(spec, str | PathLike | Mapping):
        what = f"is neither a file, a name nor a mapping, but {spec!r}"
        raise UserMistake(Mistake("spec", what, "write 'first.yaml', or a mapping of its shape"))
    if not spec:
        what = "is empty"
        raise UserMistake(Mistake("spec", what, "write at least name, intermediate and targets"))
    if isinstance(overrides, str):
        remedy = f"write overrides=[{overrides!r}]"
        raise UserMistake(Mistake("overrides", "is a text, not a list of them", remedy))
    whole = isinstance(workers, int) and not isinstance(workers, bool) and workers >= 1
    if workers is not None and not whole:
        what = f"should be a whole number of at least 1, not {workers!r}"
        raise UserMistake(Mistake("workers", what, "or leave it out: the spec says how many"))


@alone()
def run_spec(
    spec: Path | Mapping[str, object],
    overrides: Sequence[str],
    folder: str | None,
    manner: Manner,
    audience: Audience,
) -> Ran:
    """Run the sweep of a spec, go on with it, or extend it.

    Raises:
        UserMistake: the spec is wrong, another question than the sweep that began under its name,
            or cannot be run here or now.
    """
    from sweeps.spec.addresses import require_passwords
    from sweeps.spec.inputs import planned
    from sweeps.spec.prepare import prepare
    from sweeps.spec.read import read_spec

    sweep = manner.of(read_spec(spec, overrides))
    require_passwords(sweep)
    place = folder_of(sweep.name, folder)
    sweep = placed(sweep, place)
    refuse_a_foreign_folder(place, sweep.name)
    refuse_a_second_driver(place, sweep)
    require_reach(manner.address)
    audience.say(f"{sweep.name}: opening data and encoder")
    with _workers_ahead(sweep, manner) as template:
        with uncollected():
            prepared = prepare(sweep, planned(place))
        if place.exists:
            sweep = agree(sweep, prepared, place, audience)
        return carry_out(sweep, prepared, place, manner, audience, template)


@alone()
def go_on(folder: SweepFolder, manner: Manner, audience: Audience) -> Ran:
    """Go on with a sweep by the spec that it was started with. Raises as `run_spec`."""
    from sweeps.spec.addresses import require_passwords
    from sweeps.spec.inputs import planned
    from sweeps.spec.prepare import prepare
    from sweeps.spec.stored import check_stored, read_stored_spec, with_places

    stored = manner.of(read_stored_spec(folder))
    check_stored(folder, stored)
    stored = with_places(folder, stored)
    require_passwords(stored)  # all that lack at once: who drives it is read in the study
    refuse_a_second_driver(folder)
    require_reach(manner.address)
    audience.say(f"{stored.name}: opening data and encoder")
    with _workers_ahead(stored, manner) as template:
        with uncollected():
            prepared = prepare(stored, planned(folder))
        agreed = agree(stored, prepared, folder, audience)
        return carry_out(agreed, prepared, folder, manner, audience, template)


@contextmanager
def _workers_ahead(sweep: Sweep, manner: Manner) -> Iterator[WorkerTemplate | None]:
    """What workers need is imported by another core, while this process opens what it needs."""
    from sweeps.execution.worker_template import worker_template

    with worker_template(sweep.execution, manner.address) as template:
        yield template


def carry_out(
    sweep: Sweep,
    prepared: ResolvedInputs,
    folder: SweepFolder,
    manner: Manner,
    audience: Audience,
    template: WorkerTemplate | None = None,
) -> Ran:
    """Run to the end. Raises what `run_sweep` raises; UserMistake: the store cannot be used."""
    from sweeps.execution.driver import run_sweep
    from sweeps.interface.forecasts import cautions_of, forecast_of, known_trials
    from sweeps.results.rows import overlap_texts
    from sweeps.results.status import lacks_scores
    from sweeps.search.retry import to_retry
    from sweeps.search.trial import TrialState
    from sweeps.spec.stems import blaming
    from xlt_core.data.encoding import check_writable
    from xlt_core.store import Store

    require_shared(sweep, folder)
    with blaming(sweep.where("store")):
        Store(sweep.store).check()
    check_writable(folder.cache)
    before = known_trials(sweep)
    expected = forecast_of(sweep, prepared, before)
    audience.still_wanted()
    audience.say(expected.sentence())
    for text in (*cautions_of(sweep, prepared), *overlap_texts(prepared), *prepared.notes):
        audience.say(text)
    revisit = lacks_scores(sweep, prepared, before)
    again = to_retry(before, manner.retry_failed)
    if again:
        audience.say(f"{len(again)} failed trials are tried again")
    ended = sum(trial.state != TrialState.RUNNING for trial in before) - len(again)
    with audience.watching(expected.trials, 0 if revisit else ended) as observe:
        how = run_sweep(
            sweep, prepared, folder, observe, manner.address, revisit, manner.retry_failed, template
        )
    return Ran(sweep, folder, how)
