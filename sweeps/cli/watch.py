"""`xlt watch`: a sweep live in the terminal, wherever it runs; it is only looked at."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from sweeps.cli.faults import say
from sweeps.cli.interrupts import answering
from sweeps.cli.options import AsJson, SweepName
from sweeps.cli.output import print_json, stdout
from sweeps.interface.places import find_sweep


def watch(
    sweep: SweepName,
    once: Annotated[
        bool,
        typer.Option("--once", help="Print one picture and end; so too where there is no screen."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Watch a sweep until it ends, or you leave it by Ctrl-C.

    Trials, which stages run where and how fast, throughput, time and computing left, the last
    errors. SWEEP may be a URL, and the sweep run anywhere: all is read from its folder.
    """
    from sweeps.report.watch_picture import frame
    from sweeps.report.watching import Watcher

    folder = find_sweep(sweep)
    watcher = Watcher(folder)
    if as_json:
        print_json(watcher.look().to_json())
        return
    console = stdout()
    if once or not console.is_terminal:
        console.print(frame(watcher.look()))
        return
    from rich.live import Live

    with answering(""):  # who leaves knows it
        found = watcher.look()
        try:
            with Live(frame(found), console=console, auto_refresh=False) as live:
                while not found.is_over:
                    time.sleep(max(1.0, folder.files.pause))  # nothing tells of a change
                    found = watcher.look()
                    live.update(frame(found), refresh=True)
        except KeyboardInterrupt:
            return
    if found.is_over:
        say(f"{found.name} is {found.state}; `xlt results {folder.called}` has what it found")
