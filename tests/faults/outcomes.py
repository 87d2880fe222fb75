"""What came of a sweep, wherever its truths lie, and in what it differs from an untouched one's.

Neighbours: `campaign`, which kills sweeps on this machine; `tests/benchmarks/accidents_on_cluster`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xlt_core.store import Store

Attempts = list[dict[str, Any]]


def outcome(storage: str, name: str, place: str) -> dict[str, Any]:
    """Everything that must be equal: proposals, objectives and every score, in full precision.

    Args:
        storage: the database that the study `name` lies in.
        place: the store.
    """
    from sweeps.search.study import SweepStudy
    from xlt_core.store import Store
    from xlt_core.vocabulary.fingerprint import fingerprint

    trials = [
        [trial.number, str(trial.plan), dict(trial.settings), trial.state, trial.value]
        for trial in SweepStudy.open(storage, name).trials()
    ]
    store = Store(place)
    scores = {}
    for key in sorted(store.keys()):
        stage = store.read(key)
        assert stage is not None
        if stage.about["kind"] == "evaluate":
            scores[key] = stage.json("scores.json")
        else:
            weights = stage.path("weights.safetensors").read_bytes()
            scores[key] = hashlib.sha256(weights).hexdigest()
    return {"digest": fingerprint([trials, scores]), "trials": trials, "scores": scores}


def differences(found: dict[str, Any], reference: dict[str, Any]) -> list[str]:
    """In what two outcomes differ."""
    faults = []
    if found["trials"] != reference["trials"]:
        faults.append(f"trials differ: {found['trials']}")
    if found["scores"] != reference["scores"]:
        faults.append("scores or weights differ")
    return faults


def trainings(store: Store) -> Iterator[tuple[str, Attempts, int]]:
    """Each trained stage: its title, its attempts, its steps."""
    for key in sorted(store.keys()):
        stage = store.read(key)
        if stage is not None and stage.about["kind"] == "train":
            yield stage.about["title"], stage.about["attempts"], stage.about["steps"]


def is_seamless(attempts: Attempts, steps: int) -> bool:
    """Whether each attempt began where the checkpoint before it stood, and the last one ended.

    So the only steps trained twice are those since a killed worker's last checkpoint.
    """
    begun = [0, *(attempt["to_step"] for attempt in attempts)]
    return begun == [*(attempt["from_step"] for attempt in attempts), steps]


def mlflow_faults(tracking: str, trials: int, sweep: str = "") -> list[str]:
    """Runs left RUNNING, runs doubled, trials without a run; of one sweep, or of all there are."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking)
    experiments = [e.experiment_id for e in client.search_experiments()]
    wanted = f"tags.`xlt.sweep` = '{sweep}'" if sweep else ""
    runs = client.search_runs(experiments, wanted, max_results=5000)
    faults = [
        f"run {r.info.run_name} is {r.info.status}" for r in runs if r.info.status == "RUNNING"
    ]
    for tag in ("xlt.trial", "xlt.stage"):
        count = Counter(r.data.tags[tag] for r in runs if tag in r.data.tags)
        faults += [f"{tag} {name} has {n} runs" for name, n in count.items() if n > 1]
        if tag == "xlt.trial" and len(count) != trials:
            faults.append(f"{len(count)} trial runs for {trials} trials")
    return faults
