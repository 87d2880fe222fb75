"""A local S3 server for tests, as an environment that whatever runs in it finds."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

BUCKET = "stages"


@contextmanager
def listening() -> Iterator[str]:
    """The address of a server that holds nothing."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@contextmanager
def reached_at(endpoint: str) -> Iterator[str]:
    """The URL of a bucket at `endpoint`, to which the environment points meanwhile.

    It may hold what an earlier test of this process left: give what you put there a name.
    """
    import s3fs

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", endpoint)
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        s3fs.S3FileSystem.clear_instance_cache()  # a client of another test's server is no good
        with suppress(FileExistsError):  # all servers of a process are one
            s3fs.S3FileSystem(skip_instance_cache=True).mkdir(BUCKET)
        try:
            yield f"s3://{BUCKET}"
        finally:
            s3fs.S3FileSystem.clear_instance_cache()


@contextmanager
def serving() -> Iterator[str]:
    """The URL of a bucket on a server of one's own."""
    with listening() as endpoint, reached_at(endpoint) as url:
        yield url
