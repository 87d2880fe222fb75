"""Submitting a sweep to a Ray cluster: what travels there, and where one meets it again.

The job runs `xlt run` on the cluster, on the very code that submitted it. What it leaves lies where
both the cluster and this machine see it; `xlt status` and the others read it there, job or no job.
"""

from __future__ import annotations

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
from sweeps.interface.running import Manner, require_arguments
from sweeps.spec.paths import SweepFolder, shown
from sweeps.spec.usual import usual
from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    from sweeps.execution.jobs import Job, JobsOfCluster
    from sweeps.spec.sweep import Sweep

SPEC_NAME = "spec.yaml"
LOOK_SECONDS = 1.0
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
    found = submit_spec(written, overrides, place, manner, Audience(quiet=quiet).say)
    return LoadedSweep(found.folder)


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
    if (running := _running(cluster, place)) is not None:
        return Submitted(place, running, True)
    for text in _alone(sweep, place):
        say(text)
    text = yaml.safe_dump(_flat(sweep), sort_keys=False, allow_unicode=True)
    with parcelled({SPEC_NAME: text}, command) as parcel:
        job = cluster.hand_over(shown(place.place), sweep.name, parcel)
    say(f"{sweep.name}: job {job.id} on {cluster.address}")
    return Submitted(place, _begun(cluster, place, job, say), False)


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
            f"{' and '.join(here)}: on this machine's disk; the cluster's machines must have the "
            "same folders (see docs/cluster.md)"
        )


def _flat(sweep: Sweep) -> dict[str, object]:
    """The spec as one file that reads the same from any folder; passwords are variables in it."""
    from sweeps.spec.stored import to_data

    settled = {name: to_data(sweep)[name] for name in ("store", "storage", "tracking")}
    found = {**sweep.source, "name": sweep.name, **settled}
    if sweep.data not in ("hub", "lab"):
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


def _begun(cluster: JobsOfCluster, place: SweepFolder, job: Job, say: Callable[[str], None]) -> Job:
    """Wait until the job drives the sweep; say what it waits for meanwhile.

    Raises:
        UserMistake: it ended before; what it said is the mistake.
    """
    import threading

    from sweeps.results.status import is_driven

    pause, told = threading.Event(), ""
    while True:
        job = cluster.look(job.id)
        if not job.has_ended and job.said not in ("", told):
            say(f"{job.status}: {job.said}")
            told = job.said
        if job.status == "SUCCEEDED" or (not job.has_ended and _is_driven(place, is_driven)):
            return job
        if job.has_ended:
            said = cluster.said(job.id).strip().splitlines()
            what = f"ended ({job.status}) before it had begun the sweep"
            remedy = "\n".join(["it said:", *said[-25:]])
            if any(line.startswith("ModuleNotFoundError") for line in said):
                remedy += f"\n{_OTHER_PYTHON}"
            raise UserMistake(Mistake(f"job {job.id}", what, remedy))
        pause.wait(LOOK_SECONDS)


def _is_driven(place: SweepFolder, is_driven: Callable[[SweepFolder], bool]) -> bool:
    return place.exists and is_driven(place)
