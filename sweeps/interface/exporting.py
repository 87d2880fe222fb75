"""Exporting a model: the folder that transformers loads, written whole or not at all.

`sweeps.results.models` finds the model that is meant, `xlt_core.work.published` writes its weights.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sweeps.interface.places import as_word
from sweeps.results.models import Asked, ModelOfTrial, model_of, scores_of
from sweeps.search.trial import TrialState
from xlt_core.vocabulary.address import bare
from xlt_core.vocabulary.errors import DataChanged, Mistake, ParentMissing, UserMistake
from xlt_core.vocabulary.lines import first_line

if TYPE_CHECKING:
    from sweeps.spec.paths import SweepFolder
    from xlt_core.kinds.auto_class import AutoClass
    from xlt_core.stages import Stage
    from xlt_core.store import Store

CARD = "README.md"


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        auto_class: the class of transformers that loads it.
        notes: sentences on what was taken without being asked for.
        uri: MLflow's of the registered model, `models:/…`; empty where none was asked for.
    """

    folder: Path
    model: ModelOfTrial
    auto_class: str
    notes: tuple[str, ...]
    uri: str = ""


@dataclass(frozen=True)
class Register:
    """A registered model of MLflow, and the alias that its new version is to have."""

    name: str
    alias: str = ""


def export_model(
    folder: SweepFolder,
    asked: Asked,
    to: Path,
    retrain: bool = False,
    register: Register | None = None,
    say: Callable[[str], None] | None = None,
) -> Exported:
    """Write the model that is asked for into `to`, a new or empty folder.

    Args:
        retrain: train here what the store no longer has.
        register: the registered model of MLflow that it is to be a version of.
        say: is told what is trained.

    Raises:
        UserMistake: nothing such is there, its weights are gone, transformers has no class for it,
            the folder cannot be written, or MLflow does not take the model: then there is none.
    """
    from importlib.metadata import version

    from sweeps.report.card import card
    from sweeps.results.rows import read_results
    from xlt_core.store import Store
    from xlt_core.work.published import publish_model

    with _whole(to) as half:
        results = read_results(folder)
        store = Store(results.sweep.store)
        model = model_of(results, asked)
        if retrain:
            _train(model, store, folder, say or (lambda text: None))
        try:
            auto = publish_model(model.path.evaluations[0], store, folder.cache, half)
        except ParentMissing:
            raise UserMistake(_gone(model, store, folder)) from None
        except DataChanged as error:
            remedy = "bring back what the sweep was planned with"
            raise UserMistake(Mistake(model.called, str(error), remedy)) from None
        scores = list(scores_of(model, results, store))
        text = card(model, scores, auto, command(model, folder, to), version("xlt"))
        (half / CARD).write_text(text, encoding="utf-8")
        for file in half.iterdir():  # weights are written for their owner alone
            shutil.copymode(half / CARD, file)
        uri = _registered(half, model, auto, folder, register) if register else ""
    return Exported(to, model, auto.name, model.notes, uri)


def _registered(
    half: Path, model: ModelOfTrial, auto: AutoClass, folder: SweepFolder, named: Register
) -> str:
    from sweeps.tracking.registry import Registration, register

    wanted = Registration(
        named.name,
        named.alias,
        model.sweep.name,
        folder.identity,
        model.trial.number,
        f"{model.path.target}-{model.path.trained.key[:12]}",
        model.called,
        {
            "xlt.plan": str(model.trial.plan),
            "xlt.target": model.path.target,
            "xlt.seed": str(model.path.seed),
            "xlt.auto_class": auto.name,
        },
    )
    return register(half, wanted, model.sweep.tracking)


@contextmanager
def _whole(to: Path) -> Iterator[Path]:
    """A folder beside `to` that becomes it at the end; gone where the block fails.

    Raises UserMistake where `to` holds something, or cannot be written.
    """
    _require_empty(to)
    place = to.resolve()
    half = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        with _writable(to):
            half.mkdir(parents=True)
        yield half
        with _writable(to):
            half.rename(place)
    finally:
        shutil.rmtree(half, ignore_errors=True)


@contextmanager
def _writable(to: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = f"cannot be written: {error.strerror or error}"
        raise UserMistake(Mistake(f"--to {to}", what, "name another folder")) from error


def _require_empty(to: Path) -> None:
    where = f"--to {to}"
    if to.is_file():
        raise UserMistake(Mistake(where, "is a file", "name a new or empty folder"))
    if to.is_dir() and (there := sorted(path.name for path in to.iterdir())):
        what = f"is not empty: it holds {there[0]}"
        what += f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise UserMistake(Mistake(where, what, "name a new or empty folder; this stays as it is"))


def _gone(model: ModelOfTrial, store: Store, folder: SweepFolder) -> Mistake:
    """Why the weights are not there, and what to do."""
    if model.trial.state == TrialState.RUNNING:
        what = "has not been trained to its end"
        return Mistake(model.called, what, f"`xlt resume {folder.called}` goes on with it")
    if model.trial.error:
        what = f"failed: {first_line(model.trial.error)}"
        remedy = f"`xlt resume {folder.called} --retry-failed` tries it again"
        return Mistake(model.called, what, remedy)
    what = f"its weights are no longer in the store {bare(store.url)}: `xlt store prune` took them"
    steps = sum(stage.optimizer_steps for stage in missing(model.path.trained, store))
    remedy = (
        f"add --retrain: it trains them again, here ({steps:,} steps), and keeps them in the store;"
        " or choose another trial, seed or target"
    )
    return Mistake(model.called, what, remedy)


def missing(stage: Stage, store: Store) -> list[Stage]:
    """What has to be trained for these weights to be there, parents first."""
    if store.read(stage.key) is not None:
        return []
    return [found for parent in stage.parents for found in missing(parent, store)] + [stage]


def _train(
    model: ModelOfTrial, store: Store, folder: SweepFolder, say: Callable[[str], None]
) -> None:
    from xlt_core.stage import Settings, run

    execution = model.sweep.execution
    settings = Settings(
        folder.cache,
        device=execution.device,
        threads=execution.threads,
        micro_batch=execution.micro_batch,
        executor={"sweep": model.sweep.name, "folder": folder.identity},
    )
    for stage in missing(model.path.trained, store):
        say(f"training {stage.title}, {stage.optimizer_steps:,} steps")
        run(stage, store, lambda event: None, settings)


def command(model: ModelOfTrial, folder: SweepFolder, to: Path) -> str:
    """The command that writes the same again; a baseline beside a trial has no number."""
    which = f"--best --chosen-by {model.way}" if model.beside else f"--trial {model.trial.number}"
    return (
        f"xlt export {folder.called} {which} --target {model.path.target} "
        f"--seed {model.path.seed} --to {as_word(to)}"
    )
