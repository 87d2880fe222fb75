"""What Optuna, its dashboard and its own commands make of a study, without anything of ours."""

from __future__ import annotations

import json
import threading
import urllib.request
from pathlib import Path
from typing import Any
from wsgiref.simple_server import make_server

import optuna
import pytest

from sweeps.search.candidates import Candidates
from sweeps.search.proposal import Proposal
from sweeps.search.settings import SettingsSpace
from sweeps.search.space import PlanSpace
from sweeps.search.study import SweepStudy
from sweeps.search.trial import TrialResult
from sweeps.spec.sweep import Intermediate, Range
from xlt_core.vocabulary.plan import Plan, Step

STEPS = tuple(map(Step.parse, ("mnli", "qqp+squad", "panx[ru]")))
RATE = "recipe.target.learning_rate"
CANDIDATES = Candidates(
    PlanSpace.of(Intermediate(STEPS, (0, 1, 2))),
    SettingsSpace({RATE: Range("log", 1e-5, 5e-5)}),
    encoder="xlm-roberta-base",
)
WORTH = {"mnli": 8.0, "qqp+squad": 1.0, "panx[ru]": 0.0}


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A study of every plan; one trial failed."""
    url = f"sqlite:///{tmp_path_factory.mktemp('plain') / 'study.db'}"
    study = SweepStudy.open(url, "first")
    for number, plan in enumerate(CANDIDATES.plans.plans()):
        study.insert(Proposal(number, plan, {RATE: 1e-5 + number * 1e-6}), CANDIDATES)
        value = 60.0 + sum(WORTH[str(step)] for step in plan.steps)
        lost = str(plan) == "panx[ru]"
        study.tell(number, TrialResult.failed("lost") if lost else TrialResult(value))
    study.close()
    return url


def test_a_trial_says_in_words_what_it_is(storage: str) -> None:
    """Plan, count, tasks, order and encoder stand in Optuna's own table, of the baseline too."""
    study = optuna.load_study(study_name="first", storage=storage)
    table = study.trials_dataframe().set_index("user_attrs_plan")
    said = ["user_attrs_count", "user_attrs_tasks", "user_attrs_order", "user_attrs_encoder"]
    assert list(table.loc["(none)", said]) == [0, "(none)", "none", "xlm-roberta-base"]
    turned = table.loc["qqp+squad > mnli"]
    assert list(turned[said]) == [2, "mnli, qqp+squad", "2 1", "xlm-roberta-base"]
    assert list(turned[["params_count", "params_pick0", "params_pick1"]]) == [
        *(2, "qqp+squad", "mnli")
    ]
    assert turned[f"params_{RATE}"] == pytest.approx(1e-5 + turned["number"] * 1e-6)
    assert set(table["state"]) == {"COMPLETE", "FAIL"}


def test_a_searched_encoder_is_said_too(tmp_path: Path) -> None:
    """By the trial's own setting."""
    url = f"sqlite:///{tmp_path / 'study.db'}"
    own = Candidates(CANDIDATES.plans, SettingsSpace({"encoder": Range("choice", choices="ab")}))
    study = SweepStudy.open(url, "s")
    study.insert(Proposal(0, Plan(), {"encoder": "b"}), own)
    study.close()
    (trial,) = optuna.load_study(study_name="s", storage=url).trials
    assert trial.user_attrs["encoder"] == trial.params["encoder"] == "b"


@pytest.mark.filterwarnings("ignore:Some regimes")
def test_importance_and_best_are_optunas_own(storage: str) -> None:
    """Of every parameter, those that only some plans have among them."""
    study = optuna.load_study(study_name="first", storage=storage)
    assert study.best_trial.user_attrs["tasks"] == "mnli, qqp+squad"
    found = optuna.importance.get_param_importances(study)
    assert set(found) == {"count", "pick0", "pick1", RATE}
    assert sum(found.values()) == pytest.approx(1)


def test_the_dashboard_serves_it(storage: str) -> None:
    """Optuna's dashboard lists the study, and its trials with their words."""
    dashboard = pytest.importorskip("optuna_dashboard", reason="optuna-dashboard is not there")
    with make_server("127.0.0.1", 0, dashboard.wsgi(storage)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        at = f"http://127.0.0.1:{server.server_port}"
        (study,) = _json(f"{at}/api/studies")["study_summaries"]
        found = _json(f"{at}/api/studies/{study['study_id']}?after=0")
        server.shutdown()
    assert study["study_name"] == "first"
    first = {attr["key"]: attr["value"] for attr in found["trials"][0]["user_attrs"]}
    assert first["encoder"] == "xlm-roberta-base"
    assert len(found["trials"]) == CANDIDATES.plans.size


def _json(url: str) -> Any:
    with urllib.request.urlopen(url) as answer:
        return json.loads(answer.read())
