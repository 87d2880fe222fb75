"""A plug-in: stages compute nothing (see `at_once`)."""

from __future__ import annotations

from tests.benchmarks.at_once import publish
from xlt_core.work import EXECUTORS

EXECUTORS.update(dict.fromkeys(EXECUTORS, publish))
