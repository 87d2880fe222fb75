"""Everything that wants to be seen on a GPU, in one run of under 8 minutes.

    python3 tests/gpu/check.py                    # --device cpu --small: the same on any machine
    python3 tests/gpu/check.py --json found.json --only agreement resume

Needs torch, transformers (with accelerate for the comparison) and safetensors, numpy, zstandard: no
Ray, no data, no encoder, no network. Prints one table, the same as JSON with `--json`, and exits 1
where a limit does not hold or a check could not be made.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

MOST_SECONDS = 480.0
ROOT = Path(__file__).resolve().parents[2]
sys.path[0] = str(ROOT)  # not this folder, whose file names are those of others' modules

import torch  # noqa: E402

from tests.gpu import agreement, memory, profile, resume, sharing, speed  # noqa: E402
from tests.gpu.rows import Row, as_json, as_table  # noqa: E402
from tests.gpu.world import Machine  # noqa: E402

CHECKS: dict[str, Callable[[Machine], Iterator[Row]]] = {
    "agreement": agreement.check,
    "resume": resume.check,
    "memory": memory.check,
    "speed": speed.check,
    "profile": profile.check,
    "sharing": sharing.check,
}


def main() -> int:
    """Run the checks asked for; each row is printed as soon as it is found."""
    wanted = arguments()
    machine = Machine(torch.device(wanted.device), wanted.small)
    rows: list[Row] = []
    failed = False
    print(about(machine), file=sys.stderr)
    start = time.monotonic()
    for name in wanted.only or CHECKS:
        began = time.monotonic()
        try:
            for row in CHECKS[name](machine):
                print(as_table([row]), flush=True)
                rows.append(row)
        except Exception:
            traceback.print_exc()
            failed = True
            continue
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    if not machine.small:
        rows.append(Row("check", "the whole run", time.monotonic() - start, "s", MOST_SECONDS))
        print(as_table(rows[-1:]), flush=True)
    if wanted.json:
        wanted.json.write_text(as_json(about(machine), rows), encoding="utf-8")
    return 1 if failed or not all(row.holds for row in rows) else 0


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    has_gpu = torch.cuda.is_available()
    parser.add_argument("--device", default="cuda" if has_gpu else "cpu")
    parser.add_argument("--small", action="store_true", default=not has_gpu)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", nargs="+", choices=list(CHECKS))
    return parser.parse_args()


def about(machine: Machine) -> dict[str, object]:
    """What the figures were taken on."""
    on_gpu = machine.device.type == "cuda"
    name = torch.cuda.get_device_name(machine.device) if on_gpu else platform.processor()
    return {
        "device": name or str(machine.device),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    sys.exit(main())
