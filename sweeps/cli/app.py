"""`xlt`: the commands put together. One file a command beside this one; `faults` ends them all."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from sweeps.cli.commands import COMMANDS
from sweeps.cli.faults import guarded
from sweeps.cli.store import app as store_app

EPILOG = """\
Exit codes: 0 done, 1 a sweep with failed trials, 2 a mistake of yours (said in one screen),
3 a sweep that was stopped or cancelled, 70 an unexpected error (its traceback is in the file that
is named), 130 interrupted.

SWEEP is a name under runs/ (or $XLT_RUNS), or a folder. Results go to stdout, progress to stderr.
"""


class Commands(TyperGroup):
    """The group whose every way out goes through `faults.guarded`."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> object:
        """Run one command line and exit with its code."""
        given = list(sys.argv[1:] if args is None else args)
        run = super().main
        if not standalone_mode:
            return run(given, prog_name, complete_var, standalone_mode=False, **extra)
        sys.exit(
            guarded(
                lambda: run(given, prog_name, complete_var, standalone_mode=False, **extra),
                given,
            )
        )


class PluggedCommand(TyperCommand):
    """A command; the user's plug-ins are imported before it runs, and not for its help."""

    def invoke(self, ctx: Any) -> Any:
        """Run it. Raises UserMistake where a plug-in cannot be imported."""
        from xlt_core.plugins import named_plugins

        if named_plugins():  # else nothing of what they add to is opened
            from sweeps.spec.sound import import_sound_plugins

            import_sound_plugins()
        return super().invoke(ctx)


app = typer.Typer(
    cls=Commands,
    name="xlt",
    help="Which intermediate tasks pay, in what order, for which language families.",
    epilog=EPILOG,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    invoke_without_command=True,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"xlt {version('xlt')}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    """Which intermediate tasks pay, in what order, for which language families."""
    if context.invoked_subcommand is None:
        print(context.get_help())


for _name, _command in COMMANDS.items():
    app.command(_name)(_command)
app.add_typer(store_app, name="store")
for _registered in (*app.registered_commands, *store_app.registered_commands):
    _registered.cls = PluggedCommand
