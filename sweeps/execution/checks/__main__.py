"""What `xlt doctor --address` has a job of the cluster do: look at every node, and print it.

python -m sweeps.execution.checks SUBJECT.json
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import ray

from sweeps.execution.checks.answer import to_answer
from sweeps.execution.checks.check import Subject
from sweeps.execution.checks.looking import SECONDS
from sweeps.execution.checks.nodes import alive, look_at


def main(path: str) -> None:
    """Look at every node for what the subject in a file says, and print what was found."""
    subject = Subject.from_text(Path(path).read_text(encoding="utf-8"))
    ray.init(address="auto", log_to_driver=False, logging_level=logging.ERROR)
    found = look_at(alive(), subject, preflight=False, seconds=SECONDS)
    print(to_answer(found), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
