"""What works on the trials of a search: here and now (`InProcess`), or from a table (`Replay`).

The third, Ray Tune, stands where Ray is: `sweeps.execution.tune`. A new one passes
`sweeps.testing.backends.TrialBackendSuite`.
"""

from sweeps.search.backends.backend import TrialBackend
from sweeps.search.backends.in_process import InProcess
from sweeps.search.backends.replay import Replay

__all__ = ["InProcess", "Replay", "TrialBackend"]
