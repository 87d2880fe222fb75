"""The plans of a sweep as a tree, each with what it gained: a picture, and its data. Pure.

Plans that begin alike hang under what they share, as their stages do.
"""

from __future__ import annotations

import json
from collections import defaultdict
from html import escape

from sweeps.results.averages import averages
from sweeps.results.rows import SweepResults
from sweeps.results.tables import shown_split
from sweeps.statistics.points import signed
from xlt_core.vocabulary.plan import EMPTY

ROWS = 200  # lines of a picture that can still be read; the data have all
_LINE, _INDENT, _BAR = 22, 18, 160  # pixels; a bar's is for the largest gain


def plan_tree(results: SweepResults) -> list[dict[str, object]]:
    """One entry a plan that was tried, in the tree's order: its steps, best trial and mean gain."""
    gains: dict[tuple[str, int], list[tuple[object, float]]] = defaultdict(list)
    shown = shown_split(results.sweep.splits, results.sweep.objective)
    rows = [row for row in results.rows if row.primary and row.asked and not row.beside]
    for row in rows:
        if row.split == shown and row.gain is not None:
            gains[row.plan, row.trial].append((row, row.gain))
    best: dict[str, tuple[float | None, int]] = {}
    for trial in results.trials:
        own = averages(gains[str(trial.plan), trial.number]).overall  # type: ignore[arg-type]
        other = best.get(str(trial.plan))
        if other is None or (own is not None and (other[0] is None or own > other[0])):
            best[str(trial.plan)] = own, trial.number
    found = [
        {
            "plan": plan,
            "steps": [] if plan == EMPTY else plan.split(" > "),
            "trial": number,
            "gain": gain,
        }
        for plan, (gain, number) in best.items()
    ]
    return sorted(found, key=lambda entry: entry["steps"])  # type: ignore[arg-type,return-value]


def plan_artifacts(results: SweepResults) -> dict[str, str]:
    """The picture and its data, by file name; none before there are trials."""
    tree = plan_tree(results)
    if not tree:
        return {}
    return {
        "plans.svg": picture(tree),
        "plans.json": json.dumps(tree, ensure_ascii=False, indent=1) + "\n",
    }


def picture(tree: list[dict[str, object]]) -> str:
    """The tree as SVG: a line a plan, indented by its steps, a bar for its gain."""
    lines: list[str] = []
    shown = tree[:ROWS]
    largest = max((abs(g) for e in shown if isinstance(g := e["gain"], float)), default=0.0) or 1.0
    deepest = max(len(_steps(entry)) for entry in shown)
    widest = max((len(step) for entry in shown for step in _steps(entry)), default=10)
    middle = 20 + deepest * _INDENT + widest * 8 + _BAR
    before: list[str] = []
    y = 30
    for entry in shown:
        steps = _steps(entry)
        common = 0
        while common < min(len(before), len(steps)) and before[common] == steps[common]:
            common += 1
        for depth in range(common, max(len(steps) - 1, common)):
            lines.append(_text(12 + depth * _INDENT, y, steps[depth], "#888"))
            y += _LINE
        name = steps[-1] if steps else "no intermediate task"
        lines.append(_text(12 + max(len(steps) - 1, 0) * _INDENT, y, name, "#111"))
        gain = entry["gain"]
        if isinstance(gain, float):
            width = abs(gain) / largest * (_BAR - 60)
            left = middle if gain >= 0 else middle - width
            colour = "#2a7f62" if gain >= 0 else "#b5483a"
            lines.append(
                f'<rect x="{left:.1f}" y="{y - 11}" width="{width:.1f}" height="13" '
                f'fill="{colour}"/>'
            )
            end = middle + (width if gain >= 0 else 0) + 6
            lines.append(_text(end, y, f"{signed(gain)}  (trial {entry['trial']})", "#333"))
        y += _LINE
        before = steps
    if len(tree) > len(shown):
        lines.append(_text(12, y, f"and {len(tree) - len(shown)} more: plans.json", "#888"))
        y += _LINE
    head = _text(12, 14, "plans, and their mean gain over the baseline in points", "#888")
    size = f'width="{middle + _BAR + 120}" height="{y}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="13">'
        f'<rect width="100%" height="100%" fill="white"/>{head}{"".join(lines)}</svg>\n'
    )


def _steps(entry: dict[str, object]) -> list[str]:
    return list(entry["steps"])  # type: ignore[call-overload,no-any-return]


def _text(x: float, y: float, text: str, colour: str) -> str:
    return f'<text x="{x:.1f}" y="{y}" fill="{colour}">{escape(text)}</text>'
