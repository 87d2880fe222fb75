"""Gains explained by several factors at once, languages and seeds drawn: a linear mixed model.

Source: Baayen, Davidson and Bates (2008), Mixed-effects modeling with crossed random effects for
subjects and items (Journal of Memory and Language 59); fitted by restricted likelihood with
statsmodels' `MixedLM` (Lindstrom and Bates 1988, JASA 83), language and seed as two variance
components of one group, so that they cross.

statsmodels tests fixed effects with a normal quantile, which is too narrow from three seeds, and it
has no Kenward-Roger degrees. Here it is Student's t with as many degrees as the scarcer of
languages and seeds has, less one: wide, never too narrow for what varies with them. Only where a
contrast table will not do (several factors at once, not every combination tried): a paired contrast
(`crossed`) needs fewer assumptions. Not for more than some 2,000 rows (the covariance is dense),
not for factors that are language or seed themselves, and not for rows chosen by their gain.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sweeps.statistics.crossed import LEVEL, Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

MOST_ROWS = 2000


@dataclass(frozen=True)
class Observation:
    """One gain in points, with what is to explain it: numbers as they are, words by level."""

    gain: float
    language: str
    seed: int
    factors: dict[str, str | float] = field(default_factory=dict)


@dataclass(frozen=True)
class FixedEffect:
    """What one level adds over the factor's first, or one unit of a number, in points."""

    value: float
    interval: Interval | None
    p: float | None


@dataclass(frozen=True)
class MixedModel:
    """The fit: fixed effects by name, variances, and whether to believe them.

    `effects` by "intercept", "factor" (numbers) or "factor=level". Without convergence effects are
    still shown, none has an interval or p, and `notes` say why. `notes` also name what is worth
    knowing in any case: a variance at 0, what the optimiser warned of.
    """

    effects: dict[str, FixedEffect]
    by_language: float
    by_seed: float
    residual: float
    rows: int
    languages: int
    seeds: int
    converged: bool
    notes: tuple[str, ...]


def mixed_model(rows: Sequence[Observation], level: float = LEVEL) -> MixedModel:
    """Fit `rows`, which all have the same factors.

    Raises:
        ValueError: too few or too many rows, languages or seeds; factors that differ between rows,
            or cannot be told apart.
    """
    import numpy as np
    from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

    languages, seeds = ({getattr(row, name) for row in rows} for name in ("language", "seed"))
    if len(languages) < 2 or len(seeds) < 2:
        raise ValueError("a mixed model needs two languages and two seeds")
    if len(rows) > MOST_ROWS:
        raise ValueError(f"{len(rows)} rows; at most {MOST_ROWS} can be fitted")
    names, design = _design(rows)
    if np.linalg.matrix_rank(design) < len(names) or len(rows) <= len(names) + 2:
        raise ValueError(f"what cannot be told apart in {len(rows)} rows: {', '.join(names)}")
    groups = [_indicators([getattr(row, name) for row in rows]) for name in ("language", "seed")]
    spec = VCSpec(
        ["language", "seed"],
        [[[str(n) for n in range(one.shape[1])]] for one in groups],
        [[one] for one in groups],
    )
    gains = np.array([row.gain for row in rows])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = MixedLM(gains, design, np.zeros(len(rows)), exog_vc=spec)
        fit = model.fit(reml=True, method=["lbfgs", "powell"])
    variances = [max(0.0, float(one)) for one in fit.vcomp]
    said = [str(one.message).strip().splitlines()[0] for one in caught]
    at_zero = [
        f"the variance of {name} is estimated as 0"
        for name, one in zip(("languages", "seeds"), variances, strict=True)
        if one < 1e-6 * float(fit.scale)
    ]
    errors = np.asarray(fit.bse_fe, dtype=float)
    converged = bool(fit.converged) and bool(np.isfinite(errors).all())
    notes = [] if converged else ["the fit did not converge: no interval can be believed"]
    freedom = min(len(languages), len(seeds)) - 1
    return MixedModel(
        {
            name: _effect(float(value), float(error), freedom, level if converged else None)
            for name, value, error in zip(names, fit.fe_params, errors, strict=True)
        },
        variances[0],
        variances[1],
        float(fit.scale),
        len(rows),
        len(languages),
        len(seeds),
        converged,
        tuple(dict.fromkeys([*notes, *at_zero, *said])),
    )


def _effect(value: float, error: float, freedom: int, level: float | None) -> FixedEffect:
    from scipy.special import stdtr, stdtrit  # type: ignore[import-untyped]

    if level is None:
        return FixedEffect(value, None, None)
    reach = -float(stdtrit(freedom, (1 - level) / 2)) * error
    p = 2 * float(stdtr(freedom, -abs(value) / error))
    return FixedEffect(value, Interval(value - reach, value + reach, level), p)


def _design(rows: Sequence[Observation]) -> tuple[list[str], Matrix]:
    """Names and columns of the fixed effects: numbers as they are, words against the first."""
    import numpy as np

    factors = list(rows[0].factors)
    if any(list(row.factors) != factors for row in rows):
        raise ValueError("rows have different factors")
    names, columns = ["intercept"], [np.ones(len(rows))]
    for factor in factors:
        values = [row.factors[factor] for row in rows]
        if all(isinstance(value, int | float) for value in values):
            names.append(factor)
            columns.append(np.array(values, dtype=float))
            continue
        for one in sorted({str(value) for value in values})[1:]:
            names.append(f"{factor}={one}")
            columns.append(np.array([float(str(value) == one) for value in values]))
    return names, np.column_stack(columns)


def _indicators(values: Sequence[str | int]) -> Matrix:
    """A column for each value, 1 in its rows."""
    import numpy as np

    every = sorted(set(values), key=str)
    found: Matrix = np.array([[float(value == one) for one in every] for value in values])
    return found
