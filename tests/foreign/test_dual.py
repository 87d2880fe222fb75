"""An evaluation that reads several splits: questions, and candidates of all languages.

Kind, task and metric are somebody else's (`tests/foreign/dual.py`): nothing of ours knows them.
"""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeps.spec.compare import compare
from sweeps.spec.inputs import ResolvedInputs
from sweeps.spec.prepare import prepare
from sweeps.spec.read import read_spec
from sweeps.spec.trials import paths_of_trial
from tests.foreign.dual import ANSWERS, DUAL, MAP, DualExample
from xlt_core.data import open_source
from xlt_core.evaluation.evaluate import read_predictions
from xlt_core.kinds import KINDS
from xlt_core.metrics import METRICS
from xlt_core.stages import EvaluateStage
from xlt_core.tasks import TABLE
from xlt_core.testing.bench import RECIPE, Bench, losses
from xlt_core.testing.encoders import encoder_in
from xlt_core.testing.rows import WORDS
from xlt_core.vocabulary.errors import DataChanged, UserMistake
from xlt_core.vocabulary.plan import Plan
from xlt_core.vocabulary.refs import SourceRef

LANGUAGES = ("de", "en", "sw")


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, DUAL.name, DUAL)
    monkeypatch.setitem(METRICS, MAP.name, MAP)
    monkeypatch.setitem(TABLE, ANSWERS.name, ANSWERS)


def rows_in(folder: Path) -> Path:
    """Questions whose answer holds their first word, in three languages, and as many candidates."""
    draw = random.Random(1)
    home = folder / ANSWERS.name
    home.mkdir(parents=True)

    def write(name: str, rows: list[tuple[str, str, str, str]]) -> None:
        (home / name).write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")

    def sentence(word: str) -> str:
        return " ".join([word, *draw.choices(WORDS, k=draw.randint(2, 5))])

    asked = [f"{word} {draw.choice(WORDS)}" for word in WORDS]
    right = " ".join(f"{code}:{{0}}" for code in LANGUAGES)
    pairs = [(f"t{n}", q, sentence(q.split()[0]), "") for n, q in enumerate(asked * 4)]
    write("train-en.tsv", pairs)
    for code in LANGUAGES:
        questions = [(f"q{n}", q, "", right.format(n)) for n, q in enumerate(asked)]
        write(f"test-{code}.tsv", questions[: {"de": 5, "en": 11, "sw": 7}[code]])
        found = [(f"{n}", "", sentence(q.split()[0]), "") for n, q in enumerate(asked)]
        write(f"candidates-{code}.tsv", found)
    write("dev-en.tsv", [(f"d{n}", q, "", right.format(n)) for n, q in enumerate(asked)])
    return folder


@pytest.fixture
def here(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "bench", encoder_in(tmp_path), rows_in(tmp_path / "data"))


def scored(
    here: Bench, language: str, pool: tuple[str, ...] = LANGUAGES, steps: int = 10
) -> EvaluateStage:
    source = open_source(SourceRef("folder", str(here.data)))
    beside = tuple(source.refer("answers", code, "candidates") for code in pool)
    trained = here.train("answers", recipe=replace(RECIPE, steps=steps, learning_rate=3e-3))
    return EvaluateStage(trained, source.refer("answers", language, "test"), beside=beside)


class TestScores:
    def test_they_are_of_the_candidates_of_all_languages(self, here: Bench) -> None:
        """Each language's score is its own questions', by its own mean of precisions."""
        for code in LANGUAGES:
            stage = scored(here, code)
            if not here.store.read(stage.trained.key):
                here.run(stage.trained)
            answer = here.run(stage).answer
            found = here.store.read(stage.key)
            assert answer is not None and found is not None
            lines = read_predictions(found.path("predictions.jsonl.zst"))
            assert len(lines) == answer["examples"] == {"de": 5, "en": 11, "sw": 7}[code]
            assert all(len(set(line["prediction"])) == 20 for line in lines)  # of 33
            assert {name[:2] for line in lines for name in line["prediction"]} == {*LANGUAGES}
            examples = [DualExample("", "", "", tuple(line["gold"])) for line in lines]
            again = MAP.compute(examples, [line["prediction"] for line in lines], code, ())
            assert answer["primary"] == again["map_at_20"] > 0

    def test_it_is_learnt(self, here: Bench) -> None:
        """Answers hold their question's first word: training finds out."""
        stage, untrained = scored(here, "en", steps=150), scored(here, "en", steps=1)
        for one in (stage, untrained):
            here.run(one.trained)
        before, after = (here.run(one).answer for one in (untrained, stage))
        assert before is not None and after is not None
        assert after["primary"] > before["primary"] + 10

    @pytest.mark.parametrize("micro_batch", [1, 3, 4, 6])
    def test_rows_that_share_a_loss_stay_together(self, here: Bench, micro_batch: int) -> None:
        """Whatever the micro-batch, the losses are the same beyond rounding."""
        stage = here.train("answers", recipe=replace(RECIPE, steps=4, learning_rate=1e-3))
        here.run(stage)
        other = Bench(here.root / "other", here.encoder, here.data)
        other.settings = replace(other.settings, micro_batch=micro_batch)
        other.run(stage)
        assert losses(other, stage) == pytest.approx(losses(here, stage), rel=1e-4)


class TestIdentity:
    def test_each_candidate_counts(self, here: Bench) -> None:
        """Fewer languages of them, or one sentence changed, are another score under another key."""
        stage = scored(here, "en")
        keys = {stage.key, scored(here, "en", ("en",)).key, replace(stage, beside=()).key}
        assert len(keys) == 3
        file = here.data / "answers" / "candidates-sw.tsv"
        file.write_text(file.read_text().replace("\n", " sun\n", 1))
        assert scored(here, "en").key not in keys

    def test_candidates_edited_after_planning_are_refused(self, here: Bench) -> None:
        stage = scored(here, "en")
        here.run(stage.trained)
        file = here.data / "answers" / "candidates-sw.tsv"
        file.write_text(file.read_text().replace("\n", " sun\n", 1))
        with pytest.raises(DataChanged, match="candidates of answers in sw"):
            here.run(stage)


SPEC = """
name: pooled
encoder: {encoder}
data: {{folder: {data}}}
intermediate: {{tasks: [answers], count: 0..1}}
targets: [{targets}]
seeds: 1
recipe: {{train: {{steps: 2, max_length: 48}}, target: {{steps: 2, max_length: 48}}}}
"""


@pytest.fixture
def planned(here: Bench, tmp_path: Path):
    """What preflight finds for the targets that a spec names."""

    def plan(targets: str) -> tuple[object, ResolvedInputs]:
        spec = tmp_path / "pooled.yaml"
        spec.write_text(SPEC.format(encoder=here.encoder, data=here.data, targets=targets))
        sweep = read_spec(spec)
        return sweep, prepare(sweep)

    return plan


class TestSweep:
    def test_all_candidates_are_read_whichever_languages_are_scored(self, planned) -> None:
        """So that a score does not depend on which other languages were asked for."""
        stages = {}
        for targets in ("answers", "answers: [sw]"):
            sweep, found = planned(targets)
            (path,) = paths_of_trial(sweep, found, Plan(), {})
            assert {stage.data.split for stage in path.evaluations} == {"dev", "test"}
            for stage in path.evaluations:
                assert [ref.language for ref in stage.beside] == [*LANGUAGES]
                assert {ref.split for ref in stage.beside} == {"candidates"}
            stages[targets] = {stage.key for stage in path.evaluations}
        assert stages["answers: [sw]"] < stages["answers"]

    def test_candidates_that_come_later_are_another_sweep(self, here: Bench, planned) -> None:
        """A language more to be asked about extends a sweep; one more to choose from does not."""
        file = here.data / "answers" / "candidates-sw.tsv"
        text = file.read_text()
        file.unlink()
        (here.data / "answers" / "test-sw.tsv").unlink()
        old, before = planned("answers")
        file.write_text(text)
        new, after = planned("answers")
        change = compare(old, new, before.identity(), after.identity())
        assert [d.field for d in change.differences] == ["data of answers/sw/candidates"]

    def test_without_candidates_nothing_can_be_planned(self, here: Bench, planned) -> None:
        for file in (here.data / "answers").glob("candidates-*"):
            file.unlink()
        with pytest.raises(UserMistake, match=r"candidates-de\.tsv"):
            planned("answers")

    def test_of_another_split_nobody_has_heard(self, here: Bench) -> None:
        source = open_source(SourceRef("folder", str(here.data)))
        with pytest.raises(UserMistake, match="train, dev, test or candidates"):
            source.load("answers", "en", "pool")


@settings(max_examples=30, deadline=None)
@given(ranks=st.lists(st.integers(0, 40), min_size=1, max_size=6, unique=True))
def test_average_precision_of_known_ranks(ranks: list[int]) -> None:
    """By hand: the k-th right one at rank r (from 0) adds k / (r + 1)."""
    names = [f"n{rank}" for rank in range(50)]
    gold = tuple(names[rank] for rank in ranks)
    by_hand = [k / (rank + 1) for k, rank in enumerate(sorted(ranks), 1) if rank < 20]
    found = MAP.compute([DualExample("", "", "", gold)], [names[:20]], "en", ())["map_at_20"]
    assert np.isclose(found, 100 * sum(by_hand) / len(gold))
