"""MLflow's registry of models: an exported folder as a version of a registered model.

The files hang on the run of the trial that trained the model; the version points there. Registering
the same model twice makes one version: it is found by the stage that it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from sweeps.tracking.database import is_away, prepare_database
from sweeps.tracking.diff import SWEEP_ID_TAG
from sweeps.tracking.location import client_address, impatient, signed_in, tracking_uri
from sweeps.tracking.reaching import reach
from xlt_core.vocabulary.address import bare, starred
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.lines import first_line

MODEL_TAG = "xlt.model"  # target and key of the stage that the model is


@dataclass(frozen=True)
class Registration:
    """What is to stand in the registry.

    Attributes:
        name, alias: as the user gave them; the alias may be empty.
        sweep, sweep_id, trial: whose run the files hang on.
        model: what tells the model from every other.
        about: in a line.
        tags: of the version.
    """

    name: str
    alias: str
    sweep: str
    sweep_id: str
    trial: int
    model: str
    about: str
    tags: Mapping[str, str]


def register(folder: Path, wanted: Registration, tracking: str) -> str:
    """Have the model in `folder` be a version of the registered model; its URI, `models:/…`.

    Args:
        tracking: what the user wrote under `tracking`.

    Raises:
        UserMistake: the server is away or refuses us, the trial has no run there, or MLflow does
            not take the name.
    """
    uri = tracking_uri(tracking)
    reach(tracking)
    where = f"--register {wanted.name}"
    try:
        with signed_in(uri), impatient():
            client = MlflowClient(client_address(uri))
            return _register(client, prepare_database(uri), folder, wanted, bare(uri))
    except UserMistake:
        raise
    except Exception as error:  # MLflow's own, the network's, or those of an artifact store
        remedy = "see that it is up, then do it again" if is_away(error) else "give it another name"
        what = f"MLflow at {bare(uri)} does not take it: {starred(first_line(error))}"
        raise UserMistake(Mistake(where, what, f"{remedy}; nothing was exported")) from error


def _register(
    client: MlflowClient, experiment: str, folder: Path, wanted: Registration, where: str
) -> str:
    run = _run_of_trial(client, experiment, wanted, where)
    _require_model(client, wanted.name)
    version = _version(client, wanted)
    if version is None:
        place = f"models/{wanted.model.replace('/', '-')}"
        client.log_artifacts(run, str(folder), place)
        version = client.create_model_version(
            wanted.name,
            f"runs:/{run}/{place}",
            run_id=run,
            tags={**wanted.tags, MODEL_TAG: wanted.model},
            description=wanted.about,
        )
    if not wanted.alias:
        return f"models:/{wanted.name}/{version.version}"
    client.set_registered_model_alias(wanted.name, wanted.alias, version.version)
    return f"models:/{wanted.name}@{wanted.alias}"


def _run_of_trial(client: MlflowClient, experiment: str, wanted: Registration, where: str) -> str:
    runs = client.search_runs([experiment], f"tags.`xlt.trial` = '{wanted.sweep}/{wanted.trial}'")
    for run in runs:  # another sweep of the name may have one too
        if run.data.tags.get(SWEEP_ID_TAG, wanted.sweep_id) == wanted.sweep_id:
            return str(run.info.run_id)
    what = f"MLflow at {where} has no run of trial {wanted.trial} for the model to hang on"
    remedy = f"`xlt sync {wanted.sweep}` makes it, then register again"
    raise UserMistake(Mistake(f"--register {wanted.name}", what, remedy))


def _require_model(client: MlflowClient, name: str) -> None:
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _version(client: MlflowClient, wanted: Registration) -> ModelVersion | None:
    """The version that the model is already."""
    quote = '"' if "'" in wanted.name else "'"
    found = client.search_model_versions(f"name={quote}{wanted.name}{quote}")
    for version in found:
        if version.tags.get(MODEL_TAG) == wanted.model and version.status == "READY":
            return version
    return None
