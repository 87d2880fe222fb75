"""Ray on this machine alone, without what only serves clusters that many share.

No dashboard's server, no monitor of an autoscaler, nobody who reads workers' logs to print them:
each is a process that starts with Ray, and `ray.init` waits for the first. Workers are started by
`forked_worker`. Ray has no settings for these that `ray.init` takes; its parameters have.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ray._private import node, parameter
from ray._private import utils as ray_utils

from sweeps.execution.worker_template import WORKER_SCRIPT, WorkerTemplate


@contextmanager
def lean_ray(template: WorkerTemplate | None) -> Iterator[None]:
    """Meanwhile `ray.init` starts no more than a sweep here needs; workers come from `template`."""
    parameters, server = parameter.RayParams, node.Node.start_api_server
    die_with_parent = ray_utils.set_kill_on_parent_death_linux
    chosen: dict[str, Any] = {"include_log_monitor": False, "no_monitor": True}
    environment = {} if template is None else template.environment()
    if template is not None:
        chosen["worker_path"] = WORKER_SCRIPT
    parameter.RayParams = functools.partial(parameters, **chosen)
    node.Node.start_api_server = _no_server
    ray_utils.set_kill_on_parent_death_linux = lambda: _in_its_own_group(die_with_parent)
    os.environ.update(environment)
    try:
        yield
    finally:
        parameter.RayParams = parameters
        node.Node.start_api_server = server
        ray_utils.set_kill_on_parent_death_linux = die_with_parent
        for name in environment:
            os.environ.pop(name, None)


def _in_its_own_group(die_with_parent: Callable[[], None]) -> None:
    """Called in each of Ray's processes before it begins.

    What ends a whole group by SIGTERM (`timeout`, a batch system) is for the driver: without Ray it
    could end nothing in order.
    """
    os.setpgrp()
    die_with_parent()


def _no_server(own: Any, **_: object) -> None:
    own._webui_url = ""
