"""A text-to-text learner: a small T5 with its decoder, in no table of ours.

Classes are one word of the decoder each, and the likeliest is chosen; spans are written out word
by word, each the likeliest after those before it.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from xlt_core.models.batches import TOKENS_ON_CPU, by_length
from xlt_core.models.learner import Learner
from xlt_core.models.tensors import to_tensors

FIRST_LABEL = 40  # words of the decoder that stand for labels
LONGEST = 6  # words of an answer
IGNORED = -100


class TextToText(Learner):
    @staticmethod
    def network(config):
        from transformers import T5ForConditionalGeneration

        return T5ForConditionalGeneration

    def add_head(self, task, spec, seed):
        if spec.kind.name not in ("classification", "span"):
            raise ValueError(f"{spec.kind.name} is not written out here")
        self.specs[task] = spec

    def load_head(self, task, weights, source, labels):
        """All is in the network."""

    def drop_heads(self):
        self.specs = {}

    def count(self, task, batch):
        return len(batch["input_ids"])

    def loss(self, task, batch):
        wanted = self._wanted(task, batch)
        with self.draws():
            logits = self.encoder(
                input_ids=batch["input_ids"],
                attention_mask=_mask(batch),
                decoder_input_ids=self._shifted(wanted),
            ).logits
        words = (wanted != IGNORED).sum(1)
        each = F.cross_entropy(
            logits.transpose(1, 2), wanted, reduction="none", ignore_index=IGNORED
        )
        return (each.sum(1) / words).sum()

    def predict(self, task, rows, of):
        self.eval()
        self.noise.silence()
        split, spec = rows.split, self.specs[task]
        found = [None] * len(split)
        with torch.inference_mode():
            for part in by_length(split.lengths(), split.width, TOKENS_ON_CPU):
                batch = to_tensors(split.batch(part.tolist()), torch.device("cpu"))
                answers = self._classes if spec.labels else self._texts
                for row, answer in zip(part, answers(batch, spec), strict=True):
                    found[row] = answer
        first = np.unique(split.example_of_feature(), return_index=True)[1]
        return [found[row] for row in first]

    def _classes(self, batch, spec):
        logits = self._next(batch, self._begin(len(batch["input_ids"])))
        return logits[:, FIRST_LABEL : FIRST_LABEL + len(spec.labels)].argmax(1).tolist()

    def _texts(self, batch, spec):
        written = self._begin(len(batch["input_ids"]))
        for _ in range(LONGEST):
            written = torch.cat([written, self._next(batch, written).argmax(1, keepdim=True)], 1)
        return [self._text(row.tolist()[1:]) for row in written]

    def _text(self, ids):
        end = self.tokenizer.sep_token_id
        return self.tokenizer.decode(ids[: ids.index(end)] if end in ids else ids)

    def _next(self, batch, written):
        return self.encoder(
            input_ids=batch["input_ids"], attention_mask=_mask(batch), decoder_input_ids=written
        ).logits[:, -1]

    def _begin(self, rows):
        return torch.full((rows, 1), self.encoder.config.decoder_start_token_id)

    def _wanted(self, task, batch):
        end = self.tokenizer.sep_token_id
        if self.specs[task].labels:
            labels = batch["labels"][:, None] + FIRST_LABEL
            return torch.cat([labels, torch.full_like(labels, end)], 1)
        wanted = torch.full((len(batch["start"]), LONGEST), IGNORED)
        for row, (first, last) in enumerate(zip(batch["start"], batch["end"], strict=True)):
            ids = batch["input_ids"][row, first : last + 1][: LONGEST - 1]
            wanted[row, : len(ids)] = ids
            wanted[row, len(ids)] = end
        return wanted

    def _shifted(self, wanted):
        before = wanted[:, :-1].clamp_min(0)
        return torch.cat([self._begin(len(wanted)), before], 1)


def _mask(batch):
    mask = batch.get("attention_mask")
    return torch.ones_like(batch["input_ids"]) if mask is None else mask


def write_t5(folder):
    """A random T5 of two layers on either side, with a tokenizer of whole words."""
    from transformers import T5Config, T5ForConditionalGeneration

    from xlt_core.testing.encoders import word_tokenizer

    tokenizer = word_tokenizer()
    tokenizer.save_pretrained(folder)
    config = T5Config(
        vocab_size=len(tokenizer),
        d_model=32,
        d_kv=16,
        d_ff=64,
        num_layers=2,
        num_heads=2,
        decoder_start_token_id=tokenizer.pad_token_id,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.sep_token_id,
    )
    with torch.random.fork_rng([]):
        torch.manual_seed(1)
        T5ForConditionalGeneration(config).save_pretrained(folder)
    return folder
