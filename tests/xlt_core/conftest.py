"""Small encoders and data for the tests of models, training, evaluation and stages.

They are those that the suites of `xlt_core.testing` train.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from xlt_core.testing.encoders import encoder_in
from xlt_core.testing.rows import data_in


@dataclass
class Kept:
    """Checkpoints in a folder, as the store keeps them; `steps` says when they were saved."""

    folder: Path
    steps: list[int] = field(default_factory=list)

    def latest(self) -> Path | None:
        return self.folder / str(self.steps[-1]) if self.steps else None

    def save(self, step: int, write: Any) -> None:
        (self.folder / str(step)).mkdir(parents=True, exist_ok=True)
        write(self.folder / str(step))
        self.steps.append(step)


@pytest.fixture(scope="session")
def encoder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folder of a small random encoder: `xlm-roberta`; `bert`, which has token types; `electra`.

    The last one's forward pass is transformers' own.
    """
    root = tmp_path_factory.mktemp("encoders")
    return lambda kind: encoder_in(root, kind)


@pytest.fixture(scope="session")
def small_encoder(encoder_of: Callable[[str], Path]) -> Path:
    """Folder of a small random encoder of XLM-R's kind."""
    return encoder_of("xlm-roberta")


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with mnli, copa, udpos, squad and stsb, one of each kind."""
    return data_in(tmp_path_factory.mktemp("data"))


@pytest.fixture
def kept(tmp_path: Path) -> Callable[[], Kept]:
    """Makes a fresh place for checkpoints at each call."""
    numbers = iter(range(100))
    return lambda: Kept(tmp_path / f"kept-{next(numbers)}")


@pytest.fixture
def bench(tmp_path: Path, small_encoder: Path, small_data: Path) -> Callable[..., Any]:
    """Makes benches (`xlt_core.testing.bench`) with stores of their own."""
    from xlt_core.testing.bench import Bench

    numbers = itertools.count()

    def make(encoder: Path = small_encoder) -> Bench:
        return Bench(tmp_path / f"bench-{next(numbers)}", encoder, small_data)

    return make
