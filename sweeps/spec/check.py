"""Checks that look at several fields of a spec together. `schema` has looked at each alone.

Each function yields mistakes and trusts nothing but its own section, so that one bad section does
not hide the mistakes of the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.metadata import entry_points
from itertools import product
from pathlib import Path
from typing import Any

from sweeps.spec.database import sqlite_path, with_driver
from sweeps.spec.methods import METHODS, option_mistakes
from sweeps.spec.names import nearest
from sweeps.spec.ranges import LENGTHS, rules
from sweeps.spec.recipes import recipe_for
from sweeps.spec.schema import Part, Spec
from sweeps.spec.source_map import Document, FieldPath
from sweeps.spec.sources import kind_of, lacking
from sweeps.spec.sweep import Range, Sweep, Value
from xlt_core.kinds import get_kind
from xlt_core.tasks import get_task
from xlt_core.vocabulary.errors import Mistake
from xlt_core.vocabulary.plan import Plan, Step

_TRACKED = ("http", "https", "sqlite", "postgresql", "mysql", "mssql", "databricks")
_STOPPERS = ("early_stopping", "stop_early", "scheduler", "pruner")


def check(spec: Spec, document: Document) -> Iterator[Mistake]:
    """Every mistake between the fields of a spec whose single values are sound."""
    yield from _required(spec, document)
    yield from _intermediate(spec, document)
    yield from _targets(spec, document)
    yield from _lengths(spec, document)
    yield from _splits(document, spec)
    yield from _search(spec, document)
    yield from _worlds(spec, document)


def check_recipes(sweep: Sweep, document: Document) -> Iterator[Mistake]:
    """Mistakes that show once the layers of the recipe lie on one another."""
    trained = trained_tasks(sweep)
    used = {name for stage in trained for name in stage}
    for name in sorted(sweep.recipe.get("tasks", {})):
        if name not in used:
            where = document.where(("recipe", "tasks", name))
            remedy = "add it to intermediate.tasks, or take this out"
            yield Mistake(where, f"nothing in this sweep is trained on {name}", remedy)
    yield from _at_odds(sweep, document)
    yield from _shares(sweep, document)
    for task, target in trained:
        if get_kind(get_task(task).kind).has_windows:
            yield from _windows(sweep, task, target, document)


def check_databases(sweep: Sweep, document: Document) -> Iterator[Mistake]:
    """A study lies in a database, and not in MLflow's: both keep their version in one table."""
    if sweep.storage == sweep.tracking:
        what = "Optuna's study cannot lie in MLflow's database"
        yield Mistake(document.where(("storage",)), what, "give it a file or database of its own")
    for name, address in (("storage", sweep.storage), ("tracking", sweep.tracking)):
        path = sqlite_path(address)
        if path is not None and path.is_dir():
            what = f"{path} is a folder, and SQLite keeps a database in a file"
            yield Mistake(document.where((name,)), what, f"name a file, as {path / 'some.db'}")
    if "storage" in document.data and (what := _unknown_database(sweep.storage)):
        remedy = "write a file, as study.db, or a database's URL, as postgresql://HOST/NAME"
        yield Mistake(document.where(("storage",)), what, remedy)


def _unknown_database(address: str) -> str:
    """What is wrong by SQLAlchemy, which will open it; of drivers the study knows more."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        make_url(with_driver(address)).get_dialect()
    except ArgumentError:
        return f"{address.partition('://')[0]}:// is no database that Optuna's study can lie in"
    except ImportError:
        return ""
    except ValueError as error:  # a port that is no number
        return f"is no database's address: {error}"
    return ""


def check_tracking(sweep: Sweep, document: Document) -> Iterator[Mistake]:
    """Tracking goes to a server or a database that MLflow knows, or to a database file."""
    where = document.where(("tracking",))
    remedy = "write a file, as runs/mlflow.db, http://HOST:PORT, or a database's URL"
    found = re.match(r"(file):|([A-Za-z][A-Za-z0-9+.-]*)://(.*)", sweep.tracking)
    server = re.fullmatch(r"[\w.-]+:\d+", Path(sweep.tracking).name)
    if found is None and server is not None:
        yield Mistake(where, "a server's address begins with http://", f"write http://{server[0]}")
        return
    if found is None or found[1]:
        if found or Path(sweep.tracking).is_dir():
            yield Mistake(where, "MLflow keeps no runs in a folder", remedy)
        return
    kind = found[2].partition("+")[0].lower()
    known = {*_TRACKED, *(one.name for one in entry_points(group="mlflow.tracking_store"))}
    if kind not in known:
        near = nearest(kind, sorted(known))
        what = f"{kind}:// is nothing that MLflow tracks to"
        yield Mistake(where, what, f"did you mean {near}://?" if near else remedy)
    elif kind.startswith("http") and found[3].strip("/") == "":
        yield Mistake(where, f"{kind}:// names no host", remedy)


def trained_tasks(sweep: Sweep) -> tuple[tuple[str, str], ...]:
    """Every (task, target) that is trained, each once; no target for intermediate stages."""
    found = [(member.task, "") for step in every_step(sweep) for member in step.members]
    for target in sweep.targets:
        found += [(task, target.task) for task in get_task(target.task).training]
    return tuple(dict.fromkeys(found))


def every_step(sweep: Sweep) -> tuple[Step, ...]:
    """Every intermediate step that a plan may hold."""
    planned = (step for text in sweep.intermediate.plans for step in Plan.parse(text).steps)
    return (*planned, *sweep.intermediate.tasks)


def _required(spec: Spec, document: Document) -> Iterator[Mistake]:
    examples = {"intermediate": "{tasks: [mnli, qqp], count: 0..2}", "targets": "[xnli]"}
    for name, example in examples.items():
        if name not in document.data:
            remedy = f"write {name}: {example}"
            yield Mistake(document.where(()) or "the spec", f"{name} is missing", remedy)
    if spec.targets is not None and not spec.targets:
        yield Mistake(document.where(("targets",)), "names no target", "write targets: [xnli]")


def _intermediate(spec: Spec, document: Document) -> Iterator[Mistake]:
    part, written = spec.intermediate, document.data.get("intermediate")
    if part is None or not isinstance(written, dict):
        return
    if "plans" in written:
        for name in ("tasks", "count", "order"):
            if name in written:
                where = document.where(("intermediate", name))
                yield Mistake(where, f"{name} means nothing beside plans", "keep one of them")
        where = document.where(("intermediate", "plans"))
        for plan in dict.fromkeys(part.plans or ()):
            if (part.plans or ()).count(plan) > 1:
                yield Mistake(where, f"`{plan}` stands twice", "name each plan once")
        return
    if "tasks" not in written:
        remedy = "write tasks: [mnli, qqp], or plans: [mnli > qqp]"
        yield Mistake(document.where(("intermediate",)), "names neither tasks nor plans", remedy)
        return
    if not isinstance(written["tasks"], list):
        return
    where = document.where(("intermediate", "tasks"))
    # As written: a task that is unknown takes nothing from what is said of the others.
    listed = [_one_spelling(str(task)) for task in written["tasks"]]
    for task in sorted({task for task in listed if listed.count(task) > 1}):
        yield Mistake(where, f"{task} stands twice", "name each task once")
    most = len(set(listed))
    if part.count and max(part.count) > most:
        where = document.where(("intermediate", "count"))
        what = f"a plan of {max(part.count)} needs as many tasks; listed: {most}"
        yield Mistake(where, what, f"write 0..{most}, or list more tasks")


def _one_spelling(step: str) -> str:
    """`qqp + mnli[en]` as `mnli+qqp`."""
    members = step.replace(" ", "").replace("[en]", "").split("+")
    return "+".join(sorted(set(members)))


def _targets(spec: Spec, document: Document) -> Iterator[Mistake]:
    names = [target.task for target in spec.targets or []]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Mistake(document.where(("targets",)), f"{name} stands twice", "name it once")
    known = {code for name in names for code in get_task(name).languages}
    for code in spec.languages or ():
        if names and code not in known:
            what = f"no target has data in {code}"
            verb = "has" if len(names) == 1 else "have"
            remedy = f"{' '.join(names)} {verb} {' '.join(sorted(known))}"
            yield Mistake(document.where(("languages",)), what, remedy)


def _lengths(spec: Spec, document: Document) -> Iterator[Mistake]:
    """A layer says how long to train in one unit only."""
    for trail, part in _layers(spec):
        given = [name for name in LENGTHS if name in part.model_fields_set]
        if len(given) > 1:
            where = document.where((*trail, given[1]))
            yield Mistake(where, f"{given[0]} and {given[1]} are both given", "keep one of them")
        for name, rule in ((name, rules()[name]) for name in given):
            if not rule.is_of(trail):
                where = document.where((*trail, name))
                what = "a plan's intermediate stages share their steps, no other stage does"
                yield Mistake(where, what, f"write it in recipe.{rule.layer}, or write steps here")


def _shares(sweep: Sweep, document: Document) -> Iterator[Mistake]:
    """Every stage of the longest plan has a step of its own."""
    given = sweep.recipe.get("train", {}).get("plan_steps")
    if given is None:
        return
    plans = [len(Plan.parse(plan).steps) for plan in sweep.intermediate.plans]
    longest = max([*plans, *(() if plans else sweep.intermediate.counts)], default=0)
    wished: tuple[Any, ...] = (given,)
    if isinstance(given, Range):
        wished = given.choices or (given.low,)
    least = min(wished)
    if least < longest:
        where = document.where(("recipe", "train", "plan_steps"))
        what = f"{least} steps are too few for the {longest} stages of the longest plan"
        yield Mistake(where, what, "give more steps, or a smaller intermediate.count")


def _splits(document: Document, spec: Spec) -> Iterator[Mistake]:
    where = document.where(("splits",))
    if len(set(spec.splits)) < len(spec.splits):
        yield Mistake(where, "a split stands twice", "write splits: [dev, test]")
    if "splits" in document.data and spec.objective.split not in spec.splits:
        remedy = "write splits: [dev, test]"
        yield Mistake(where, "dev is not among them, and selection needs it", remedy)


def _search(spec: Spec, document: Document) -> Iterator[Mistake]:
    if not METHODS[spec.search.method].fractions:
        for trail, value in _ranges(spec):
            if value.kind in ("log", "float"):
                remedy = "write {choice: […]}, or search with method: tpe"
                what = f"a {spec.search.method} has no end of fractions"
                yield Mistake(document.where(trail), what, remedy)
    for name in _STOPPERS:
        wish = spec.search.options.get(name)
        if name in spec.search.options and _stops_on_targets(wish, spec.objective.languages):
            where = document.where(("search", "options", name))
            what = "stopping early on a target language leaks what transfer is to show"
            yield Mistake(where, what, "set objective.languages: english, or take it out")
    yield from check_options(spec.search.method, spec.search.options, document)


def check_options(
    method: str, options: Mapping[str, object], document: Document, above: FieldPath = ()
) -> Iterator[Mistake]:
    """Every option that the method does not have or not with this value, in its place.

    Args:
        above: where in the document the spec stands.
    """
    for found in option_mistakes(method, options):
        where = document.where((*above, "search", "options", found.where))
        yield replace(found, where=where)


def _stops_on_targets(wish: object, selected: str) -> bool:
    if wish in (None, False, "none"):
        return False
    own = wish.get("languages", selected) if isinstance(wish, dict) else selected
    return own not in ("english", "en", ["en"])


def _layers(spec: Spec) -> Iterator[tuple[tuple[str, ...], Part]]:
    yield ("recipe", "train"), spec.recipe.train
    yield ("recipe", "target"), spec.recipe.target
    for name, part in spec.recipe.tasks.items():
        yield ("recipe", "tasks", name), part


def _ranges(spec: Spec) -> Iterator[tuple[tuple[str, ...], Range]]:
    for trail, part in _layers(spec):
        for name in sorted(part.model_fields_set):
            value = getattr(part, name)
            if isinstance(value, Range):
                yield (*trail, name), value


def _worlds(spec: Spec, document: Document) -> Iterator[Mistake]:
    """The lab has its own tasks, and what a task of a user's has is its own business."""
    tasks: dict[str, tuple[str, ...]] = {t.task: ("targets",) for t in spec.targets or []}
    if spec.intermediate is not None:
        trail: tuple[str, ...] = ("intermediate", "tasks" if spec.intermediate.tasks else "plans")
        steps = list(spec.intermediate.tasks or [])
        steps += [s for text in spec.intermediate.plans or [] for s in Plan.parse(text).steps]
        for step in steps:
            tasks |= {m.task: trail for m in step.members if m.task not in tasks}
    for target in spec.targets or []:
        tasks = dict.fromkeys(get_task(target.task).training, ("targets",)) | tasks
    if (source := kind_of(spec.data)) == "folder":
        return  # which names the files that it would have to have, once it is opened
    for task, what, remedy in lacking(source, tasks):
        yield Mistake(document.where(tasks[task]), what, remedy)


def _windows(sweep: Sweep, task: str, target: str, document: Document) -> Iterator[Mistake]:
    """Windows of a span task must move on by half their length at least."""
    searched = sweep.searched()
    fixed = {path: _values(value)[0] for path, value in searched.items()}
    lengths = {p: v for p, v in searched.items() if p.endswith((".max_length", ".stride"))}
    for values in product(*(_values(value) for value in lengths.values())):
        settings = fixed | dict(zip(lengths, values, strict=True))
        role = "target" if target else "train"
        recipe = recipe_for(sweep, (task,), role, settings, target or None)
        if 2 * recipe.stride > recipe.max_length:
            written = [("recipe", "tasks", task), ("recipe", role)]
            trails = [(*t, f) for t in written for f in ("max_length", "stride")]
            trail = next((t for t in trails if t in document.places), ("recipe",))
            what = (
                f"windows of {recipe.max_length} tokens that share {recipe.stride} hardly move "
                f"on ({task} finds answers in windows)"
            )
            where = f"recipe.tasks.{target or task}"
            remedy = f"set {where}.stride: {recipe.max_length // 4}, or have longer windows"
            yield Mistake(document.where(trail), what, remedy)
            return


def _at_odds(sweep: Sweep, document: Document) -> Iterator[Mistake]:
    """Members of a mixture must agree on what has no least and no middle: one would be ignored."""
    written = sweep.recipe.get("tasks", {})
    for step in dict.fromkeys(every_step(sweep)):
        names = dict.fromkeys(member.task for member in step.members)
        for field in (name for name, rule in rules().items() if rule.kind in ("word", "freeze")):
            wishes = {
                name: written[name][field] for name in names if field in written.get(name, {})
            }
            searched = any(isinstance(value, Range) for value in wishes.values())
            if len(wishes) > 1 and (searched or len(set(wishes.values())) > 1):
                where = document.where(("recipe", "tasks", list(wishes)[-1], field))
                what = f"{' and '.join(wishes)} want {field} each their own way, trained as {step}"
                yield Mistake(where, what, "write it once, in recipe.train")


def _values(value: Range) -> tuple[Value, ...]:
    return value.choices if value.kind == "choice" else (value.low, value.high)
