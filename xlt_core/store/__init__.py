"""Where finished stages live, under their keys. Start at `store`; for the paths see `layout`."""

from xlt_core.store.checkpoints import Checkpoints
from xlt_core.store.draft import Draft
from xlt_core.store.errors import DamagedStage, StoreFull, StoreUnreachable
from xlt_core.store.lease import Lease, LeaseInfo
from xlt_core.store.listing import StageInfo
from xlt_core.store.prune import PrunePlan
from xlt_core.store.store import Store
from xlt_core.store.stored import StoredStage
from xlt_core.store.verify import DamagedEntry, VerifyReport

__all__ = [
    "Checkpoints",
    "DamagedEntry",
    "DamagedStage",
    "Draft",
    "Lease",
    "LeaseInfo",
    "PrunePlan",
    "StageInfo",
    "Store",
    "StoreFull",
    "StoreUnreachable",
    "StoredStage",
    "VerifyReport",
]
