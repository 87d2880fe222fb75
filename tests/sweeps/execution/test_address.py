"""An address where no Ray cluster answers is said within seconds; one where one does is taken."""

from __future__ import annotations

import socket
import threading

import pytest
import ray
from ray._private.authentication.authentication_constants import (
    TOKEN_AUTH_ENABLED_BUT_NO_TOKEN_FOUND_ERROR_MESSAGE,
    TOKEN_INVALID_ERROR_MESSAGE,
)

from sweeps.execution import address
from xlt_core.vocabulary.errors import UserMistake


@pytest.fixture
def listener():
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("form", ["127.0.0.1:1", "ray://127.0.0.1:1", "localhost:1", "[::1]:1"])
def test_nothing_listens(form):
    """The port is tried first: Ray itself would try for minutes."""
    with pytest.raises(UserMistake, match="no Ray cluster answers there"):
        address.require_cluster(form)


@pytest.mark.parametrize("form", ["127.0.0.1:99999", "no.such.host.invalid:6379"])
def test_no_such_place(form):
    """A port that is none, a host that is none."""
    with pytest.raises(UserMistake, match="no Ray cluster answers there"):
        address.require_cluster(form)


@pytest.mark.parametrize("form", ["banana", "", "host", "ray://host", "http://host:1", "host:port"])
def test_no_address(form):
    """Said before anything is looked for, in the words of what would be one."""
    with pytest.raises(UserMistake, match="is no address of a Ray cluster"):
        address.require_cluster(form)


def test_something_else_listens(listener, monkeypatch):
    """What listens there does not answer as a cluster does."""
    monkeypatch.setattr(address, "ANSWER_SECONDS", 1.0)
    with pytest.raises(UserMistake, match="did not answer within 1 second"):
        address.require_cluster(f"127.0.0.1:{listener}")


def test_a_cluster(local_ray):
    """A real one is taken, also from a thread."""
    place = ray.get_runtime_context().gcs_address
    asked = threading.Thread(target=address.require_cluster, args=(place,))
    asked.start()
    asked.join()
    address.require_cluster(place)


def test_what_ray_looks_for_itself(local_ray):
    """`auto` is the cluster on this machine."""
    address.require_cluster("auto")


def test_no_cluster_on_this_machine(monkeypatch):
    """Ray's own word for it, turned into ours."""

    def nothing(*given):
        raise ConnectionError

    monkeypatch.setattr("ray._private.services.get_ray_address_from_environment", nothing)
    with pytest.raises(UserMistake, match="none was found on this machine"):
        address.require_cluster("auto")


@pytest.mark.parametrize(
    "said",
    [
        TOKEN_AUTH_ENABLED_BUT_NO_TOKEN_FOUND_ERROR_MESSAGE,
        TOKEN_INVALID_ERROR_MESSAGE,
        "RpcError: status = StatusCode.UNAUTHENTICATED",
    ],
)
def test_a_cluster_that_wants_a_token(said):
    """It is there, and was started as it should: what is missing is the token, by Ray's names."""
    mistake = address.refused("host:6379", f"Traceback\n{said}\nsomething else\n")
    assert "wants a token" in mistake.what and "ray start --head`, or" not in mistake.remedy
    assert "RAY_AUTH_MODE=token" in mistake.remedy
    assert "RAY_AUTH_TOKEN_PATH=FILE" in mistake.remedy
    assert "wants a token" not in address.refused("host:6379", "Connection reset\n").what
