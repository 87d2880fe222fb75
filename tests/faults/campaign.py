"""kill -9 at random moments, many times, against an uninterrupted run of the same sweep.

    .venv/bin/python tests/faults/campaign.py driver --kills 50
    (also: worker, service, tree, coordinator; accidents: network, lease, disk, terminal)

Each kill hits a sweep of real training (lab data, a tiny encoder, TPE; mixtures of two and three
tasks, frozen layers, kept heads). A driver, or a whole tree, is killed at a moment drawn uniformly
over what the uninterrupted run took, and started again, until the sweep finishes. A worker, the
service or a coordinator is killed at one drawn uniformly over a sixth of that, from when a stage
began after the last kill: else nothing would ever get done. Then a new sweep begins. Every finished
sweep must have proposed the same trials, scored the same bits, left nothing running and nothing
double, and have trained no step twice but those since the last mid-stage checkpoint. Prints one
JSON line.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.faults import disk, outcomes, terminal  # noqa: E402
from tests.faults.accidents import ACCIDENTS, around, store_of  # noqa: E402
from tests.faults.processes import gone, kill, named, tree  # noqa: E402

SPEC = """\
name: campaign
encoder: lab-small
data: lab
intermediate:
  tasks: [lab-pairs, lab-tags+lab-topic, lab-pairs+lab-tags+lab-topic]
  count: 0..2
targets: [lab-nli]
seeds: 1
recipe:
  train: {steps: 300, batch_size: 16, learning_rate: 1e-3, head: {choice: [new, keep]}}
  target: {steps: 300, batch_size: 16, freeze: {choice: [none, embeddings, 'layers:1']}}
search: {method: tpe, trials: 8, window: 3, options: {n_startup_trials: 3}}
execution: {workers: 2, concurrency: 2, max_attempts: 1000, checkpoint_seconds: 0.3,
            retry_seconds: 0.1}
"""

# Titles of processes that are killed while their driver lives on.
VICTIMS = {
    "worker": ("ray::Worker",),
    "service": ("ray::StageService",),
    "coordinator": ("ray::Coordinator", "ray::ResourceTrainable"),  # busy, idle
}


@dataclass
class Tally:
    """What happened in a campaign."""

    kind: str
    kills: int = 0
    missed: int = 0  # the victim was not there at the moment drawn
    starts: int = 0
    sweeps: int = 0
    stages: int = 0  # trained, over all sweeps
    continued: int = 0  # of these, from a checkpoint that a killed worker had left
    faults: list[str] = field(default_factory=list)


def main() -> int:
    """Run one campaign; exit 1 where anything differed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["driver", "tree", *VICTIMS, *ACCIDENTS])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", help="kept, for looking at what went wrong")
    known = parser.parse_args()
    dice = random.Random(f"{known.kind} {known.seed}")
    tally = Tally(known.kind)
    with tempfile.TemporaryDirectory(prefix="xlt-campaign-") as own, around(known.kind):
        folder = known.folder or own
        began = time.monotonic()
        reference = uninterrupted(Path(folder) / "reference")
        length = time.monotonic() - began
        print(f"uninterrupted: {length:.0f} s, digest {reference['digest'][:12]}", file=sys.stderr)
        while tally.kills < known.kills and not tally.faults:
            home = Path(folder) / f"sweep-{tally.sweeps}"
            assault(home, known.kind, known.kills, length, dice, tally)
            tally.sweeps += 1
            tally.faults += differences(home, reference, tally)
            print(f"{tally.kills} kills, {tally.sweeps} sweeps: {tally.faults}", file=sys.stderr)
    print(json.dumps({**tally.__dict__, "uninterrupted_seconds": round(length, 1)}))
    return 1 if tally.faults else 0


def start(home: Path) -> subprocess.Popen[bytes]:
    """Start or resume the sweep in `home`, as a user would."""
    home.mkdir(parents=True, exist_ok=True)
    spec = home / "campaign.yaml"
    if not spec.exists():
        spec.write_text(SPEC)
    disk.ready(home)
    xlt = str(Path(sys.executable).parent / "xlt")
    command = [xlt, "run", "campaign.yaml", "--set", f"store={store_of(home)}"]
    with terminal.output(home) as log:
        return subprocess.Popen(
            command,
            cwd=home,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=_hear_interrupts,
        )


def _hear_interrupts() -> None:
    """Whoever was started in a shell's background ignores them, and so would the driver."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def uninterrupted(home: Path) -> dict[str, Any]:
    """What the sweep does when nobody touches it."""
    code = start(home).wait()
    if code != 0:
        raise SystemExit(f"the uninterrupted run ended with {code}:\n{tail(home)}")
    return outcome(home)


def assault(
    home: Path, kind: str, kills: int, length: float, dice: random.Random, tally: Tally
) -> None:
    """Run one sweep to its end, killing `kind` at random moments until `kills` are done."""
    driver = start(home)
    tally.starts += 1
    heard = 0
    while True:
        if kind not in ("driver", "tree") and tally.kills < kills:
            until_a_stage_begins(home, driver, heard)
        spread = length if kind in ("driver", "tree") else length / 6
        delay = dice.uniform(0, spread) if tally.kills < kills else None
        try:
            code = driver.wait(timeout=delay)
        except subprocess.TimeoutExpired:
            hit = strike(home, driver.pid, kind, dice)
            heard = len(journal(home))
            tally.kills += hit
            tally.missed += not hit
            if kind in ("driver", "tree") and hit:
                driver.wait()
                driver = start(home)
                tally.starts += 1
            continue
        if code != 0:
            tally.faults.append(f"exit {code} after {tally.kills} kills: {tail(home)}")
        disk.afterwards(home)
        return


def journal(home: Path) -> bytes:
    """What the sweep has written down so far."""
    path = home / "runs" / "campaign" / "events.jsonl"
    return path.read_bytes() if path.exists() else b""


def until_a_stage_begins(home: Path, driver: subprocess.Popen[bytes], heard: int) -> None:
    """Wait until the journal beyond byte `heard` tells of one, or the driver ends."""
    while b'"kind": "stage_started"' not in journal(home)[heard:] and driver.poll() is None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            driver.wait(timeout=0.05)


def strike(home: Path, driver: int, kind: str, dice: random.Random) -> int:
    """Kill a process of a kind or everything at once, or have an accident; 0 where none could."""
    if kind in ACCIDENTS:
        return ACCIDENTS[kind](home, driver, dice)
    everything = tree(driver)
    if kind == "tree":
        killed = kill(everything)
        list(gone(everything))
        return min(1, killed)
    if kind == "driver":
        return kill(everything[:1])
    victims = [process for title in VICTIMS[kind] for process in named(driver, title)]
    return kill([dice.choice(victims)]) if victims else 0


def outcome(home: Path) -> dict[str, Any]:
    """What came of the sweep in `home`."""
    return outcomes.outcome(_study(home), "campaign", store_of(home))


def differences(home: Path, reference: dict[str, Any], tally: Tally) -> list[str]:
    """Everything in which a finished sweep differs from the uninterrupted one."""
    found = outcome(home)
    faults = outcomes.differences(found, reference)
    faults += outcomes.mlflow_faults(f"sqlite:///{home}/runs/mlflow.db", len(found["trials"]))
    from xlt_core.store import Store

    store = Store(store_of(home))
    done = Counter(e["key"] for e in store.executions() if e["ended"] == "done")
    faults += [f"stage {key} was finished {n} times" for key, n in done.items() if n > 1]
    for title, attempts, steps in outcomes.trainings(store):
        tally.stages += 1
        tally.continued += len(attempts) > 1
        if not outcomes.is_seamless(attempts, steps):
            faults.append(f"{title} was not continued: {attempts}")
    return faults


def _study(home: Path) -> str:
    return f"sqlite:///{home}/runs/campaign/study.db"


def tail(home: Path) -> str:
    """The end of what the sweep printed."""
    return (home / "log.txt").read_text(errors="replace")[-1500:]


if __name__ == "__main__":
    sys.exit(main())
