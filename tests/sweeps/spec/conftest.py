"""What the tests of specs share: a spec written to a file, and data by content without files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from sweeps.spec.inputs import ResolvedInputs
from sweeps.spec.prepare import trains_on
from sweeps.spec.read import read_spec
from sweeps.spec.sweep import Sweep
from xlt_core.vocabulary.fingerprint import fingerprint
from xlt_core.vocabulary.refs import DataRef, EncoderRef, SourceRef

BASE = """\
name: order
encoder: xlm-roberta-base
intermediate:
  tasks: [mnli, qqp, siqa]
  count: 0..2
targets:
  - udpos: [en, de]
  - xnli: [en, sw]
seeds: 2
recipe:
  train: {steps: 100, learning_rate: {log: [1e-5, 5e-5]}}
"""


@pytest.fixture
def base() -> str:
    """A sound spec, as text."""
    return BASE


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a file into the test's folder."""

    def to_file(text: str | bytes, name: str = "small.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else dedent(text).encode())
        return path

    return to_file


@pytest.fixture
def sweep_of(write: Callable[..., Path]) -> Callable[..., Sweep]:
    """Read a spec given as text, with overrides."""

    def read(text: str = BASE, *overrides: str) -> Sweep:
        return read_spec(write(text), overrides)

    return read


@pytest.fixture
def prepared_for() -> Callable[[Sweep], ResolvedInputs]:
    """What preflight would find, if every task had data in every language asked for."""

    def prepare(sweep: Sweep) -> ResolvedInputs:
        cells = [(m.task, m.language, "train") for s in sweep.intermediate.tasks for m in s.members]
        for target in sweep.targets:
            cells += [(task, "en", "train") for task in trains_on(target.task)]
            cells += [
                (target.task, code, split)
                for code in target.languages or ("en", "de", "sw")
                for split in sweep.splits
            ]
        data = {cell: DataRef(*cell, fingerprint(cell), 100) for cell in dict.fromkeys(cells)}
        return ResolvedInputs(EncoderRef("tiny", "f" * 64, "tiny"), SourceRef("hub"), data)

    return prepare
