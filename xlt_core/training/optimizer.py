"""AdamW with a linear warm-up and decay, gradient clipping, and freezing."""

from __future__ import annotations

import re
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from xlt_core.models.learner import Learner
from xlt_core.models.limits import layer_of, lowest_layers
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.recipe import Recipe

BETAS = (0.9, 0.999)
EPSILON = 1e-8
_BIAS = re.compile(r"(^|\.)bias$")
_NORM = re.compile(r"norm|(^|[._])ln(\d|_|\.|$)", re.IGNORECASE)


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """The rate of `step` (from 0): up to the peak over the warm-up, then down, never quite to 0."""
    warm = round(recipe.warmup * steps)
    if step < warm:
        return recipe.learning_rate * (step + 1) / (warm + 1)
    return recipe.learning_rate * (steps - step) / max(1, steps - warm)


def make_optimizer(model: Learner, recipe: Recipe) -> torch.optim.AdamW:
    """AdamW over all weights that are not frozen; biases and norms are not decayed.

    The fused kernel walks each weight once; on a CPU it is several times as fast as the others.
    """
    trained = [(name, value) for name, value in model.named_parameters() if value.requires_grad]
    spared = undecayed_names(model)
    decayed = [value for name, value in trained if name not in spared]
    undecayed = [value for name, value in trained if name in spared]
    groups = [
        {"params": decayed, "weight_decay": recipe.weight_decay},
        {"params": undecayed, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=recipe.learning_rate,
        betas=BETAS,
        eps=EPSILON,
        fused=True,
    )


def undecayed_names(model: nn.Module) -> set[str]:
    """Names of the weights that are biases or belong to a norm.

    A norm is known by its module's class (`LayerNorm`, `RMSNorm`) or its place (`attn_norm`,
    `mlp_ln`): encoders call theirs what they like.
    """
    return {
        f"{place}.{name}" if place else name
        for place, module in model.named_modules()
        for name, _ in module.named_parameters(recurse=False)
        if _BIAS.search(name) or _is_norm(place, module)
    }


def _is_norm(place: str, module: nn.Module) -> bool:
    own = place.rpartition(".")[2]
    return "norm" in type(module).__name__.lower() or bool(_NORM.search(own))


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Use `rate` from the next step on."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def clip(parameters: Iterable[Tensor], limit: float) -> Tensor:
    """Scale gradients in place so that their global norm is at most `limit`.

    On a CPU, where looking costs nothing, gradients within the limit are not walked again.

    Returns:
        The norm before, a scalar. Where it is not finite, the gradients mean nothing any more.
    """
    gradients = [value.grad for value in parameters if value.grad is not None]
    norm = torch.nn.utils.get_total_norm(gradients)
    factor = limit / (norm + 1e-6)
    if norm.device.type == "cpu":
        if factor < 1.0:
            torch._foreach_mul_(gradients, factor.item())
    else:
        torch._foreach_mul_(gradients, factor.clamp(max=1.0))
    return norm


def freeze(model: Learner, wanted: tuple[str, ...]) -> list[str]:
    """Freeze what a recipe names; return the frozen weights' names, sorted.

    Every weight that is not named is set free, so that a module can serve stage after stage.

    Raises:
        UserMistake: `wanted` names something else, or more layers than there are.
    """
    limits = model.limits
    if wrong := [mistake for text in wanted for mistake in limits.on_freezing(text)]:
        raise UserMistake(wrong)
    for value in model.parameters():
        value.requires_grad_(True)
    frozen: set[str] = set()
    for text in wanted:
        frozen |= _named(model, text)
    for name, value in model.named_parameters():
        if name in frozen:
            value.requires_grad_(False)
    return sorted(frozen)


def _named(model: Learner, text: str) -> set[str]:
    if text == "embeddings":
        table: nn.Module = model.encoder.get_input_embeddings()  # type: ignore[operator]
        ids = {id(value) for value in table.parameters()}
        return {name for name, value in model.named_parameters() if id(value) in ids}
    count = lowest_layers(text) or 0
    return {name for name, _ in model.named_parameters() if _is_below(name, count)}


def _is_below(name: str, count: int) -> bool:
    """Whether a weight belongs to the embeddings or to the `count` lowest layers."""
    if (layer := layer_of(name)) is not None:
        return layer < count
    return name.startswith("encoder.") and ("embed" in name or name.startswith("encoder.shared."))
