"""Several encoders in one sweep: a factor like any searched field."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sweeps.search.of_sweep import candidates_of
from sweeps.spec.compare import compare
from sweeps.spec.inputs import read_prepared, write_prepared
from sweeps.spec.stored import from_data, to_data
from sweeps.spec.sweep import Range
from sweeps.spec.trials import baseline_beside, paths_of_trial
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.plan import Plan
from xlt_core.vocabulary.refs import EncoderRef

SPEC = "intermediate: {tasks: [mnli, qqp], count: 0..1}\ntargets: [xnli]\nseeds: 1\n"
BOTH = "encoder={choice: [mbert, xlm-roberta-base]}"
PLAN = Plan.parse("qqp")


@pytest.fixture
def sweep(sweep_of):
    return sweep_of(SPEC, BOTH)


@pytest.fixture
def prepared(sweep, prepared_for):
    known = prepared_for(sweep)
    refs = {name: EncoderRef(name, f"print of {name}", name) for name in sweep.encoders}
    return replace(known, encoder=refs["mbert"], encoders=refs)


def encoders(paths):
    return {path.trained.encoder.name for path in paths}


class TestSpec:
    def test_a_choice_is_searched(self, sweep):
        """Under the name `encoder`; the first is the baseline's."""
        assert sweep.encoders == ("mbert", "xlm-roberta-base")
        assert sweep.searched()["encoder"] == Range("choice", choices=sweep.encoders)
        assert candidates_of(sweep).opening()[1] == {"encoder": "mbert"}
        assert candidates_of(sweep).distinct() == 6
        assert from_data(to_data(sweep), sweep.source) == replace(sweep, places={})

    @pytest.mark.parametrize(
        ("written", "words"),
        [
            ("{choice: [mbert]}", "no choice of encoders"),
            ("{choice: mbert}", "no choice of encoders"),
            ("{log: [1, 2]}", "no choice of encoders"),
            ("{choice: [mbert, mbert]}", "stands twice"),
            ("{choice: [mbert, 3]}", "not 3"),
            ("{choice: [mbert, ./nowhere]}", "nowhere"),
            ("''", "needs a name"),
            ("[mbert, xlm-r]", "should be an encoder"),
        ],
    )
    def test_mistakes(self, sweep_of, written, words):
        with pytest.raises(UserMistake, match=words):
            sweep_of(SPEC, f"encoder={written}")

    def test_another_encoder_is_another_question(self, sweep, sweep_of, prepared):
        """By name where nothing else is known, else by content."""
        one = sweep_of(SPEC, "encoder=mbert")
        assert [d.field for d in compare(one, sweep).differences] == ["encoder"]
        other = replace(prepared, encoders={**prepared.encoders, "xlm-roberta-base": _other()})
        found = compare(sweep, sweep, prepared.identity(), other.identity())
        assert [d.field for d in found.differences] == ["encoder"]
        assert not compare(sweep, sweep, prepared.identity(), prepared.identity()).differences


class TestTrials:
    def test_a_trial_trains_its_own(self, sweep, prepared):
        """From the first stage to the last; without a value, the baseline's."""
        for settings, name in (
            ({"encoder": "xlm-roberta-base"}, "xlm-roberta-base"),
            ({}, "mbert"),
        ):
            assert encoders(paths_of_trial(sweep, prepared, PLAN, settings)) == {name}

    def test_its_gain_is_over_the_same_encoder(self, sweep, prepared):
        """A trial of another encoder than the baseline's brings its own along."""
        other = {"encoder": "xlm-roberta-base"}
        assert encoders(baseline_beside(sweep, prepared, PLAN, other)) == {"xlm-roberta-base"}
        assert baseline_beside(sweep, prepared, PLAN, {"encoder": "mbert"}) == ()

    def test_what_was_prepared_is_read_back(self, sweep, prepared, tmp_path):
        from sweeps.spec.paths import SweepFolder

        folder = SweepFolder.named("s", tmp_path)
        write_prepared(folder, prepared)
        again = read_prepared(folder)
        assert again == prepared and again.encoders == prepared.encoders


def _other() -> EncoderRef:
    return EncoderRef("xlm-roberta-base", "another print", "xlm-roberta-base")
