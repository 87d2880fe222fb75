"""Small random encoders that suites train: two layers, a tokenizer of whole words. Next: `rows`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xlt_core.testing.rows import WORDS

SIZE = 16


def encoder_in(root: Path, kind: str = "xlm-roberta") -> Path:
    """The folder of such an encoder below `root`, written where it is not there yet."""
    folder = root / f"encoder-{kind}"
    return folder if folder.is_dir() else write_encoder(folder, kind)


def word_tokenizer(kind: str = "xlm-roberta", words: int = 60) -> Any:
    """A tokenizer of whole words, `words` of them, `WORDS` among them; as XLM-R's or BERT's."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    bert = kind != "xlm-roberta"
    special = ("[PAD]", "[CLS]", "[SEP]", "[UNK]") if bert else ("<s>", "<pad>", "</s>", "<unk>")
    start, pad, end, unknown = (special[i] for i in ((1, 0, 2, 3) if bert else (0, 1, 2, 3)))
    every = (*special, *WORDS, *"?.", *["What", "was", "the", "cause", "effect"])
    mask = "[MASK]" if bert else "<mask>"
    every += (*(f"w{n}" for n in range(words - len(every) - 1)), mask)
    made = Tokenizer(models.WordLevel({word: n for n, word in enumerate(every)}, unknown))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    middle = f"{end}:0" if bert else f"{end}:0 {end}:0"
    made.post_processor = processors.TemplateProcessing(
        single=f"{start}:0 $A:0 {end}:0",
        pair=f"{start}:0 $A:0 {middle} $B:{int(bert)} {end}:{int(bert)}",
        special_tokens=[(start, every.index(start)), (end, every.index(end))],
    )
    names = ["input_ids", "attention_mask", *(["token_type_ids"] if bert else [])]
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        cls_token=start,
        sep_token=end,
        pad_token=pad,
        unk_token=unknown,
        mask_token=mask,
        model_input_names=names,
    )


def write_encoder(folder: Path, kind: str = "xlm-roberta", words: int = 60) -> Path:
    """A random two-layer encoder with such a tokenizer, as `save_pretrained` lays it.

    Args:
        kind: `xlm-roberta`; `bert`, which has token types; `electra`, whose forward pass is
            transformers' own.
    """
    import torch
    from transformers import (
        BertConfig,
        BertModel,
        ElectraConfig,
        ElectraModel,
        XLMRobertaConfig,
        XLMRobertaModel,
    )

    tokenizer = word_tokenizer(kind, words)
    tokenizer.save_pretrained(folder)
    config_class, model_class, own = {
        "xlm-roberta": (XLMRobertaConfig, XLMRobertaModel, {}),
        "bert": (BertConfig, BertModel, {}),
        "electra": (ElectraConfig, ElectraModel, {"embedding_size": SIZE}),
    }[kind]
    config = config_class(
        **own,
        vocab_size=len(tokenizer),
        hidden_size=SIZE,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        type_vocab_size=1 if kind == "xlm-roberta" else 2,
        pad_token_id=tokenizer.pad_token_id,
        initializer_range=0.3,
    )
    with torch.random.fork_rng([]):
        torch.manual_seed(1)
        bare = {} if kind == "electra" else {"add_pooling_layer": False}
        model_class(config, **bare).save_pretrained(folder)
    return folder
