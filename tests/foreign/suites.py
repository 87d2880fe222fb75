"""Each member through its suite, as its author would have it: five lines."""

from __future__ import annotations

import dual
import members
import pytest

from sweeps.testing.backends import TrialBackendSuite
from sweeps.testing.samplers import SamplerSuite
from sweeps.testing.trials import TrialsSuite
from xlt_core.kinds.regression import RegressionExample
from xlt_core.metrics import METRICS
from xlt_core.store.place import BACKENDS
from xlt_core.testing.kinds import KindSuite
from xlt_core.testing.stores import StoreSuite
from xlt_core.testing.stores.publishing import PublishingSuite
from xlt_core.testing.tasks import TaskSuite

BACKENDS["bin"] = members.Bin
BACKENDS["openbin"] = members.OpenBin


class TestTask(TaskSuite):
    @pytest.fixture
    def task(self):
        return members.WEATHER


class TestBrokenTask(TaskSuite):
    @pytest.fixture
    def task(self):
        return members.BROKEN_TASK


class TestKind(KindSuite):
    @pytest.fixture
    def kind(self):
        return members.Absolute()

    @pytest.fixture
    def task(self, kind):
        return members.weather(kind=kind.name, labels=(), metric="correlation")

    @pytest.fixture
    def examples(self):
        return [RegressionExample(str(n), "sun " * (n + 1), "moon", n / 3) for n in range(9)]


class TestBrokenKind(TestKind):
    @pytest.fixture
    def kind(self):
        return members.Averaged()


class TestKindWithCandidates(KindSuite):
    @pytest.fixture(autouse=True)
    def metric(self, monkeypatch):
        monkeypatch.setitem(METRICS, "map20", dual.MAP)

    @pytest.fixture
    def kind(self):
        return dual.DUAL

    @pytest.fixture
    def task(self):
        return dual.ANSWERS

    @pytest.fixture
    def examples(self):
        return [dual.DualExample(str(n), "sun " * (n + 1), "moon", (f"en:{n}",)) for n in range(9)]

    @pytest.fixture
    def beside(self):
        rows = [dual.DualExample(str(n), "", "moon " * (n + 1)) for n in range(30)]
        return {"candidates": rows}


class TestSampler(SamplerSuite):
    @pytest.fixture
    def method(self):
        return members.BACKWARDS


class TestBrokenSampler(SamplerSuite):
    @pytest.fixture
    def method(self):
        return members.WHIMS


class TestTrials(TrialsSuite):
    @pytest.fixture
    def trials(self):
        return members.PlainTrials()


class TestBrokenTrials(TrialsSuite):
    @pytest.fixture
    def trials(self):
        return members.LastWord()


class TestBackend(TrialBackendSuite):
    @pytest.fixture
    def make(self):
        return members.Threads


class TestBrokenBackend(TrialBackendSuite):
    @pytest.fixture
    def make(self):
        return members.Hasty


class TestPlace(StoreSuite):
    @pytest.fixture
    def url(self, tmp_path):
        return f"bin://{tmp_path.name}"


class TestBrokenPlace(PublishingSuite):
    @pytest.fixture
    def url(self, tmp_path):
        return f"openbin://{tmp_path.name}"
