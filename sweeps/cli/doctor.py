"""`xlt doctor`: whether this machine, or every node of a cluster, is fit for sweeps.

`--hub` asks another thing, `hub_check`'s.
"""

from __future__ import annotations

from typing import Annotated

import typer

from sweeps.cli.faults import DONE, FAILED_TRIALS
from sweeps.cli.options import AsJson
from sweeps.cli.output import print_json
from xlt_core.vocabulary.errors import Mistake, UserMistake


def doctor(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SPEC|SWEEP]",
            help="Whose places, data and encoder are looked at; without: the usual places. "
            "With --hub: the tasks and encoders to compare.",
        ),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            "--address",
            metavar="URL",
            help="Look at every node of the cluster that takes jobs there, http://HOST:8265.",
        ),
    ] = None,
    hub: Annotated[
        bool,
        typer.Option("--hub", help="Compare the hub with our tables instead; needs a connection."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say whether machines are fit for sweeps.

    And what to do where not. Versions, devices, store, Optuna's study, MLflow, disks, limits,
    clocks, the hub, data, memory are looked at, all at once, each for some seconds at most. Exit
    code 1 where something is wrong.
    """
    given = names or []
    if hub:
        raise typer.Exit(DONE if _hub(given, address, as_json) else FAILED_TRIALS)
    if len(given) > 1:
        what = f"looks at one spec or sweep, not {len(given)}"
        raise UserMistake(Mistake("xlt doctor", what, "name one; with --hub, tasks and encoders"))
    from sweeps.cli.checked import is_well, show
    from sweeps.interface.examining import examine_cluster, examine_here

    meant = given[0] if given else None
    found = examine_here(meant) if address is None else examine_cluster(meant, address)
    if as_json:
        print_json({"nodes": [each.to_json() for each in found]})
    else:
        show(found)
    raise typer.Exit(DONE if is_well(found) else FAILED_TRIALS)


def _hub(names: list[str], address: str | None, as_json: bool) -> bool:
    from sweeps.cli.hub_check import compare

    if not names or address is not None:
        what = "compares the tasks and encoders that are named, from this machine"
        raise UserMistake(Mistake("xlt doctor --hub", what, "write xlt doctor --hub TASK…"))
    return compare(names, as_json)
