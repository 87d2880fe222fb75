"""Universal Dependencies' words → the words XTREME-R tags: fused forms instead of their parts.

French `du` is one token of text and two words of a tree, `de` and `le`. XTREME-R keeps the token
and gives it the tag of its head: the word with the fewest ancestors in the tree, enhanced
dependencies included; where several are as high, the tag that stands first in a list of precedence.
This is what google-research/xtreme (as of 091824888a60) does with its `ud-conversion-tools` and
`utils_preprocess.py`, from which the lists are taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from xlt_core.data.hub_table import HubRow

COLUMNS = ("tokens", "upos", "head", "deps", "mwt")
_PRECEDENCE = {
    "es": "VERB AUX PRON ADP DET",
    "fr": "VERB AUX PRON NOUN ADJ ADV ADP DET PART SCONJ CONJ",
    "it": "VERB AUX ADV PRON ADP DET INTJ",
}
_USUAL = "VERB NOUN PROPN PRON ADJ NUM ADV INTJ AUX ADP DET PART CCONJ SCONJ X PUNCT"
_WITHHELD = "_"  # a word whose text the licence does not let the treebank carry
_HEAD = re.compile(r"(?:^|\|)(\d+):")

Tree = Mapping[int, set[int]]


def with_fused_forms(row: HubRow, tags: Sequence[str], language: str) -> list[tuple[str, str]]:
    """Words and tags of a sentence as XTREME-R has them; none where its text is withheld.

    Args:
        row: `tokens`, `head` and `deps` of the words in order; `mwt` with `id` (`3-4`) and `form`.
        tags: of the words.
    """
    words: dict[int, str] = dict(enumerate((word or "" for word in row["tokens"]), 1))
    tree = _heads(row)
    for fused in row["mwt"] or ():
        first, last = map(int, fused["id"].split("-"))
        span = range(first, last + 1)
        kept = _highest(span, tree, tags, language)
        words = {at: word for at, word in words.items() if at not in span or at == kept}
        words[kept] = fused["form"]
    if _is_withheld(list(words.values())):
        return []
    return [(_joined(words[at]), tags[at - 1]) for at in sorted(words)]


def _heads(row: HubRow) -> Tree:
    """Word → its heads, 0 the root: the tree's and those of enhanced dependencies."""
    found: dict[int, set[int]] = {}
    for at, (head, deps) in enumerate(zip(row["head"], row["deps"], strict=True), 1):
        found[at] = {int(other) for other in _HEAD.findall(deps or "")}
        if str(head).isdigit():
            found[at].add(int(head))
    return found


def _highest(span: range, tree: Tree, tags: Sequence[str], language: str) -> int:
    heights = {at: len(_ancestors(at, tree)) for at in span}
    least = min(heights.values())
    ranks = _PRECEDENCE.get(language, _USUAL).split()
    highest = [at for at in span if heights[at] == least]
    return min(highest, key=lambda at: _rank(tags[at - 1], ranks))


def _rank(tag: str, ranks: list[str]) -> int:
    return ranks.index(tag) if tag in ranks else len(ranks)


def _ancestors(word: int, tree: Tree) -> set[int]:
    """Every word above `word`, which is not among them even where the graph has a circle."""
    found: set[int] = set()
    todo = [word]
    while todo:
        new = tree.get(todo.pop(), set()) - found
        found |= new
        todo += new
    return found - {word}


def _is_withheld(words: list[str]) -> bool:
    """Whether all words, or all but one, are withheld: such sentences are left out."""
    empty = words.count(_WITHHELD)
    return empty > 0 and empty >= len(words) - 1


def _joined(word: str) -> str:
    """A word as one token of a tab-separated file: without spaces and zero-width joiners."""
    return "".join(word.replace("\u200c", "").split(" ")) or word
