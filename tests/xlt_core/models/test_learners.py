"""Every learner and every way it computes keeps what a learner promises."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from xlt_core.data.folder import FolderSource
from xlt_core.models.encoders import refer_encoder
from xlt_core.models.learner import Learner
from xlt_core.models.pretrained import load_learner, load_tokenizer
from xlt_core.tasks import Task, get_task
from xlt_core.testing.learners import LearnerSuite


class TestEncoderWithHeads(LearnerSuite):
    @pytest.fixture(params=["xlm-roberta", "bert", "electra"])
    def make(self, request, encoder_of: Callable[[str], Path]) -> Callable[[], Learner]:
        ref = refer_encoder(str(encoder_of(request.param)))
        return lambda: load_learner(ref, load_tokenizer(ref))

    @pytest.fixture(params=["mnli", "copa", "udpos", "squad", "stsb"])
    def task(self, request) -> Task:
        return get_task(request.param)

    @pytest.fixture
    def examples(self, task: Task, small_data: Path):
        return FolderSource(small_data).load(task.name, "en", "train")[:12]
