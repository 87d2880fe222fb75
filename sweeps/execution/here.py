"""What people call a node of a Ray cluster, and the one that this process runs on."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

import ray


def node_name(node: Mapping[str, Any]) -> str:
    """Of a node as `ray.nodes()` tells of it: the name it was given, else its machine's."""
    name, address = node.get("NodeName"), node.get("NodeManagerAddress")
    return str(name if name and name != address else node.get("NodeManagerHostname") or address)


def own_node() -> str:
    """The name of the node on which this worker runs; its machine's where Ray cannot tell."""
    own = ray.get_runtime_context().get_node_id()
    return next(
        (node_name(node) for node in ray.nodes() if node["NodeID"] == own), socket.gethostname()
    )
