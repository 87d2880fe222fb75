"""One frame of `xlt watch`: trials, what runs where, throughput, what is left, the last errors."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from sweeps.report.event_text import counted
from sweeps.report.progress import Running, duration, summary
from sweeps.report.watching import HOUR, Branch, Watched
from sweeps.results.states import SweepState

MOST_BRANCHES = 24  # lines of the tree; more are counted
MARKS = {"done": ("✓", "green"), "running": ("▶", "bold cyan"), "failed": ("✗", "bold red")}
_STYLES = {SweepState.RUNNING: "bold cyan", SweepState.FAILED: "bold red"}


def frame(found: Watched) -> RenderableType:
    """The picture, to be drawn anew whenever there is another."""
    parts: list[RenderableType] = [_head(found), Text(summary(found.tally)), Text(_pace(found))]
    if found.doing:
        parts.append(Text(found.doing, style="italic"))
    if found.tree:
        parts.append(_tree(found.tree, found.at))
    parts += [Text(error, style="red") for error in found.errors]
    return Group(*parts)


def _head(found: Watched) -> Text:
    trials, planned = found.trials, "?" if found.planned is None else found.planned
    head = Text(f"{found.name}  ", style="bold")
    head.append(found.state.value, _STYLES.get(found.state, ""))
    head.append(f"  trials {trials.finished} of {planned} finished", "not bold")
    for number, word in ((trials.running, "running"), (trials.open, "open")):
        head.append(f", {number} {word}" if number else "", "not bold")
    head.append(f", {trials.failed} failed" if trials.failed else "", "bold red")
    return head


def _pace(found: Watched) -> str:
    parts = [f"{found.stages_per_hour:,.0f} stages an hour"]
    if found.tokens_per_second:
        parts.append(f"{found.tokens_per_second:,.0f} tokens/s")
    if found.workers is not None:
        ready, of = found.workers
        parts.append(f"{ready} of {counted(of, 'worker')} ready")
    left, computing = found.seconds_left, found.computing_left
    if left is not None:
        parts.append(f"about {duration(left)} left")
    elif not found.is_over:
        parts.append("time left not known yet")
    if computing is not None:
        parts.append(f"about {_hours(computing, found.gpus)} left, {_hours(found.spent, 0)} spent")
    return " · ".join(parts)


def _hours(seconds: float, gpus: float) -> str:
    """Of workers, and of GPUs where they have any."""
    text = f"{seconds / HOUR:.2f} worker-hours"
    return f"{text} ({seconds / HOUR * gpus:.2f} GPU-hours)" if gpus else text


def _tree(branches: Sequence[Branch], now: float) -> Tree:
    """Trained stages below what they start from; evaluations are counted beside their model, and
    have a line where they run or failed. What is done with all below it has none."""
    below: dict[str, list[Branch]] = defaultdict(list)
    known = {branch.key: branch for branch in branches}
    roots = []
    for branch in branches:
        parents = [key for key in branch.parents if key in known]
        below[parents[-1]].append(branch) if parents else roots.append(branch)
    tree, room = Tree("stages"), [MOST_BRANCHES]
    for root in roots:
        _grow(tree, root, below, now, room)
    if room[0] < 0:
        tree.add(Text(f"and {-room[0]} more"))
    return tree


def _grow(
    tree: Tree, branch: Branch, below: Mapping[str, list[Branch]], now: float, room: list[int]
) -> None:
    own = below.get(branch.key, [])
    scores = [each for each in own if each.kind == "evaluate"]
    if _is_over(branch, below):
        return
    room[0] -= 1
    limb = tree if room[0] < 0 else tree.add(_label(branch, scores, now))
    for each in own:
        if each.kind != "evaluate" or each.standing in ("running", "failed"):
            _grow(limb, each, below, now, room)


def _is_over(branch: Branch, below: Mapping[str, list[Branch]]) -> bool:
    own = below.get(branch.key, [])
    return branch.standing == "done" and all(_is_over(each, below) for each in own)


def _label(branch: Branch, scores: Sequence[Branch], now: float) -> Text:
    mark, style = MARKS.get(branch.standing, ("·", "dim"))
    label = Text(f"{mark} {branch.title}", style=style)
    if branch.apart:
        label.append(f" ({branch.apart})", "not bold")
    if branch.running is not None:
        label.append(_place_and_speed(branch.running, now), "not bold")
    if scores:
        by_standing = Counter(each.standing for each in scores)
        done = by_standing["done"]
        label.append(f"  {done} of {counted(len(scores), 'evaluation')} done", "not bold dim")
    return label


def _place_and_speed(running: Running, now: float) -> str:
    parts = []
    if running.steps:
        parts.append(f"step {running.step}/{running.steps}")
    if running.tokens_per_second:
        parts.append(f"{running.tokens_per_second:,.0f} tokens/s")
    if running.since:
        parts.append(duration(max(0.0, now - running.since)))
    if running.node:
        parts.append(f"on {running.node}" + (f" ({running.worker})" if running.worker else ""))
    return f"  {'  '.join(parts)}" if parts else ""
