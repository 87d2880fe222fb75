"""What every store promises, whatever place it lies in: `StoreSuite`, the suite of backends.

One file a promise beside this one; `place` is what they stand on.
"""

from __future__ import annotations

from xlt_core.testing.stores.checkpoints import CheckpointSuite
from xlt_core.testing.stores.damage import DamageSuite
from xlt_core.testing.stores.leases import LeaseSuite
from xlt_core.testing.stores.publishing import PublishingSuite
from xlt_core.testing.stores.upkeep import UpkeepSuite

__all__ = ["StoreSuite"]


class StoreSuite(PublishingSuite, DamageSuite, UpkeepSuite, CheckpointSuite, LeaseSuite):
    """A place for stores: stages are published whole or not at all and read back byte for byte;
    damage is never served; whoever computes a stage is alone with it.

    A member, a `Backend`, has a line in `xlt_core.store.place.BACKENDS` under the protocol of its
    URLs. A subclass gives `url`, where there is no store yet; all that open it within this process
    find the same.
    """
