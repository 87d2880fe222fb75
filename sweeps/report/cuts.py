"""Rows that a sweep would cut: by task, language and split, before anything is computed.

Neighbours: `xlt_core.data.cuts`, which counts one split; `forecast`, what else would be done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from sweeps.spec.inputs import ResolvedInputs
from sweeps.spec.recipes import recipe_for, trains_on
from sweeps.spec.sweep import Range, Settings, Sweep, Value
from xlt_core.data import open_source
from xlt_core.data.cuts import count_cuts
from xlt_core.kinds import get_kind
from xlt_core.tasks import get_task
from xlt_core.vocabulary.languages import ENGLISH
from xlt_core.vocabulary.recipe import Recipe
from xlt_core.vocabulary.refs import DataRef

# Rows looked at of all splits that are trained on, and of all that are scored, so that a plan over
# fifty languages stays a matter of seconds; and of each split at least.
MOST_ROWS = 20_000
LEAST_ROWS = 200
SHOWN_LANGUAGES = 6
MOST_UNKNOWN = 0.5  # share of a split's tokens above which a model cannot make sense of it

WHAT_IT_MEANS = (
    "Rows longer than max_length tokens are cut at their end, and no model sees what is cut: of a "
    "pair the longer text, of multiple choice the context (never its question or choices), of "
    "tagging the last words (which count as wrong), of span QA a question beyond 64 tokens "
    "(contexts are read in windows)."
)


_Asked = tuple[DataRef, int, int]  # a split, the length and the stride it is encoded at


@dataclass(frozen=True)
class CutRows:
    """Rows of one split that are cut at one `max_length`.

    Attributes:
        rows: of the whole split.
        counted: rows that were looked at, a sample where fewer than `rows`.
        cut: those among them that are cut.
        tokens: of text, that were looked at.
        unknown: those among them that are unknown to the tokenizer.
    """

    task: str
    language: str
    split: str
    max_length: int
    rows: int
    counted: int
    cut: int
    tokens: int = 0
    unknown: int = 0

    @property
    def share(self) -> float:
        """Of the rows looked at, 0 to 1."""
        return self.cut / max(1, self.counted)

    def sentence(self) -> str:
        """The count in words, for its language."""
        if self.counted == self.rows:
            return f"{self.language} {self.cut:,} of {self.rows:,}"
        share = "under 1%" if self.share < 0.01 else f"about {self.share:.0%}"
        return f"{self.language} {share} of {self.rows:,}"


def cut_rows(sweep: Sweep, prepared: ResolvedInputs, cache: Path) -> tuple[CutRows, ...]:
    """Every split that would be encoded, by task, split and language; where several encoders have
    tokenizers of their own, by the one that cuts most.

    Args:
        cache: where encoded splits are kept; what is there is counted exactly.

    Raises:
        UserMistake: data or tokenizer cannot be read.
    """
    from xlt_core.models.pretrained import fingerprint_tokenizer, load_tokenizer

    tokenizers = [load_tokenizer(encoder) for encoder in prepared.every_encoder]
    different = {fingerprint_tokenizer(tokenizer): tokenizer for tokenizer in tokenizers}
    source = open_source(prepared.source)
    found = []
    for (ref, length, stride), most in _with_shares(dict.fromkeys(_asked(sweep, prepared))):
        counts = [
            count_cuts(source, ref, tokenizer, identity, length, stride, cache, most)
            for identity, tokenizer in different.items()
        ]
        cuts = max(counts, key=lambda one: one.cut / max(1, one.counted))
        words = max(counts, key=lambda one: one.unknown / max(1, one.tokens))
        own = (ref.task, ref.language, ref.split, length, ref.rows, cuts.counted, cuts.cut)
        found.append(CutRows(*own, words.tokens, words.unknown))
    return tuple(sorted(found, key=lambda one: (one.task, one.split, one.max_length, one.language)))


def _with_shares(asked: Iterable[_Asked]) -> Iterator[tuple[_Asked, int]]:
    """Each split with the number of its rows that may be looked at."""
    for is_trained_on in (True, False):
        own = [one for one in asked if (one[0].split == "train") is is_trained_on]
        yield from zip(own, shared_out(MOST_ROWS, [ref.rows for ref, *_ in own]), strict=True)


def shared_out(total: int, rows: Sequence[int]) -> list[int]:
    """Rows to look at of each split: equal shares, what small splits leave going to the others."""
    shares = [0] * len(rows)
    for done, place in enumerate(sorted(range(len(rows)), key=lambda place: rows[place])):
        share = max(LEAST_ROWS, total // (len(rows) - done))
        shares[place] = min(rows[place], share)
        total = max(0, total - shares[place])
    return shares


def cut_lines(found: Sequence[CutRows]) -> Iterator[tuple[str, str, str, str]]:
    """Task, split, length and counts by language; a line a task and split with cut rows."""
    groups: dict[tuple[str, str, int], list[CutRows]] = {}
    for one in found:
        if one.cut:
            groups.setdefault((one.task, one.split, one.max_length), []).append(one)
    for (task, split, length), members in groups.items():
        worst = sorted(members, key=lambda one: (-one.share, one.language))
        texts = [one.sentence() for one in worst[:SHOWN_LANGUAGES]]
        more = len(worst) - SHOWN_LANGUAGES
        texts += [f"{more} languages more"] if more > 0 else []
        yield task, split, str(length), ", ".join(texts)


def unknown_lines(found: Sequence[CutRows]) -> Iterator[str]:
    """What to say of splits most of whose tokens are unknown; a line a task and split."""
    groups: dict[tuple[str, str], dict[str, float]] = {}
    for one in found:
        share = one.unknown / max(1, one.tokens)
        if share > MOST_UNKNOWN:
            known = groups.setdefault((one.task, one.split), {})
            known[one.language] = max(share, known.get(one.language, 0.0))
    for (task, split), shares in groups.items():
        worst = sorted(shares, key=lambda code: (-shares[code], code))
        texts = [f"{code} {shares[code]:.0%}" for code in worst[:SHOWN_LANGUAGES]]
        more = len(worst) - SHOWN_LANGUAGES
        texts += [f"{more} languages more"] if more > 0 else []
        yield (
            f"{task} {split}: most tokens are unknown to the encoder's tokenizer "
            f"({', '.join(texts)}): it reads next to nothing of this text"
        )


def is_sampled(found: Sequence[CutRows]) -> bool:
    """Whether some split was too large to be counted row by row."""
    return any(one.counted < one.rows for one in found)


def _asked(sweep: Sweep, prepared: ResolvedInputs) -> Iterator[_Asked]:
    """Each split with the lengths it is encoded at: trained on, or scored."""
    for settings in _settings(sweep):
        for step in sweep.intermediate.tasks:
            names = tuple(dict.fromkeys(member.task for member in step.members))
            recipe = recipe_for(sweep, names, "train", settings)
            for member in step.members:
                yield _at(prepared.data[member.task, member.language, "train"], recipe)
        for target in sweep.targets:
            recipe = recipe_for(sweep, (target.task,), "target", settings, target.task)
            for name in trains_on(target.task):
                recipe = recipe_for(sweep, (name,), "target", settings, target.task)
                yield _at(prepared.data[name, ENGLISH, "train"], recipe)
            for split in sweep.splits:
                for ref in prepared.evaluated(target.task, split):
                    yield _at(ref, recipe)


def _at(ref: DataRef, recipe: Recipe) -> _Asked:
    has_windows = get_kind(get_task(ref.task).kind).has_windows
    return ref, recipe.max_length, recipe.stride if has_windows else 0


def _settings(sweep: Sweep) -> Iterator[Settings]:
    """Settings that differ in their lengths; of a range, its ends."""
    searched = sweep.searched()
    fixed = {path: _values(range_)[0] for path, range_ in searched.items()}
    lengths = {path: range_ for path, range_ in searched.items() if path.endswith(".max_length")}
    for values in product(*(_values(range_) for range_ in lengths.values())):
        yield fixed | dict(zip(lengths, values, strict=True))


def _values(range_: Range) -> tuple[Value, ...]:
    return range_.choices if range_.kind == "choice" else (range_.low, range_.high)
