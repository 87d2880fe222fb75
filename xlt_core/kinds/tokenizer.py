"""What the kinds ask of a tokenizer: the part of `transformers`' fast tokenizers that they use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Alignment(Protocol):
    """One sequence of tokens, and what each stands for."""

    @property
    def ids(self) -> Sequence[int]:
        """The tokens."""
        ...

    @property
    def sequence_ids(self) -> Sequence[int | None]:
        """Which text each token is of: 0, 1, or None for a special one."""
        ...

    @property
    def offsets(self) -> Sequence[tuple[int, int]]:
        """First and last-plus-one character of each token in its text."""
        ...

    @property
    def overflowing(self) -> Sequence[Alignment]:
        """What was cut off."""
        ...


class Tokens(Protocol):
    """What a tokenizer makes of some texts: by name (`input_ids`, …) a list a sequence."""

    @property
    def encodings(self) -> Sequence[Alignment]:
        """One a sequence."""
        ...

    def __getitem__(self, name: str, /) -> Any: ...

    def __contains__(self, name: object, /) -> bool: ...

    def get(self, name: str, default: Any, /) -> Any:
        """What stands under `name`, or `default`."""
        ...

    def word_ids(self, number: int, /) -> Sequence[int | None]:
        """Which word each token of sequence `number` is of."""
        ...

    def sequence_ids(self, number: int, /) -> Sequence[int | None]:
        """Which text each token of sequence `number` is of."""
        ...


class Tokenizer(Protocol):
    """A fast tokenizer."""

    @property
    def unk_token(self) -> str | None:
        """The unknown token, as text."""
        ...

    @property
    def unk_token_id(self) -> int | None:
        """The unknown token; None where there is none, as in vocabularies of bytes."""
        ...

    @property
    def all_special_ids(self) -> Sequence[int]:
        """Every token that stands for no text, the unknown one among them."""
        ...

    @property
    def pad_token_id(self) -> int | None:
        """The token that fills up."""
        ...

    @property
    def mask_token_id(self) -> int | None:
        """The token that stands for a hidden piece; None where there is none."""
        ...

    @property
    def is_fast(self) -> bool:
        """Whether it is one of the `tokenizers` library's."""
        ...

    def get_vocab(self) -> Mapping[str, int]:
        """The number of each word."""
        ...

    def __call__(
        self, text: Sequence[object], text_pair: Sequence[object] | None = None, **options: object
    ) -> Tokens:
        """Texts, or pairs of them, as tokens."""
        ...

    def num_special_tokens_to_add(self, pair: bool) -> int:
        """Tokens that stand around a text, or around two."""
        ...
