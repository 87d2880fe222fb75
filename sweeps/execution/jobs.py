"""Sweeps as jobs of a Ray cluster: handed over by its Jobs API, and found again by their sweep.

Which sweep a job runs stands in the job's metadata. Two jobs of one sweep do no harm: the sweep's
own lease lets one of them drive.
"""

from __future__ import annotations

import logging
import re
import secrets
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sweeps.execution.address import CONNECT_SECONDS
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.lines import first_line

if TYPE_CHECKING:
    from ray.job_submission import JobSubmissionClient

SWEEP = "xlt_sweep"  # of a job's metadata: where its sweep lies
_TELLING_EACH_UPLOAD = ("ray.dashboard.modules.dashboard_sdk", "ray._private.runtime_env.packaging")
LOOK_SECONDS = 0.3
_ENDED = ("SUCCEEDED", "FAILED", "STOPPED")
_TOKEN = "RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH=FILE"


@dataclass(frozen=True)
class Job:
    """A job as the cluster tells of it.

    Attributes:
        id: the cluster's name for it.
        status: PENDING, RUNNING, SUCCEEDED, FAILED or STOPPED.
        said: why, where the cluster says so.
    """

    id: str
    status: str
    said: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether it will do no more."""
        return self.status in _ENDED


@dataclass(frozen=True)
class Parcel:
    """What travels to the cluster for a job.

    Attributes:
        folder: where the job starts.
        packages: folders of Python packages, the code that runs there.
        command: what is run, a line of a shell.
        variables: its environment, without secrets: a cluster shows it to whoever may look.
    """

    folder: Path
    packages: tuple[Path, ...]
    command: str
    variables: Mapping[str, str]


class JobsOfCluster:
    """The Jobs API of one cluster.

    Raises, by every method:
        UserMistake: nobody answers, or not to us, or by another version of Ray.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        _require_form(address)
        with self._answering():
            self._client = _connected(address)
        self._require_same_ray()

    def of_sweep(self, place: str) -> list[Job]:
        """Jobs of the sweep at `place`, in order of submission."""
        with self._answering():
            found = self._client.list_jobs()
        own = [job for job in found if (job.metadata or {}).get(SWEEP) == place]
        own.sort(key=lambda job: job.start_time or 0)
        return [_job(job) for job in own]

    def hand_over(self, place: str, name: str, parcel: Parcel) -> Job:
        """Have `parcel` run as the next job of the sweep at `place`; say which it became."""
        number = len(self.of_sweep(place)) + 1
        stem = re.sub(r"[^A-Za-z0-9_.-]", "-", name)
        while True:
            try:
                with self._answering():
                    found = self._client.submit_job(
                        entrypoint=parcel.command,
                        submission_id=f"xlt-{stem}-{number}",
                        metadata={SWEEP: place},
                        runtime_env=_environment(parcel),
                    )
                return self.look(found)
            except _TakenError:  # another sweep of that name, or the same from elsewhere
                number += 1

    def run(self, name: str, parcel: Parcel) -> tuple[Job, str]:
        """Have `parcel` run as a job of no sweep, and wait for its end.

        Returns:
            How it ended, and what it wrote.
        """
        with self._answering():
            identity = f"xlt-{name}-{secrets.token_hex(4)}"
            found = self._client.submit_job(
                entrypoint=parcel.command, submission_id=identity, runtime_env=_environment(parcel)
            )
        pause = threading.Event()
        while not (job := self.look(found)).has_ended:
            pause.wait(LOOK_SECONDS)
        return job, self.said(found)  # deleted, it would stay in the list as one that failed

    def look(self, job: str) -> Job:
        """How a job stands."""
        with self._answering():
            return _job(self._client.get_job_info(job))

    def said(self, job: str) -> str:
        """What a job has written so far."""
        with self._answering():
            return str(self._client.get_job_logs(job))

    def _require_same_ray(self) -> None:
        import ray

        there = self._client._server_ray_version  # it has just been asked for
        if there and there != ray.__version__:
            what = f"the cluster has Ray {there}, this machine has {ray.__version__}"
            remedy = f"install ray=={there} here (a new environment will do), or renew the cluster"
            raise UserMistake(Mistake(f"--address {self.address}", what, remedy))

    @contextmanager
    def _answering(self) -> Iterator[None]:
        import requests
        from ray.exceptions import AuthenticationError

        try:
            yield
        except AuthenticationError:
            raise UserMistake(_refused(self.address)) from None
        except (RuntimeError, ValueError, OSError, requests.RequestException) as error:
            if "already exists" in str(error):
                raise _TakenError from None
            raise UserMistake(_unreached(self.address, first_line(error))) from None


class _TakenError(Exception):
    """A submission id has been used before."""


def _environment(parcel: Parcel) -> dict[str, object]:
    return {
        "working_dir": str(parcel.folder),
        "py_modules": [str(path) for path in parcel.packages],
        "env_vars": dict(parcel.variables),
    }


def _connected(address: str) -> JobSubmissionClient:
    host, _, port = urlsplit(address).netloc.rpartition(":")
    # Where nobody listens the client would wait for as long as the system lets it.
    socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    from ray.job_submission import JobSubmissionClient

    for name in _TELLING_EACH_UPLOAD:
        logging.getLogger(name).setLevel(logging.WARNING)
    return JobSubmissionClient(address)


def _require_form(address: str) -> None:
    if not re.fullmatch(r"https?://[^\s/]+:\d+/?", address):
        what = "is no address of a cluster's Jobs API"
        remedy = "write http://HOST:8265, where the dashboard of the cluster's head listens"
        raise UserMistake(Mistake(f"--address {address}", what, remedy))


def _job(found: Any) -> Job:
    status = getattr(found.status, "value", found.status)
    return Job(str(found.submission_id), str(status), first_line(found.message or ""))


def _unreached(address: str, why: str) -> Mistake:
    remedy = "start the cluster (see cluster/README.md), or write where its dashboard listens"
    return Mistake(f"--address {address}", f"no Ray cluster takes jobs there ({why})", remedy)


def _refused(address: str) -> Mistake:
    what = "the cluster wants a token, and ours is none of its own or was not given"
    return Mistake(f"--address {address}", what, f"set {_TOKEN}, the cluster's own")
