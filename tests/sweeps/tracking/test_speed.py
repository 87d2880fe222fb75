"""How long records take on SQLite. Run by hand: `pytest -m benchmark -s`."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from sweeps.tracking.records import MetricPoint
from sweeps.tracking.writer import Writer


@pytest.mark.benchmark
def test_milliseconds_a_record(uri, a_trial, a_stage):
    """Trials with 60 metrics, stages with a curve of 20 points, and both again."""
    points = tuple(MetricPoint(f"test/xnli/l{n}/accuracy", n / 7, 1.7e9) for n in range(60))
    trials = [replace(a_trial(n), metrics=points) for n in range(200)]
    stages = [replace(a_stage(), tag_value=f"{n:064x}") for n in range(100)]
    writer = Writer(uri)
    for title, records in (("trial", trials), ("stage", stages), ("trial again", trials)):
        begun, busy = time.perf_counter(), time.process_time()
        for record in records:
            writer.apply(record)
        each = 1000 / len(records)
        wall, own = time.perf_counter() - begun, time.process_time() - busy
        print(f"{title}: {wall * each:.2f} ms, {own * each:.2f} ms of processor time")
    begun = time.perf_counter()
    Writer(uri).apply(trials[0])
    print(f"a new writer that learns 300 runs: {time.perf_counter() - begun:.1f} s")
