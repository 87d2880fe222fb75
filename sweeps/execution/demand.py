"""What the cluster's autoscaler is told: room for what is at work and queued, by Ray's own request.

A request holds until the next one, and there is one for the whole cluster: each service keeps its
part in Ray's key-value store, and whoever changes its own asks for the sum. A part is renewed while
it stands, so that one whose service is gone counts no longer; a service that Ray starts again asks
for nothing at first. A cluster that does not grow takes no notice.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Mapping
from typing import Any

from ray.experimental import internal_kv

from sweeps.execution.job import Shape

NAMESPACE = "xlt-demand"
TOGETHER_SECONDS = 1.0  # changes within so long are told at once
RENEWED_SECONDS = 60.0
STALE_SECONDS = 5 * RENEWED_SECONDS  # by clocks of other machines

log = logging.getLogger("xlt.service")

Bundles = list[dict[str, float]]


class Demand:
    """One service's part. Told by `wanted`; `tell` runs as long as the service does."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._wanted: Bundles = []
        self._changed = asyncio.Event()
        self._changed.set()  # what a service before this one asked for is cleared

    def wanted(self, workers: Mapping[Shape, int]) -> None:
        """So many workers of each shape have work."""
        bundles = [shape.resources for shape, count in workers.items() for _ in range(count)]
        if bundles != self._wanted:
            self._wanted = bundles
            self._changed.set()

    async def tell(self) -> None:
        """Ask for what is wanted, whenever that changes."""
        while True:
            try:
                await asyncio.wait_for(self._changed.wait(), RENEWED_SECONDS)
            except TimeoutError:
                if not self._wanted:
                    continue
            await asyncio.sleep(TOGETHER_SECONDS)
            self._changed.clear()
            try:
                await asyncio.to_thread(ask, self._service, self._wanted)
            except Exception as error:  # a cluster that does not grow is a cluster
                log.warning("the autoscaler could not be asked for room: %s", error)


def ask(service: str, bundles: Bundles) -> None:
    """Ask the autoscaler for what `service` wants, beside what others do."""
    from ray.autoscaler.sdk import request_resources

    if bundles:
        text = json.dumps({"bundles": bundles, "at": time.time()})
        internal_kv._internal_kv_put(service, text, overwrite=True, namespace=NAMESPACE)
    elif not internal_kv._internal_kv_del(service, namespace=NAMESPACE):
        return  # it had asked for nothing, and what others ask for stands
    request_resources(bundles=_all())


def _all() -> Bundles:
    found: Bundles = []
    for name in internal_kv._internal_kv_list("", namespace=NAMESPACE):
        text = internal_kv._internal_kv_get(name, namespace=NAMESPACE)
        part: dict[str, Any] = json.loads(text) if text else {"at": 0.0}
        if time.time() - part["at"] < STALE_SECONDS:
            found += part["bundles"]
    return found
