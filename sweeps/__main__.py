"""`python -m sweeps`: `xlt` where no script is installed.

Python then looks for every module in the current folder first, where a user's own `random.py` may
lie: that folder goes to the end, for this package itself may be found there alone.
"""

import sys

if not sys.flags.safe_path:
    sys.path.append(sys.path.pop(0))

from sweeps.cli.main import main

main()
