"""A trained model as transformers has it: the folder that an Auto class loads.

The encoder's weights go in as they are. Heads of transformers differ between families in where
their layers are kept and in what is between them: those of a family whose head has just our two
layers, or our one, take our weights, and what was written is loaded again and held against our own
logits before anybody is told that it is there. `xlt_core.kinds.auto_class` says which class.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from xlt_core.kinds.auto_class import AutoClass
from xlt_core.kinds.kind import TaskKind
from xlt_core.models.learner import Learner
from xlt_core.models.model import Model
from xlt_core.models.pretrained import quiet
from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    from transformers import PretrainedConfig

# What a config calls the function between a head's two layers, which is tanh with us.
_BETWEEN = ("pooler_hidden_act", "summary_activation")
_LAST = ("classifier", "out_proj", "qa_outputs", "logits_proj")
_LENGTHS = (24, 17, 9, 5)  # of the rows that both are asked about
_CLOSE = 1e-3  # of the largest logit: rounding adds up over layers, another function is far off


def write_published(learner: Learner, task: str, folder: Path) -> AutoClass:
    """Write config, weights and tokenizer of the encoder with the head of `task`.

    The learner is left on the CPU, its dropout silent.

    Raises:
        UserMistake: transformers has no class that computes the same; nothing of use was written.
    """
    auto, model = _class_for(learner, task)
    config = _config(model, task, auto)
    with quiet():
        network: Any = _network(model, task, auto, config)
        network.save_pretrained(folder)
        tokenizer: Any = model.tokenizer
        tokenizer.save_pretrained(folder)
        written = _auto(auto).from_pretrained(folder, trust_remote_code=False).eval()
    _require_same(model, task, auto, written)
    return auto


def _class_for(learner: Learner, task: str) -> tuple[AutoClass, Model]:
    kind = learner.specs[task].kind
    # A kind of somebody's own may have been written before there was such a thing.
    auto: AutoClass | None = getattr(kind.learning, "auto_class", None)
    if auto is None:
        raise _cannot(task, f"transformers has no class for the head of a {kind.name} task")
    if not isinstance(learner, Model):
        what = f"{learner.config.model_type} is learnt by a learner of its own ({type(learner)})"
        raise _cannot(task, f"{what}, which no class of transformers is")
    return auto, learner


def _cannot(task: str, why: str) -> UserMistake:
    remedy = "the weights themselves are in the store, as safetensors; `xlt results` has the scores"
    return UserMistake(Mistake(f"export of {task}", f"not possible: {why}", remedy))


def _auto(auto: AutoClass) -> Any:
    import transformers

    return getattr(transformers, auto.name)


def _config(model: Model, task: str, auto: AutoClass) -> PretrainedConfig:
    config: Any = copy.deepcopy(model.config)
    labels = model.specs[task].labels
    if labels:
        config.id2label = dict(enumerate(labels))
        config.label2id = {label: number for number, label in enumerate(labels)}
    for name, value in auto.config.items():
        setattr(config, name, value)
    for name in _BETWEEN:
        if hasattr(config, name):
            setattr(config, name, "tanh")
    return config


def _network(model: Model, task: str, auto: AutoClass, config: Any) -> nn.Module:
    """The class's network, whose weights are the model's own; to be written, not to be run."""
    try:
        with torch.device("meta"):
            network: nn.Module = _auto(auto).from_config(config)
    except ValueError as error:  # transformers lists the types that it knows instead
        if "Unrecognized configuration" not in str(error):
            raise
        raise _cannot(task, f"transformers has no {auto.name} of {config.model_type}") from None
    own, wanted = model.encoder.state_dict(), network.state_dict()
    before = _before(network)
    found = {f"{before}{name}": values for name, values in own.items()}
    if lost := sorted(found.keys() - wanted.keys()):
        raise _cannot(task, f"{type(network).__name__} has no {lost[0]}")
    found |= _head(model, task, network, {n: v for n, v in wanted.items() if n not in found})
    network.load_state_dict(found, strict=True, assign=True)
    return network


def _before(network: nn.Module) -> str:
    """What the names of the encoder's weights begin with."""
    prefix = str(network.base_model_prefix)
    return f"{prefix}." if hasattr(network, prefix) else ""


def _head(
    model: Model, task: str, network: nn.Module, places: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """What is to stand in the places beyond the encoder's, by their names.

    Our two layers, or our one; a pooling layer that is not asked is zero. Raises UserMistake where
    there are places for anything else, or none for ours.
    """
    own = {
        name: part
        for name, part in model.head_of(task).named_children()
        if isinstance(part, nn.Linear)
    }
    layers = sorted({name.rpartition(".")[0] for name in places}, key=_is_last)
    if "dense" not in own:
        layers = [layer for layer in layers if "pooler" not in layer]
    taken = dict(zip(layers, own.values(), strict=False))
    found = {name: _part(taken, name, shape) for name, shape in places.items()}
    idle = {name.rpartition(".")[0] for name in places} - set(layers)
    fits = len(layers) == len(own) and all(
        found[name].shape == places[name].shape for name in places
    )
    if not fits or len(idle) > 1:
        there = [*sorted(places)[:4], *(["…"] if len(places) > 4 else [])]
        what = f"{type(network).__name__} has other layers beside the encoder than we trained"
        raise _cannot(task, f"{what} ({', '.join(there)})")
    return found


def _is_last(layer: str) -> bool:
    return layer.rpartition(".")[2] in _LAST


def _part(taken: Mapping[str, nn.Linear], name: str, like: Tensor) -> Tensor:
    """A layer's weight or bias; zero where we have none."""
    layer, _, part = name.rpartition(".")
    values = getattr(taken[layer], part, None) if layer in taken else None
    return torch.zeros(like.shape) if values is None else values.detach()


def _require_same(model: Model, task: str, auto: AutoClass, written: nn.Module) -> None:
    """Raise UserMistake unless both give the same logits of rows made of words at random."""
    model.to("cpu").eval()
    model.noise.silence()
    batch = _rows(model, model.specs[task].kind)
    with torch.inference_mode():
        ours = model(task, batch)
        theirs = auto.logits(written, batch).float()
    asked = torch.isfinite(ours)  # an answer does not begin on padding
    if ours.shape[:2] == batch["input_ids"].shape:  # of each token: nobody asks for padding's
        asked &= batch["attention_mask"].bool().view(*ours.shape[:2], *[1] * (ours.dim() - 2))
    apart = (ours - theirs)[asked].abs().max().item()
    if apart > _CLOSE * ours[asked].abs().max().item():
        what = f"{type(written).__name__} computes its head otherwise (logits are {apart:.2g} off)"
        raise _cannot(task, what)


def _rows(model: Model, kind: TaskKind) -> dict[str, Tensor]:
    """Four padded sequences, in pairs where a row has several."""
    tokenizer: Any = model.tokenizer
    special = set(tokenizer.all_special_ids)
    words = torch.tensor(sorted(set(tokenizer.get_vocab().values()) - special))
    longest = min(model.most_tokens or _LENGTHS[0], _LENGTHS[0])
    lengths = torch.tensor(_LENGTHS).clamp(max=longest)
    mask = (torch.arange(longest) < lengths[:, None]).long()
    drawn = torch.randint(len(words), mask.shape, generator=torch.Generator().manual_seed(0))
    batch = {
        "input_ids": torch.where(mask.bool(), words[drawn], tokenizer.pad_token_id or 0),
        "attention_mask": mask,
    }
    if "token_type_ids" in tokenizer.model_input_names:
        batch["token_type_ids"] = mask * (torch.arange(longest) >= lengths[:, None] // 2)
    if kind.has_choices:
        return {name: values.view(2, 2, -1) for name, values in batch.items()}
    return batch
