"""Whose fault an error is: the machine's, or not."""

from __future__ import annotations

import errno
import http.client
import sqlite3
import urllib.error

import pytest

from xlt_core.store.errors import DamagedStage, StoreFull
from xlt_core.vocabulary.errors import (
    DataChanged,
    MachineFault,
    Mistake,
    NonFiniteLoss,
    NotReached,
    ParentMissing,
    StageFailed,
    UserMistake,
    is_full_disk,
    is_machines_fault,
    repeats_itself,
)

LIBRARIES = {
    "botocore.exceptions": "EndpointConnectionError",
    "urllib3.exceptions": "ProtocolError",
    "aiohttp.client_exceptions": "ServerDisconnectedError",
    "httpx": "ReadTimeout",
    "httpx2": "ReadTimeout",
    "torch": "OutOfMemoryError",
}


def raised_from(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "full"),
        OSError(errno.EIO, "broken"),
        OSError(errno.ESTALE, "unmounted"),
        ConnectionResetError(),
        TimeoutError(),
        http.client.RemoteDisconnected("gone"),
        urllib.error.URLError("no route"),
        MemoryError(),
        StoreFull(errno.ENOSPC, "full"),
        DamagedStage("bytes differ"),
        MachineFault("the GPU is taken"),
        NotReached(Mistake("the hub", "is away")),
        sqlite3.OperationalError("database or disk is full"),
        sqlite3.OperationalError("disk I/O error"),
        RuntimeError("I/O error: No space left on device (os error 28)"),
        raised_from(ValueError("no dataset"), ConnectionError("away")),
        raised_from(ValueError("outer"), raised_from(KeyError("inner"), OSError(errno.EIO, "io"))),
    ],
    ids=repr,
)
def test_machines_are_to_blame(error):
    """Disk, network, memory, also under other errors and where a library has only words."""
    assert is_machines_fault(error)


@pytest.mark.parametrize(("module", "name"), LIBRARIES.items())
def test_errors_of_libraries_that_are_no_os_errors(module, name):
    """botocore's connection errors are none, and neither are most others'."""
    found = getattr(pytest.importorskip(module), name)
    error = found.__new__(found)
    assert not isinstance(error, OSError)
    assert is_machines_fault(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("wrong"),
        KeyError("missing"),
        RuntimeError("shapes do not fit"),
        StageFailed("no such label"),
        NonFiniteLoss("nan"),
        DataChanged("edited"),
        ParentMissing("pruned"),
        UserMistake(Mistake("here", "wrong")),
        raised_from(UserMistake(Mistake("file", "cannot be read")), OSError(errno.EIO, "io")),
        raised_from(StageFailed("cannot be opened"), ConnectionError("away")),
    ],
    ids=repr,
)
def test_machines_are_not_to_blame(error):
    """A mistake and a stage's own error stay what they are, whatever they came of."""
    assert not is_machines_fault(error)


def test_a_circle_of_causes_ends():
    """Errors may be raised from each other."""
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    assert not is_machines_fault(one)


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, "x"), True),
        (OSError(errno.EDQUOT, "x"), True),
        (OSError(errno.EFBIG, "x"), True),
        (raised_from(RuntimeError("outer"), OSError(errno.ENOSPC, "x")), True),
        (sqlite3.OperationalError("database or disk is full"), True),
        (OSError(errno.EIO, "x"), False),
        (ConnectionError(), False),
    ],
    ids=repr,
)
def test_a_full_disk_is_told_from_other_faults(error, full):
    """Somebody has to make room; waiting a little is not enough."""
    assert is_full_disk(error) is full


@pytest.mark.parametrize(
    ("error", "anywhere", "in_plugin"),
    [
        (ValueError("wrong"), False, True),
        (RuntimeError("sizes"), False, True),
        (KeyError("missing"), True, True),
        (AttributeError("'NoneType' object has no attribute 'backward'"), True, True),
        (RuntimeError("x does not have a deterministic implementation, but"), True, True),
        (RuntimeError("element 0 of tensors does not require grad"), True, True),
        (StageFailed("no such label"), True, True),
        (UserMistake(Mistake("here", "wrong")), True, True),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), False, False),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), False, False),
        (OSError(errno.EIO, "broken"), False, False),
        (MemoryError(), False, False),
        (raised_from(KeyError("outer"), OSError(errno.EIO, "io")), False, False),
        (NotReached(Mistake("the hub", "is away")), False, False),
    ],
    ids=repr,
)
def test_what_only_repeats_itself(error, anywhere, in_plugin):
    """Bugs, and of a user's own code all that no machine is to blame for."""
    assert repeats_itself(error) is anywhere
    assert repeats_itself(error, in_plugin=True) is in_plugin
