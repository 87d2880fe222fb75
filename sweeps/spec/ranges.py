"""What each recipe field may hold: its rule, and the range forms that search it.

`{log: [1e-5, 5e-5]}`, `{float: [a, b]}`, `{int: [a, b]}` and `{choice: […]}` become a `Range`.
Next: `schema`, which uses these rules, and `recipes`, which fills searched values in.
"""

from __future__ import annotations

import math
import re
import sys
from dataclasses import dataclass

from sweeps.spec.source_map import FieldPath
from sweeps.spec.sweep import Range, Value
from xlt_core.training.methods import METHODS, Option, option_fields
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.plugged import of_ones_own
from xlt_core.vocabulary.texts import abbreviated

MOST = 10**9  # of anything that is counted: more is a slip of the keyboard
FORMS = ("log", "float", "int", "choice")
_FORMS_TEXT = "{log: [a, b]}, {float: [a, b]}, {int: [a, b]} or {choice: [a, b, c]}"


@dataclass(frozen=True)
class Rule:
    """What one recipe field may hold.

    Attributes:
        kind: `whole`, `number`, `word` or `freeze`.
        low, high: least and greatest number; `low` itself is out where `above` is set.
        words: the words allowed (kind `word`).
        optional: whether null is a value.
        about: one line for people and editors.
        example: as it could be written; empty where the default shows it.
        layer: the one layer of a recipe it means something in; empty where that is any.
    """

    kind: str
    about: str
    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    words: tuple[str, ...] = ()
    optional: bool = False
    example: str = ""
    layer: str = ""

    def is_of(self, trail: FieldPath) -> bool:
        """Whether it means something in the layer at `trail`."""
        return not self.layer or trail == ("recipe", self.layer)

    def bounds(self) -> str:
        """The allowed numbers in words, or an empty text."""
        low = (
            "" if math.isinf(self.low) else f"{'above' if self.above else 'at least'} {self.low:g}"
        )
        high = "" if self.high > 1 else f"at most {self.high:g}"  # else out of all proportion
        return " and ".join(part for part in (low, high) if part)


# Three ways to say how long a stage trains: a layer that says one overrides the others below it.
LENGTHS = ("steps", "epochs", "plan_steps")

_PLAIN_FIELDS: dict[str, Rule] = {
    "steps": Rule("whole", "Optimiser steps (instead of epochs).", 1, MOST, example="2000"),
    "plan_steps": Rule(
        "whole",
        "Optimiser steps of a plan's intermediate stages together, in equal shares (instead of "
        "steps), so that more tasks are not more training; in recipe.train alone.",
        1,
        MOST,
        example="6000",
        layer="train",
    ),
    "epochs": Rule(
        "number",
        "Passes over the training rows (instead of steps).",
        0,
        1e6,
        above=True,
        example="2.0",
    ),
    "batch_size": Rule(
        "whole", "Examples an optimiser step.", 1, MOST, example="{choice: [16, 32]}"
    ),
    "learning_rate": Rule(
        "number", "Peak learning rate.", 0, 1, above=True, example="{log: [1e-5, 5e-5]}"
    ),
    "warmup": Rule(
        "number", "Fraction of the steps that warm up.", 0, 1, example="{float: [0.0, 0.2]}"
    ),
    "weight_decay": Rule("number", "Decoupled weight decay (AdamW).", 0, example="0.0"),
    "max_length": Rule(
        "whole", "Tokens; longer inputs are cut (span QA: windowed).", 8, MOST, example="256"
    ),
    "stride": Rule("whole", "Tokens neighbouring windows share (span QA).", 0, MOST, example="64"),
    "max_gradient_norm": Rule(
        "number", "Global norm gradients are clipped to.", 0, above=True, example="5.0"
    ),
    "freeze": Rule(
        "freeze",
        "none, embeddings, or layers:N (embeddings and the N lowest layers).",
        example="embeddings",
    ),
    "head": Rule(
        "word", "A new head for each stage, or the parent's.", words=("new", "keep"), example="keep"
    ),
    "precision": Rule("word", "Arithmetic.", words=("float32", "bfloat16"), example="bfloat16"),
    "attention_dropout": Rule(
        "number",
        "Dropout of attention weights; null for the encoder's own. 0 is faster on a GPU.",
        0,
        0.99,
        optional=True,
        example="0.0",
    ),
    "rows": Rule(
        "whole",
        "At most this many training rows; null for all.",
        1,
        MOST,
        optional=True,
        example="10000",
    ),
}


def _option_rule(method: str, option: Option) -> Rule:
    about = f"With method {method}: {option.about}"
    return Rule("number", about, option.low, option.high, option.above)


def rules() -> dict[str, Rule]:
    """Every recipe field's rule; plug-ins may have brought methods, so that they are no constant.

    A method's options are fields like any others, `<method>_<option>`.
    """
    return {
        **_PLAIN_FIELDS,
        "method": Rule("word", "Training method.", words=tuple(METHODS)),
        **{
            field: _option_rule(method.name, option)
            for method in METHODS.values()
            for field, option in option_fields(method).items()
        },
    }


def rule_of(field: str) -> Rule | None:
    """A recipe field's rule; None where there is no such field."""
    return _PLAIN_FIELDS.get(field) or rules().get(field)


def is_range_form(value: object) -> bool:
    """Whether `value` is written as a range: a mapping with just one of the form words."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in FORMS


def read_field(rule: Rule, value: object) -> Value | Range:
    """A recipe field's value, or its `Range`.

    Raises:
        UserMistake: what is wrong with it and what would be right; `where` is left empty.
    """
    if isinstance(value, dict):
        return _read_range(rule, value)
    return _read_single(rule, value)


def freeze_parts(value: str | tuple[str, ...]) -> tuple[str, ...]:
    """`freeze` as `Recipe` holds it: the empty tuple for `none`."""
    if isinstance(value, str):
        return () if value == "none" else (value,)
    return tuple(value)


def _read_single(rule: Rule, value: object) -> Value:
    if value is None and rule.optional:
        return None
    if rule.kind == "word":
        return _read_word(rule, value)
    if rule.kind == "freeze":
        parts = value if isinstance(value, list) else [value]
        twice = [str(part) for part in parts if parts.count(part) > 1]
        if twice:
            raise _mistake(f"names {twice[0]} twice", "name each part once")
        return tuple(p for part in parts for p in freeze_parts(_read_freeze(part)))
    return _read_number(rule, value)


def _read_number(rule: Rule, value: object) -> int | float:
    whole = rule.kind == "whole"
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        kind = "a whole number" if whole else "a number"
        forms = "{int: [a, b]} or {choice: [a, b, c]}" if whole else _FORMS_TEXT
        raise _mistake(f"should be {kind}, not {value!r}", f"or a range: {forms}")
    if not abs(value) <= sys.float_info.max:  # a whole number may be too large for any fraction
        raise _mistake(f"should be a finite number, not {abbreviated(str(value))}", "")
    too_low = value <= rule.low if rule.above else value < rule.low
    if value > rule.high > 1:
        raise _mistake(f"should be at most {rule.high:,.0f}, not {abbreviated(str(value))}", "")
    if too_low or value > rule.high:
        raise _mistake(f"should be {rule.bounds()}, not {abbreviated(str(value))}", "")
    return value if whole else float(value)


def _read_word(rule: Rule, value: object) -> str:
    if value not in rule.words:
        remedy = of_ones_own() if rule.words == tuple(METHODS) else ""
        raise _mistake(f"{value!r} is not one of {', '.join(rule.words)}", remedy)
    return str(value)


def _read_freeze(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r"none|embeddings|layers:[1-9][0-9]{0,8}", value):
        return value
    raise _mistake(
        f"{abbreviated(repr(value))} is nothing to freeze", "write none, embeddings or layers:N"
    )


def _read_range(rule: Rule, value: dict[str, object]) -> Range:
    if not is_range_form(value):
        raise _mistake(f"{value!r} is not a range", f"write {_FORMS_TEXT}")
    ((form, ends),) = value.items()
    if form == "choice":
        return Range("choice", choices=_read_choices(rule, ends))
    if rule.kind not in ("whole", "number"):
        raise _mistake(f"is not a number, so {form} means nothing", "write {choice: […]}")
    if rule.kind == "whole" and form != "int":
        remedy = "write {int: [a, b]} or {choice: […]}"
        raise _mistake(f"is a whole number, {form} gives fractions", remedy)
    return _read_span(rule, form, ends)


def _read_span(rule: Rule, form: str, ends: object) -> Range:
    if not isinstance(ends, list) or len(ends) != 2:
        raise _mistake(f"{form} wants its two ends, not {ends!r}", f"write {{{form}: [low, high]}}")
    inner = Rule("whole", "") if form == "int" else Rule("number", "")
    low, high = (_read_number(inner, end) for end in ends)
    if form == "log" and low <= 0:
        raise _mistake(f"a log range begins above 0, not at {low:g}", "or write {float: [a, b]}")
    if low >= high:
        remedy = f"write {{{form}: [{high:g}, {low:g}]}}" if low > high else "write the one value"
        raise _mistake(f"the low end {low:g} is not below the high end {high:g}", remedy)
    for end in (low, high):
        _read_number(rule, end)
    return Range(form, low, high)


def _read_choices(rule: Rule, values: object) -> tuple[Value, ...]:
    if not isinstance(values, list) or not values:
        raise _mistake(f"choice wants a list of values, not {values!r}", "write {choice: [a, b]}")
    if rule.kind == "freeze":
        found: tuple[Value, ...] = tuple(_read_freeze(value) for value in values)
    else:
        found = tuple(_read_single(rule, value) for value in values)
    twice = sorted({str(value) for value in found if found.count(value) > 1})
    if twice:
        raise _mistake(f"choice names {', '.join(twice)} twice", "name each value once")
    return found


def _mistake(what: str, remedy: str) -> UserMistake:
    return UserMistake(Mistake("", what, remedy))
