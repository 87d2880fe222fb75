"""What `xlt` does first of all, before anything slow is imported: see that there are standard
streams, whose numbers nothing else may take, and hear Ctrl-C. Next: `app`.
"""

from __future__ import annotations

import os
import sys

from sweeps.cli.interrupts import INTERRUPTED, acknowledge, deafen
from sweeps.cli.streams import hold_out
from sweeps.processes import leaving_at_once


def main() -> None:
    """The entry point of `xlt`."""
    with leaving_at_once():
        try:
            hold_out()
            acknowledge()
            _main()
        except KeyboardInterrupt:  # here or in an import: a command's own are `faults`'
            sys.exit(INTERRUPTED)
        finally:
            deafen()


def _main() -> None:
    from sweeps.cli import app

    # A user's own random.py is none of the modules that processes started from here import.
    os.environ.setdefault("PYTHONSAFEPATH", "1")
    app.app(prog_name="xlt")
