"""The report's own time on 100,000 result rows, made up: build, draw, write; and its size.

    .venv/bin/python tests/benchmarks/report.py --rows 100000

Rows of one sweep with two targets in 25 languages of six families, five seeds, dev and test, and as
many plans of up to three of eight tasks as it takes. Reading study and store is not in it: the
time is `whole_report`'s and `contents`'s, each in a process that has imported nothing of them.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = (
    *("en", "de", "fr", "es", "ru", "hi", "fa", "el", "it", "pl", "sw", "yo", "zu"),
    *("tr", "kk", "az", "fi", "hu", "et", "id", "tl", "jv", "ar", "he", "am"),
)
TARGETS = ("xnli", "udpos")
TASKS = [f"task{n}" for n in range(8)]
SEEDS = range(5)


def main() -> None:
    """Measure and print one line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--to", type=Path, help="write the files here")
    known = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    facts = facts_of(known.rows)
    seconds: dict[str, tuple[float, float]] = {}
    began = now()
    from sweeps.report.whole import whole_report

    report = whole_report(facts)
    seconds["build"] = since(began)
    began = now()
    from sweeps.report.files import contents, write_report

    files = contents(report)
    seconds["draw and write"] = since(began)
    if known.to is not None:
        from sweeps.spec.files import LocalFiles

        write_report(report, LocalFiles(known.to), "--to")
    said: dict[str, Any] = {"rows": len(facts.results.rows), "trials": len(facts.results.trials)}
    seconds["all"] = tuple(map(sum, zip(*seconds.values(), strict=True)))
    for name, (wall, processor) in seconds.items():
        said |= {f"{name}, s": round(wall, 2), f"{name}, s of a core": round(processor, 2)}
    said |= {"page MB": round(len(files["report.html"]) / 1e6, 2)}
    print(json.dumps(said))


def now() -> tuple[float, float]:
    """By the clock, and of a core."""
    return time.perf_counter(), time.process_time()


def since(began: tuple[float, float]) -> tuple[float, float]:
    """Seconds since then."""
    wall, processor = now()
    return wall - began[0], processor - began[1]


def facts_of(rows: int) -> Any:
    """A sweep that has ended, with at least `rows` scores."""
    from sweeps.results.facts import SweepFacts
    from sweeps.results.rows import SweepResults
    from sweeps.results.states import SweepState
    from sweeps.results.status import TrialCounts
    from sweeps.search.trial import Trial, TrialState
    from sweeps.spec.inputs import ResolvedInputs
    from sweeps.spec.read import read_spec
    from xlt_core.vocabulary.plan import Plan
    from xlt_core.vocabulary.refs import DataRef, EncoderRef, SourceRef

    spec = {
        "name": "many",
        "encoder": "lab-small",
        "data": "lab",
        "intermediate": {"tasks": ["lab-pairs", "lab-topic"], "count": "0..2"},
        "targets": ["lab-nli"],
        "seeds": list(SEEDS),
        "search": {"method": "grid"},
    }
    sweep = read_spec(spec)
    sweep = replace(sweep, targets=tuple(replace(sweep.targets[0], task=t) for t in TARGETS))
    per_trial = len(LANGUAGES) * len(TARGETS) * len(SEEDS) * 2
    steps = [s for n in range(4) for s in itertools.permutations(TASKS, n)]
    plans = [" > ".join(one) or "(none)" for one in steps][: -(-rows // per_trial)]
    trials = tuple(
        Trial(n, Plan.parse(plan), {}, TrialState.FINISHED, 50.0) for n, plan in enumerate(plans)
    )
    data = {
        (task, language, split): DataRef(task, language, split, "0" * 64, 1000)
        for task in TARGETS
        for language in LANGUAGES
        for split in ("dev", "test")
    }
    prepared = ResolvedInputs(EncoderRef("lab-small", "0" * 64, "lab"), SourceRef("lab"), data)
    results = SweepResults(sweep, prepared, trials, tuple(scores(plans)))
    counts = TrialCounts(len(trials), len(trials), 0, 0)
    return SweepFacts(results, SweepState.FINISHED, counts, (), {"torch": ("2",)}, ("0",), "many")


def scores(plans: list[str]) -> Any:
    """Rows whose noise has what a seed adds, a language, and both."""
    from sweeps.results.rows import ScoreRow
    from xlt_core.vocabulary.languages import family_of

    draw = random.Random(0).gauss
    for trial, plan in enumerate(plans):
        own, by_seed = draw(0, 2), [draw(0, 1) for _ in SEEDS]
        for target, language, seed, split in itertools.product(
            TARGETS, LANGUAGES, SEEDS, ("dev", "test")
        ):
            gain = 0.0 if trial == 0 else own + by_seed[seed] + draw(0, 1)
            yield ScoreRow(
                *(trial, plan, target, language, family_of(language), seed, split, "accuracy"),
                *(60.0 + gain, gain),
            )


if __name__ == "__main__":
    main()
