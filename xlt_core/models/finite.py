"""Numbers that are none: where weights hold infinity or NaN, said by name.

Whatever is published, kept as a checkpoint or started from is asked here first; see
`xlt_core.work`, `pretrained` and `xlt_core.training.loop`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from torch import Tensor

from xlt_core.vocabulary.errors import NonFiniteWeights

_NAMED = 3  # of the tensors at fault; the count tells the rest


def non_finite(weights: Iterable[tuple[str, Tensor]]) -> list[str]:
    """Names of the tensors that hold a number that is not finite.

    A sum is finite only where every term is, and is one quick pass. One that is not finite proves
    nothing, since large terms may overflow: those tensors alone are looked at term by term.
    """
    suspected = [(name, values) for name, values in weights if not values.sum().isfinite()]
    return [name for name, values in suspected if not values.isfinite().all()]


def in_words(names: list[str], total: int) -> str:
    """`2 of 41 tensors are not finite (a, b)`, for an error."""
    shown = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    return f"{len(names)} of {total} tensors are not finite ({shown})"


def check_finite(weights: Mapping[str, Tensor], whose: str) -> None:
    """Raise NonFiniteWeights, naming `whose` they are, where a number among `weights` is none."""
    if wrong := non_finite(weights.items()):
        raise NonFiniteWeights(f"{whose}: {in_words(wrong, len(weights))}")
