"""Plans: which tasks an encoder is trained on before the target, in what order.

A plan is written `mnli > qqp+squad > panx[ru]`: steps in order, `+` for a mixture, `[xx]` for a
language other than English. Neighbour: `tree`, which merges the common prefixes of many plans.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from xlt_core.vocabulary.errors import Mistake, UserMistake

_MEMBER = re.compile(r"(?P<task>[a-z0-9][a-z0-9_.-]*)(?:\[(?P<language>[a-z]{2,3})\])?")
EMPTY = "(none)"


@dataclass(frozen=True, order=True)
class Member:
    """One task in one language, as a step trains on it."""

    task: str
    language: str = "en"

    @classmethod
    def parse(cls, text: str) -> Member:
        """Read `mnli` or `panx[ru]`. Raises UserMistake for anything else."""
        match = _MEMBER.fullmatch(text.strip())
        if match is None:
            remedy = "write a task's name, as mnli or panx[ru]"
            raise UserMistake(Mistake("", f"{text!r} is not a task", remedy))
        return cls(match["task"], match["language"] or "en")

    def __str__(self) -> str:
        return self.task if self.language == "en" else f"{self.task}[{self.language}]"


@dataclass(frozen=True, order=True)
class Step:
    """One stage's worth of training: a task, or several mixed. Members stand sorted."""

    members: tuple[Member, ...]

    def __post_init__(self) -> None:
        if not self.members:
            raise ValueError("a step needs at least one member")
        object.__setattr__(self, "members", tuple(sorted(set(self.members))))

    @classmethod
    def parse(cls, text: str) -> Step:
        """Read `mnli` or `qqp+squad`."""
        return cls(tuple(Member.parse(part) for part in text.split("+")))

    def __str__(self) -> str:
        return "+".join(str(member) for member in self.members)


@dataclass(frozen=True, order=True)
class Plan:
    """An ordered list of steps before the target; the empty plan is the baseline."""

    steps: tuple[Step, ...] = field(default=())

    @classmethod
    def parse(cls, text: str) -> Plan:
        """Read `mnli > qqp+squad`; an empty text or `(none)` is the baseline."""
        if not text.strip() or text.strip() == EMPTY:
            return cls()
        return cls(tuple(Step.parse(part) for part in text.split(">")))

    @property
    def is_baseline(self) -> bool:
        """Whether nothing is trained before the target."""
        return not self.steps

    def prefixes(self) -> tuple[Plan, ...]:
        """Every non-empty prefix, shortest first, the plan itself last."""
        return tuple(Plan(self.steps[:n]) for n in range(1, len(self.steps) + 1))

    def __len__(self) -> int:
        return len(self.steps)

    def __str__(self) -> str:
        return " > ".join(str(step) for step in self.steps) or EMPTY
