"""Submitting a sweep to a Ray cluster: what travels there, and where one meets it again.

The job runs `xlt run` on the cluster, on the very code that submitted it. What it leaves lies where
both the cluster and this machine see it; `xlt status` and the others read it there, job or no job.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from sweeps.interface.audience import Audience
from sweeps.interface.loaded import LoadedSweep
from sweeps.interface.parcels import parcelled
from sweeps.interface.places import folder_of, placed, refuse_a_foreign_folder
from sweeps.interface.refusals import changed_of
from sweeps.interface.running import Manner, require_arguments
from sweeps.spec.desired_state import DesiredState, requested
from sweeps.spec.paths import EVENTS, SweepFolder, shown
from sweeps.spec.usual import usual
from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    from sweeps.execution.jobs import Job, JobsOfCluster
    from sweeps.spec.sweep import Sweep

SPEC_NAME = "spec.yaml"
LOOK_SECONDS = 1.0
LAST_WORDS = 18  # lines of a job that are shown; with what stands around them, a screen
_RAYS_OWN = re.compile(r"\d{4}-\d\d-\d\d [\d:,]+\s+INFO |Running entrypoint for job ")
_OTHER_PYTHON = (
    "the `python` that jobs find on the cluster lacks what xlt needs: start Ray's head in the "
    "environment that xlt is installed in"
)


@dataclass(frozen=True)
class Submitted:
    """A sweep that a cluster runs, or has run.

    Attributes:
        again: whether a job ran it before it was submitted now.
    """

    folder: SweepFolder
    job: Job
    again: bool


def submit(
    spec: str | PathLike[str] | Mapping[str, object],
    *,
    overrides: Sequence[str] = (),
    folder: str | PathLike[str] | None = None,
    address: str | None = None,
    workers: int | None = None,
    retry_failed: bool = False,
    quiet: bool = False,
) -> LoadedSweep:
    """Run, resume or extend a sweep on a Ray cluster, as `xlt submit` does; it has begun on return.

    It runs there as a job: `status`, `results` and the others look from here, and this process may
    end. A sweep that runs there already is left alone.

    Args:
        spec, overrides, folder, workers, retry_failed, quiet: as `sweeps.run` has them.
        address: where the cluster takes jobs, `http://HOST:8265`; without, the usual one
            (`RAY_ADDRESS`, or `address:` of the config file).

    Raises:
        UserMistake: what `xlt submit` would refuse, in its words.
    """
    from sweeps.spec.shipped import standing_for

    require_arguments(spec, overrides, workers)
    written = spec if isinstance(spec, Mapping) else standing_for(Path(spec)) or Path(spec)
    place = None if folder is None else fspath(folder)
    manner = Manner(address, workers, retry_failed)
    say = Audience(quiet=quiet).say
    found = submit_spec(written, overrides, place, manner, say)
    for line in said_of(found):
        say(line)
    return LoadedSweep(found.folder)


def said_of(found: Submitted) -> Iterator[str]:
    """What became of a sweep that was submitted, and how it is met from here; a sentence a line."""
    name, job = found.folder.called, found.job
    if found.again:
        yield f"{found.folder.name} is being run there by job {job.id} already"
        if requested(found.folder) == DesiredState.PAUSE:
            yield f"it is paused: `xlt resume {name}` lifts that"
    elif job.has_ended:
        yield f"{found.folder.name}: job {job.id} has ended"
    yield f"watch it: `xlt status {name}`, `xlt logs {name} --follow`; end it: `xlt stop {name}`"


def address_of(given: str | None) -> str:
    """The cluster's address: the given one, else the usual one.

    Raises:
        UserMistake: there is none.
    """
    found = given or usual("address")
    if not found:
        what = "no cluster is named"
        remedy = "write --address http://HOST:8265, set RAY_ADDRESS, or address: in the config file"
        raise UserMistake(Mistake("xlt submit", what, remedy))
    return found


def submit_spec(
    spec: Path | Mapping[str, object],
    overrides: Sequence[str],
    folder: str | None,
    manner: Manner,
    say: Callable[[str], None],
) -> Submitted:
    """Have the cluster at `manner.address` run the sweep of a spec; return once it has begun.

    A sweep that is being run there already is left alone.

    Raises:
        UserMistake: the spec is wrong; the cluster cannot be reached or refuses us; what the job
            said, where it ended before it had begun the sweep.
    """
    from sweeps.execution.jobs import JobsOfCluster
    from sweeps.spec.read import read_spec

    cluster = JobsOfCluster(address_of(manner.address))
    sweep = read_spec(spec, overrides)
    place = SweepFolder(folder_of(sweep.name, folder).absolute)
    _require_bare(place)
    sweep = placed(sweep, place)
    refuse_a_foreign_folder(place, sweep.name)
    words = ("run", SPEC_NAME, "--yes", "--folder", str(place.place))
    return _submitted(cluster, sweep, place, _command(words, manner), say)


def submit_again(folder: SweepFolder, manner: Manner, say: Callable[[str], None]) -> Submitted:
    """Have the cluster at `manner.address` go on with a sweep that has begun. As `submit_spec`."""
    from sweeps.execution.jobs import JobsOfCluster
    from sweeps.spec.stored import read_stored_spec

    cluster = JobsOfCluster(address_of(manner.address))
    place = SweepFolder(folder.absolute)
    _require_bare(place)
    words = ("resume", str(place.place))
    return _submitted(cluster, read_stored_spec(folder), place, _command(words, manner), say)


def _submitted(
    cluster: JobsOfCluster,
    sweep: Sweep,
    place: SweepFolder,
    command: str,
    say: Callable[[str], None],
) -> Submitted:
    if (running := _running(cluster, place)) is not None and requested(place).ends:
        say(f"{sweep.name}: job {running.id} was told to end, and is waited for")
        _ended(cluster, running)
        running = _running(cluster, place)
    if running is not None:
        _require_same(sweep, place, running)
        return Submitted(place, running, True)
    for text in _alone(sweep, place):
        say(text)
    _, before = place.files.read_from(EVENTS, 0)
    text = yaml.safe_dump(_flat(sweep), sort_keys=False, allow_unicode=True)
    with parcelled({SPEC_NAME: text}, command) as parcel:
        job = cluster.hand_over(shown(place.place), sweep.name, parcel)
    say(f"{sweep.name}: job {job.id} on {cluster.address}")
    try:
        return Submitted(place, _begun(cluster, place, before, job, say), False)
    except UserMistake:
        # Of two who submit it at once, one finds it taken.
        other = _running(cluster, place)
        if other is None or other.id == job.id:
            raise
        _require_same(sweep, place, other)
        return Submitted(place, other, True)


def _ended(cluster: JobsOfCluster, job: Job) -> None:
    import threading

    pause = threading.Event()
    while not cluster.look(job.id).has_ended:
        pause.wait(LOOK_SECONDS)


def _require_same(sweep: Sweep, place: SweepFolder, job: Job) -> None:
    """Raise UserMistake where the job runs another spec than this one: it would be passed over."""
    if other := changed_of(sweep, place):
        what = f"is being run by job {job.id} with another spec: {', '.join(other)}"
        remedy = f"`xlt stop {place.called}`, and submit it again when that has ended"
        raise UserMistake(Mistake(sweep.name, what, remedy))


def _running(cluster: JobsOfCluster, place: SweepFolder) -> Job | None:
    jobs = cluster.of_sweep(shown(place.place))
    return next((job for job in jobs if not job.has_ended), None)


def _alone(sweep: Sweep, place: SweepFolder) -> Iterator[str]:
    """What lies on this machine's disk: fine where every machine has the same folder there."""
    places = {"the sweep's folder": shown(place.absolute), "store": sweep.store}
    databases = {"storage": sweep.storage, "tracking": sweep.tracking}
    here = [name for name, where in places.items() if "://" not in where]
    here += [name for name, where in databases.items() if where.startswith("sqlite:")]
    if here:
        yield (
            f"on this machine's disk: {', '.join(here)}; the cluster's machines must have the "
            "same folders (see docs/cluster.md)"
        )


def _flat(sweep: Sweep) -> dict[str, object]:
    """The spec as one file that reads the same from any folder; passwords are variables in it."""
    from sweeps.spec.sources import kind_of
    from sweeps.spec.stored import to_data

    settled = {name: to_data(sweep)[name] for name in ("store", "storage", "tracking")}
    found = {**sweep.source, "name": sweep.name, **settled}
    if kind_of(sweep.data) == "folder":
        found["data"] = {"folder": sweep.data}
    # Those of a choice may be folders as well; any other range is none of an encoder.
    encoder = sweep.encoder
    found["encoder"] = encoder if isinstance(encoder, str) else {"choice": list(encoder.choices)}
    return found


def _command(asked: Sequence[str], manner: Manner) -> str:
    words = ["python", "-m", "sweeps", *asked, "--address", "auto"]
    if manner.workers is not None:
        words += ["--workers", str(manner.workers)]
    if manner.retry_failed:
        words.append("--retry-failed")
    return shlex.join(words)


def _require_bare(place: SweepFolder) -> None:
    """Raise UserMistake where a password would be shown to whoever looks at the jobs."""
    if str(place.place) != shown(place.place):
        what = "has a password in it, which the cluster's list of jobs would show"
        remedy = "leave it out, and give it to both machines by their environment"
        raise UserMistake(Mistake(f"the sweep's folder, {shown(place.place)}", what, remedy))


def _begun(
    cluster: JobsOfCluster,
    place: SweepFolder,
    before: int,
    job: Job,
    say: Callable[[str], None],
) -> Job:
    """Wait until the job drives the sweep, which its journal tells; say what it waits for.

    Args:
        before: how long the journal was before the job began.

    Raises:
        UserMistake: it ended before; what it said is the mistake.
    """
    import threading

    pause, told = threading.Event(), ""
    while True:
        job = cluster.look(job.id)
        if not job.has_ended and job.said not in ("", told):
            say(f"{job.status}: {job.said}")
            told = job.said
        if job.status == "SUCCEEDED" or (not job.has_ended and _has_started(place, before)):
            return job
        if job.has_ended:
            raise UserMistake(_ended_early(job, cluster.said(job.id)))
        pause.wait(LOOK_SECONDS)


def _has_started(place: SweepFolder, before: int) -> bool:
    """Whether a driver has taken the sweep up: nothing is refused after that."""
    from sweeps.results.status import read_events
    from xlt_core.vocabulary.events import SweepStarted

    return any(isinstance(event, SweepStarted) for event in read_events(place, before))


def _ended_early(job: Job, text: str) -> Mistake:
    """The job's own last words: where it refused the sweep, why, and no more than a screen."""
    said = [line for line in text.strip().splitlines() if not _RAYS_OWN.match(line)]
    what = f"ended ({job.status}) before it had begun the sweep"
    lines = ["it said:", *said[-LAST_WORDS:]]
    if any(line.startswith("ModuleNotFoundError") for line in said):
        lines.append(_OTHER_PYTHON)
    return Mistake(f"job {job.id}", what, "\n".join(lines))
