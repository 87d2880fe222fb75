"""Ray on this machine alone, without what only serves clusters that many share.

No dashboard's server, no monitor of an autoscaler, nobody who reads workers' logs to print them:
each is a process that starts with Ray, and `ray.init` waits for the first. Workers are started by
`forked_worker`. Ray has no settings for these that `ray.init` takes; its parameters have.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ray._private import node, parameter

from sweeps.execution.worker_template import WORKER_SCRIPT, WorkerTemplate


@contextmanager
def lean_ray(template: WorkerTemplate | None) -> Iterator[None]:
    """Meanwhile `ray.init` starts no more than a sweep here needs; workers come from `template`."""
    parameters, server = parameter.RayParams, node.Node.start_api_server
    chosen: dict[str, Any] = {"include_log_monitor": False, "no_monitor": True}
    environment = {} if template is None else template.environment()
    if template is not None:
        chosen["worker_path"] = WORKER_SCRIPT
    parameter.RayParams = functools.partial(parameters, **chosen)
    node.Node.start_api_server = _no_server
    os.environ.update(environment)
    try:
        yield
    finally:
        parameter.RayParams = parameters
        node.Node.start_api_server = server
        for name in environment:
            os.environ.pop(name, None)


def _no_server(own: Any, **_: object) -> None:
    own._webui_url = ""
