"""Gains explained by several factors at once, languages and seeds drawn: a linear mixed model.

Source: Baayen, Davidson and Bates (2008), Mixed-effects modeling with crossed random effects for
subjects and items (Journal of Memory and Language 59); that what is tried needs a random part of
its own in each of them, Barr, Levy, Scheepers and Tily (2013), same journal, 68. Fitted by
restricted likelihood with statsmodels' `MixedLM` (Lindstrom and Bates 1988, JASA 83) as variance
components of one group, so that they cross: language, seed, each plan with a seed (one trained
model, whose luck is in all its languages), each plan with a language, and the plan itself where
factors leave it open.

statsmodels tests fixed effects with a normal quantile, which is too narrow from three seeds, and it
has no Kenward-Roger degrees. Here it is Student's t with as many degrees as the scarcest of
languages and seeds (and plans, where they are drawn) leaves: wide, and in simulated worlds never
too narrow (`tests/benchmarks/null_worlds.py`). Only where a contrast table will not do (several
factors at once, not every combination tried): a paired contrast (`crossed`) assumes less and is
narrower. Not for more than some 2,000 rows (the covariance is dense), not for factors that are
language or seed themselves, and not for rows chosen by their gain.
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
    """One gain in points, of which plan, and what is to explain it: numbers, or words by level."""

    gain: float
    language: str
    seed: int
    plan: str
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

    `effects` by "intercept", "factor" (numbers) or "factor=level"; `variances` by what is drawn,
    points squared. Without convergence effects are still shown, none has an interval or p, and
    `notes` say why. `notes` also name what is worth knowing in any case: a variance at 0, what the
    optimiser warned of. `freedom` are the degrees of the intervals' t.
    """

    effects: dict[str, FixedEffect]
    variances: dict[str, float]
    residual: float
    rows: int
    languages: int
    seeds: int
    plans: int
    freedom: int
    converged: bool
    notes: tuple[str, ...]


def mixed_model(rows: Sequence[Observation], level: float = LEVEL) -> MixedModel:
    """Fit `rows`, which all have the same factors.

    Raises:
        ValueError: too few or too many rows, languages, seeds or plans; factors that differ between
            rows, or cannot be told apart.
    """
    import numpy as np

    languages, seeds, plans = (
        len({getattr(row, name) for row in rows}) for name in ("language", "seed", "plan")
    )
    if languages < 2 or seeds < 2:
        raise ValueError("a mixed model needs two languages and two seeds")
    if len(rows) > MOST_ROWS:
        raise ValueError(f"{len(rows)} rows; at most {MOST_ROWS} can be fitted")
    names, design = _design(rows)
    drawn = _drawn(rows, design)
    freedom = min(languages, seeds) - 1
    if "plan" in drawn:
        freedom = min(freedom, plans - len(names))
    if np.linalg.matrix_rank(design) < len(names) or freedom < 1:
        raise ValueError(f"what cannot be told apart in {len(rows)} rows: {', '.join(names)}")
    fit = _fitted(np.array([row.gain for row in rows]), design, drawn)
    return MixedModel(
        {
            name: _effect(float(value), float(error), freedom, level if fit.converged else None)
            for name, value, error in zip(names, fit.values, fit.errors, strict=True)
        },
        fit.variances,
        fit.residual,
        len(rows),
        languages,
        seeds,
        plans,
        freedom,
        fit.converged,
        fit.notes,
    )


@dataclass(frozen=True)
class _Fit:
    values: Matrix
    errors: Matrix
    variances: dict[str, float]
    residual: float
    converged: bool
    notes: tuple[str, ...]


def _fitted(gains: Matrix, design: Matrix, drawn: dict[str, Matrix]) -> _Fit:
    """By restricted likelihood; by least squares, not converged, where there is no likelihood."""
    import numpy as np
    from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

    spec = VCSpec(
        list(drawn),
        [[[str(n) for n in range(one.shape[1])]] for one in drawn.values()],
        [[one] for one in drawn.values()],
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            model = MixedLM(gains, design, np.zeros(len(gains)), exog_vc=spec)
            fit = model.fit(reml=True, method=["lbfgs", "powell"])
            errors = np.asarray(fit.bse_fe, dtype=float)
        except np.linalg.LinAlgError:
            values = np.asarray(np.linalg.lstsq(design, gains, rcond=None)[0], dtype=float)
            note = "the fit did not converge: gains without noise have no likelihood"
            nothing = np.full(len(values), np.nan)
            return _Fit(values, nothing, dict.fromkeys(drawn, 0.0), 0.0, False, (note,))
    residual = float(fit.scale)
    variances = dict(zip(drawn, (max(0.0, float(one)) for one in fit.vcomp), strict=True))
    converged = bool(fit.converged) and bool(np.isfinite(errors).all()) and residual > 0
    notes = [] if converged else ["the fit did not converge: no interval can be believed"]
    notes += [
        f"the variance of {name} is estimated as 0"
        for name, one in variances.items()
        if one <= 1e-6 * residual
    ]
    notes += [str(one.message).strip().splitlines()[0] for one in caught]
    unique = tuple(dict.fromkeys(notes))
    return _Fit(np.asarray(fit.fe_params), errors, variances, residual, converged, unique)


def _drawn(rows: Sequence[Observation], design: Matrix) -> dict[str, Matrix]:
    """What is drawn at random, as columns of 0 and 1, by name."""
    import numpy as np

    found = {
        "language": _indicators([row.language for row in rows]),
        "seed": _indicators([str(row.seed) for row in rows]),
    }
    plan = _indicators([row.plan for row in rows])
    if plan.shape[1] == 1:
        return found
    if np.linalg.matrix_rank(np.hstack([design, plan])) > np.linalg.matrix_rank(design):
        found["plan"] = plan
    for name in ("seed", "language"):
        each = _indicators([f"{row.plan} {getattr(row, name)}" for row in rows])
        # Where each stands in one row it is the residual.
        if each.shape[1] < len(rows):
            found[f"plan × {name}"] = each
    return found


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


def _indicators(values: Sequence[str]) -> Matrix:
    """A column for each value, 1 in its rows."""
    import numpy as np

    every = sorted(set(values))
    found: Matrix = np.array([[float(value == one) for one in every] for value in values])
    return found
