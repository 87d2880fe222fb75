"""The training loop: one stage, from where its last checkpoint stands to its last step.

Everything random is a function of (seed, stage position, step): `order` picks the rows, their kind
may draw what is hidden of them, `models.dropout_source` draws the dropout. So a killed loop's
successor ends with the same bits, and the micro-batch changes nothing beyond rounding. What a step
is and what is minimised the stage's method says (`methods`). Neighbours: `reproducible`,
`optimizer`, `checkpoint`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xlt_core.models.finite import check_finite
from xlt_core.models.learner import Learner
from xlt_core.models.tensors import to_tensors
from xlt_core.training import checkpoint
from xlt_core.training.checkpoint import CheckpointStore, TrainingProgress, trained_weights
from xlt_core.training.job import TrainingJob, TrainingMember
from xlt_core.training.methods import get_method, option_fields
from xlt_core.training.methods.method import Course, Draw
from xlt_core.training.optimizer import clip, learning_rate, make_optimizer, set_rate
from xlt_core.training.precision import autocast
from xlt_core.training.reproducible import reproducible
from xlt_core.training.usage import Usage
from xlt_core.vocabulary.ending import Ending, never
from xlt_core.vocabulary.errors import (
    NonFiniteGradient,
    NonFiniteLoss,
    ProcessEnding,
    StageCancelled,
)
from xlt_core.vocabulary.fingerprint import derived_seed
from xlt_core.vocabulary.recipe import Recipe


@dataclass(frozen=True)
class Point:
    """A point of the curve while it is trained: the loss is the mean since the point before."""

    step: int
    steps: int
    loss: float
    learning_rate: float
    tokens_per_second: float


@dataclass(frozen=True)
class Taken:
    """What a step was like, still on its device: waiting to be looked at."""

    step: int
    task: str
    loss: Tensor
    gradient: Tensor  # its norm


@dataclass(frozen=True)
class Pace:
    """How it is carried out here, as `xlt_core.stage.Settings` says; changes no result."""

    device: torch.device
    micro_batch: int | None
    checkpoint_seconds: float
    log_steps: int
    ending: Ending = never


def train(
    course: Course,
    model: Learner,
    job: TrainingJob,
    pace: Pace,
    checkpoints: CheckpointStore,
    tell: Callable[[Point], None],
) -> TrainingProgress:
    """Train `model` in place, from the newest checkpoint if there is one.

    Args:
        course: how, by the stage's method.
        tell: is given a point of the curve every `pace.log_steps` steps and at the
            end, and first the last one of an earlier attempt; may raise StageCancelled.

    Raises:
        NonFiniteLoss, NonFiniteGradient: names task, step and learning rate.
        NonFiniteWeights: at the end, or before they would have been saved as a checkpoint.
        StageCancelled: from `tell`, after a checkpoint was saved.
        ProcessEnding: `pace.ending` said so after a step; a checkpoint of it was saved.
    """
    with _without_gradients(model):
        loop = _Loop(course, model, job, pace, checkpoints)
        model.train()
        with reproducible(pace.device):
            for point in loop.run():
                try:
                    tell(point)
                except StageCancelled:
                    loop.save()
                    raise
            loop.check()
        course.finish()
    return loop.progress


@contextmanager
def _without_gradients(model: Learner) -> Iterator[None]:
    """A step that broke off has left gradients: they would be added to the next stage's first."""
    model.zero_grad(set_to_none=True)
    try:
        yield
    finally:
        model.zero_grad(set_to_none=True)


class _Loop:
    def __init__(
        self,
        course: Course,
        model: Learner,
        job: TrainingJob,
        pace: Pace,
        checkpoints: CheckpointStore,
    ) -> None:
        self.course, self.model, self.job = course, model, job
        self.pace, self.checkpoints = pace, checkpoints
        self.optimizer = make_optimizer(model, job.recipe)
        self.trained = [value for _, value in trained_weights(model)]
        self.progress = self._restored() or TrainingProgress()
        now = time.time()
        step = self.progress.step
        self.attempt = {"started": now, "from_step": step, "to_step": step, "ended": now}
        self.progress.attempts.append(self.attempt)
        self.mark = self.saved = time.monotonic()
        self.pending: list[Taken] = []
        self.usage = Usage(pace.device)

    def run(self) -> Iterator[Point]:
        """Take every step that is left; yield a point of the curve now and then."""
        at, tokens, seconds = self.progress, self.progress.tokens, self.progress.seconds
        if at.curve:
            last = at.curve[-1]
            yield Point(at.step, self.job.steps, last["loss"], last["learning_rate"], 0.0)
        while at.step < self.job.steps:
            self._step()
            if at.step % self.pace.log_steps == 0 or at.step == self.job.steps:
                self._look_at_pending()
                self._clock()
                point = self._point((at.tokens - tokens) / max(1e-9, at.seconds - seconds))
                tokens, seconds = at.tokens, at.seconds
                yield point
            if self.pace.ending():
                self._hand_over()
            if time.monotonic() - self.saved >= self.pace.checkpoint_seconds:
                self.save()
        self._clock()

    def _hand_over(self) -> None:
        """Leave the rest to a successor in another process. A finished stage has no rest."""
        if self.progress.step < self.job.steps:
            self.save()
            raise ProcessEnding(self.progress.step)

    def save(self) -> None:
        """Save a checkpoint, so that a successor goes on from here. Raises NonFinite's kinds."""
        self._look_at_pending()
        self.check()
        self._clock()
        self.checkpoints.save(
            self.progress.step,
            lambda folder: checkpoint.save(folder, self._held(), self.progress),
        )
        self.saved = time.monotonic()

    def check(self) -> None:
        """Raise NonFiniteWeights unless all weights and what the optimiser holds are numbers."""
        where = f"after step {self.progress.step} of {self.job.steps}"
        check_finite(self._held(), where)

    def _held(self) -> dict[str, Tensor]:
        """All that a successor needs: weights, what the optimiser holds, what the method does."""
        return checkpoint.held(self.model, self.optimizer, self.course)

    def _step(self) -> None:
        at, job = self.progress, self.job
        set_rate(self.optimizer, learning_rate(job.recipe, at.step, job.steps))
        draws = self.course.draws(at.step)
        losses = [self._drawn(draw, number) for number, draw in enumerate(draws)]
        self.course.complete_gradients(at.step)
        norm = clip(self.trained, job.recipe.max_gradient_norm)
        heads = "+".join(dict.fromkeys(job.members[draw.member].head for draw in draws))
        self.pending.append(Taken(at.step, heads, sum(losses[1:], losses[0]), norm))
        if self.pace.device.type == "cpu":  # looking is free here; elsewhere it would wait
            self._look_at_pending()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.course.after_step(at.step)
        at.step += 1

    def _drawn(self, draw: Draw, number: int) -> Tensor:
        """Add one batch's gradient; return its mean loss."""
        member = self.job.members[draw.member]
        parts = (number,) if number else ()  # a step's first batch has the step's own masks
        place = (self.job.seed, self.job.position, self.progress.step, *parts)
        arrays = member.data.batch(draw.rows.tolist(), derived_seed("batch", *place))
        loss = self._gradients(member, arrays, derived_seed("dropout", *place))
        self.progress.tokens += int(arrays["attention_mask"].sum())
        return loss

    def _gradients(
        self, member: TrainingMember, arrays: Mapping[str, NDArray[np.generic]], seed: int
    ) -> Tensor:
        """Micro-batch by micro-batch."""
        rows, count = len(arrays["input_ids"]), self.model.count(member.head, arrays)
        together = self.model.together(member.head)
        size = -(-(self.pace.micro_batch or rows) // together) * together
        batch = to_tensors(arrays, self.pace.device)
        total = torch.zeros((), device=self.pace.device)
        for start in range(0, rows, size):
            part = {name: values[start : start + size] for name, values in batch.items()}
            if self.job.drops:
                self.model.noise.begin(seed, start, len(part["input_ids"]), rows)
            else:
                self.model.noise.silence()
            with autocast(self.job.recipe.precision, self.pace.device):
                summed = self.course.loss(member.head, part)
            loss = summed / count
            loss.backward()
            total += loss.detach()
        return total

    def _look_at_pending(self) -> None:
        """Move pending losses into the window. Raises NonFiniteLoss, NonFiniteGradient."""
        for taken in self.pending:
            loss, gradient = taken.loss.item(), taken.gradient.item()
            if not math.isfinite(loss):
                raise NonFiniteLoss(self._exploded(taken, f"the loss is {loss}"))
            if not math.isfinite(gradient):
                raise NonFiniteGradient(self._exploded(taken, f"the gradient's norm is {gradient}"))
            self.progress.window.append(loss)
        self.pending.clear()

    def _exploded(self, taken: Taken, what: str) -> str:
        rate = learning_rate(self.job.recipe, taken.step, self.job.steps)
        return (
            f"{taken.task}: {what} at step {taken.step + 1} of {self.job.steps}, "
            f"learning rate {rate:.3g}; lower {_dials(self.job.recipe)}, or lengthen the warm-up"
        )

    def _point(self, tokens_per_second: float) -> Point:
        at = self.progress
        rate = learning_rate(self.job.recipe, at.step - 1, self.job.steps)
        loss = math.fsum(at.window) / len(at.window)
        at.window.clear()
        at.curve.append(
            {
                "step": at.step,
                "loss": loss,
                "learning_rate": rate,
                "at": round(time.time(), 3),
                **self.usage.since_last(),
            }
        )
        return Point(at.step, self.job.steps, loss, rate, tokens_per_second)

    def _clock(self) -> None:
        now = time.monotonic()
        self.progress.seconds += now - self.mark
        self.mark = now
        self.attempt["to_step"] = self.progress.step
        self.attempt["ended"] = time.time()

    def _restored(self) -> TrainingProgress | None:
        """Go on from the newest checkpoint; one that is no use goes, or it would hide the next."""
        found = self.checkpoints.latest()
        progress = None
        if found:
            progress = checkpoint.restore(found, self.model, self.optimizer, self.course)
        if found and progress is None:
            self.checkpoints.drop()
        return progress


def _dials(recipe: Recipe) -> str:
    """What may have made training explode: the learning rate, and what its method adds."""
    return " or ".join(["the learning rate", *option_fields(get_method(recipe.method))])
