"""`xlt export`: one trained model as a folder that transformers loads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sweeps.cli.faults import say
from sweeps.cli.options import SweepName
from sweeps.interface.loaded import LoadedSweep
from sweeps.interface.places import find_sweep
from xlt_core.vocabulary.errors import Mistake, UserMistake


def export(
    sweep: SweepName,
    to: Annotated[
        Path, typer.Option("--to", metavar="DIR", help="Where to write: a new or empty folder.")
    ],
    trial: Annotated[
        int | None, typer.Option("--trial", min=0, metavar="N", help="The trial's number.")
    ] = None,
    best: Annotated[bool, typer.Option("--best", help="The winner so far.")] = False,
    chosen_by: Annotated[
        str,
        typer.Option(
            "--chosen-by",
            metavar="LANGUAGES",
            help="What chooses the winner: english (zero-shot), or all of the targets' languages.",
        ),
    ] = "english",
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="TASK", help="Of several targets, the one meant."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="S", help="Default: the sweep's first.")
    ] = None,
    retrain: Annotated[
        bool, typer.Option("--retrain", help="Train here what was pruned from the store.")
    ] = False,
    register: Annotated[
        str | None,
        typer.Option("--register", metavar="NAME", help="Make it a registered model of MLflow."),
    ] = None,
    alias: Annotated[
        str | None, typer.Option("--alias", metavar="A", help="Of the registered version.")
    ] = None,
) -> None:
    """Write a trained model as a Hugging Face folder.

    Config, weights, tokenizer and a card with plan, recipes and scores; the Auto class that is
    said at the end loads it, and it was seen to predict what the sweep's own model predicts.
    """
    if (trial is None) != best:
        raise UserMistake(
            Mistake("xlt export", "one model is written", "say which: --trial N, or --best")
        )
    found = LoadedSweep(find_sweep(sweep)).export(
        to,
        trial=trial,
        chosen_by=chosen_by,
        target=target,
        seed=seed,
        retrain=retrain,
        register=register,
        alias=alias,
        say=say,
    )
    for note in found.notes:
        say(note)
    say(f"{found.model.called}, for {found.auto_class}")
    if found.uri:
        say(f"registered: {found.uri}")
        say(f"it comes back by mlflow.artifacts.download_artifacts({found.uri!r}), a folder for")
        say(f"{found.auto_class}.from_pretrained")
    print(found.folder)
