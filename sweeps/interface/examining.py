"""Looking at machines for `xlt doctor`: what is looked at, and where.

`sweeps.execution.checks` has the checks. Here it is decided which places, data and encoder they
are asked of: those of a sweep or a spec, else the usual places of all sweeps.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sweeps.interface.places import find_sweep, folder_of, placed
from sweeps.spec.paths import PREPARED, SweepFolder
from xlt_core.plugins import named_plugins
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.refs import EncoderRef

if TYPE_CHECKING:
    from sweeps.execution.checks.check import Cell, LookedAt, Subject
    from sweeps.spec.sweep import Sweep

HERE = "this machine"
_SUBJECT = "subject.json"


def examine_here(meant: str | None) -> tuple[LookedAt, ...]:
    """Look at this machine.

    Args:
        meant: a spec's file, the name of a shipped one, or a sweep's; None for none.

    Raises:
        UserMistake: there is no such spec or sweep, or it does not read.
    """
    from sweeps.execution.checks.check import LookedAt
    from sweeps.execution.checks.looking import look
    from sweeps.execution.checks.memory import gpus

    counted, cores = float(len(gpus())), float(len(os.sched_getaffinity(0)))
    subject = replace(subject_of(meant), cpus=cores, gpus=counted or None)
    return (LookedAt(HERE, look(subject)),)


def examine_cluster(meant: str | None, address: str) -> tuple[LookedAt, ...]:
    """Have a job of the cluster at `address` look at each of its nodes. As `examine_here`.

    Raises:
        UserMistake: the cluster cannot be reached, refuses us, or could not run the job.
    """
    from sweeps.execution.checks.answer import answer_in
    from sweeps.execution.jobs import JobsOfCluster
    from sweeps.interface.parcels import parcelled

    subject = subject_of(meant)
    cluster = JobsOfCluster(address)
    command = shlex.join(["python", "-m", "sweeps.execution.checks", _SUBJECT])
    with parcelled({_SUBJECT: subject.to_text()}, command) as parcel:
        job, said = cluster.run("doctor", parcel)
    found = answer_in(said)
    if found is None:
        last = "\n".join(["it said:", *said.strip().splitlines()[-15:]])
        what = f"ended ({job.status}) without looking at the nodes"
        raise UserMistake(Mistake(f"job {job.id} on {address}", what, last))
    return found


def subject_of(meant: str | None) -> Subject:
    """What a sweep or a spec is about; the usual places where neither is named.

    Raises:
        UserMistake: there is no such spec or sweep, or it does not read.
    """
    if meant is None:
        return _usual()
    sweep, folder = _meant(meant)
    return _of_sweep(sweep, folder)


def _usual() -> Subject:
    from sweeps.execution.checks.check import Subject
    from sweeps.spec.addresses import database, lent, location, without_passwords
    from sweeps.spec.usual import usual

    folder = SweepFolder.named("NAME")
    places = {
        "store": usual("store") or folder.default_store,
        "storage": usual("storage") or folder.default_storage,
        "tracking": usual("tracking") or folder.default_tracking,
    }
    bare, passwords = without_passwords({name: text for name, text in places.items() if text})
    lent(passwords, over=False)
    found = {name: str(bare.get(name, "")) for name in places}
    return Subject(
        store=location(found["store"]),
        storage=database(found["storage"]) if found["storage"] else "",
        tracking=database(found["tracking"]) if found["tracking"] else "",
        plugins=named_plugins(),
    )


def _meant(text: str) -> tuple[Sweep, SweepFolder]:
    """A file is a spec; a word is a sweep that has begun, else a spec that xlt ships."""
    from sweeps.spec.read import read_spec
    from sweeps.spec.shipped import standing_for
    from sweeps.spec.stored import read_stored_spec

    spec = Path(text) if Path(text).is_file() else None
    if spec is None:
        try:
            folder = find_sweep(text)
            return read_stored_spec(folder), folder
        except UserMistake:
            spec = standing_for(Path(text))
            if spec is None:
                raise
    sweep = read_spec(spec, [])
    folder = SweepFolder(folder_of(sweep.name).absolute)
    return placed(sweep, folder), folder


def _of_sweep(sweep: Sweep, folder: SweepFolder) -> Subject:
    from sweeps.execution.checks.check import Subject
    from sweeps.spec.commits import source_ref
    from sweeps.spec.inputs import read_prepared
    from xlt_core.memory import foreseen_bytes

    prepared = read_prepared(folder) if folder.files.has(PREPARED) else None
    if prepared is None:
        encoders = tuple(_named(name) for name in sweep.encoders)
        cells = tuple(dict.fromkeys(_cells(sweep)))
    else:
        encoders, cells = prepared.every_encoder, tuple(prepared.data)
    return Subject(
        store=sweep.store,
        storage=sweep.storage,
        tracking=sweep.tracking,
        source=source_ref(sweep, prepared),
        cells=cells,
        encoders=encoders,
        training_bytes=max(map(foreseen_bytes, encoders), default=0),
        device=sweep.execution.device,
        memory=sweep.execution.most_memory,
        threads=sweep.execution.threads,
        plugins=named_plugins(),
    )


def _cells(sweep: Sweep) -> Iterator[Cell]:
    from sweeps.spec.prepare import training_cells

    yield from training_cells(sweep)
    for target in sweep.targets:
        for split in sweep.splits:
            for code in target.languages or ("",):
                yield target.task, code, split


def _named(name: str) -> EncoderRef:
    """Which encoder a name means; its files are not looked at."""
    from xlt_core.models.encoders import is_lab, place_of
    from xlt_core.models.hub_encoders import MAIN, REVISIONS
    from xlt_core.models.pretrainings import pretraining_of

    how = pretraining_of(name)
    if how is not None:
        return replace(_named(how.skeleton), name=name)
    if is_lab(name):
        return EncoderRef(name, "", name)
    if Path(name).expanduser().is_dir():
        return EncoderRef(name, "", str(Path(name).expanduser().resolve()))
    repository, revision = place_of(name)
    return EncoderRef(name, "", repository, revision or REVISIONS.get(repository, MAIN))
