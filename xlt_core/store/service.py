"""The service behind a remote store, as fsspec opens it: whatever it raises is an OSError here.

Each service has errors of its own (botocore's, aiohttp's, Google's are no OSErrors); who calls one
would forget some. Neighbour: `remote`, which calls nothing but this.
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from xlt_core.store.errors import StoreUnreachable
from xlt_core.vocabulary.address import bare, parted, starred
from xlt_core.vocabulary.errors import Mistake, UserMistake, is_full_disk

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")

# Services without folders; asking s3fs for a folder could make a bucket.
FOLDERLESS = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "az", "adl", "oss", "oci", "memory"})
# What a call may say about the blob it was asked for, or about itself.
_ANSWERS = frozenset(
    {
        FileNotFoundError,
        FileExistsError,
        IsADirectoryError,
        NotADirectoryError,
        NotImplementedError,
        ImportError,
        TypeError,
        ValueError,
        KeyError,
        UserMistake,
        StoreUnreachable,
    }
)


class Service:
    """An fsspec file system. Any attribute of it is to be had; calls raise StoreUnreachable."""

    def __init__(self, system: AbstractFileSystem, url: str) -> None:
        self._system = system
        self._url = url

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._system, name)
        return _guarded(value, self._url) if callable(value) else value


def open_service(url: str, protocol: str) -> tuple[Service, str]:
    """The service at `url` and the root within it. Raises UserMistake where none can be opened."""
    from fsspec.core import url_to_fs

    logging.getLogger("asyncio").addFilter(_is_not_of_a_lost_connection)
    options: dict[str, bool] = {"use_listings_cache": False} if protocol in FOLDERLESS else {}
    place, password = parted(url, decode=False)  # fsspec takes a password as it stands
    secret = {"password": password} if password else {}
    try:
        with naming_the_service(url):
            system, root = url_to_fs(place, **secret, **options)
    except (ImportError, ValueError, TypeError) as error:
        remedy = (
            "install the package that this kind of URL needs (for s3://: pip install 'xlt[s3]')"
        )
        what = f"cannot be opened: {starred(str(error))}"
        raise UserMistake(Mistake(bare(url), what, remedy)) from error
    return Service(system, url), str(root).rstrip("/")


def _is_not_of_a_lost_connection(record: logging.LogRecord) -> bool:
    """What a client's own tasks leave behind is no news: the call itself says that it failed."""
    return "exception was never retrieved" not in str(record.msg)


@contextmanager
def naming_the_service(url: str) -> Iterator[None]:
    """Turn what a service raises about itself into StoreUnreachable; its answers come through."""
    try:
        yield
    except Exception as error:
        if type(error) in _ANSWERS or is_full_disk(error):  # full: the disk here, downloaded to
            raise
        raise StoreUnreachable(url, f"{type(error).__name__}: {error}") from error


def modified(entry: Mapping[str, object]) -> float:
    """When a blob was written, in seconds since the epoch; now where the service does not say."""
    for name in ("LastModified", "mtime", "updated", "last_modified", "created"):
        value = entry.get(name)
        if isinstance(value, datetime):
            return value.timestamp()
        if isinstance(value, int | float):
            return float(value)
        if isinstance(value, str):
            with suppress(ValueError):
                return datetime.fromisoformat(value).timestamp()
    return time.time()


def _guarded(call: Callable[Asked, Answer], url: str) -> Callable[Asked, Answer]:
    @functools.wraps(call)
    def guarded(*arguments: Asked.args, **named: Asked.kwargs) -> Answer:
        with naming_the_service(url):
            return call(*arguments, **named)

    return guarded
