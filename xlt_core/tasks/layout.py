"""How a task's rows lie in a data folder and on the hub, as plain values.

A task file fills these in; `xlt_core.data.folder` and `xlt_core.data.hub` read by them. Nothing
here opens a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


def words(text: str) -> tuple[str, ...]:
    """Split a long list written as one text at its spaces."""
    return tuple(text.split())


# Every universal part-of-speech tag (Universal Dependencies v2), sorted.
UPOS_LABELS = words(
    "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X"
)


@dataclass(frozen=True)
class TableForm:
    """Tab-separated rows of one or two texts and a label; quoted as CSV is, or not at all.

    Attributes:
        columns: names in order; `label` and, where there is one, `id` among them.
        texts: the one or two columns that hold the text.
        header: whether the first line names the columns.
    """

    columns: tuple[str, ...]
    texts: tuple[str, ...]
    header: bool


@dataclass(frozen=True)
class TagForm:
    """`token<TAB>tag` lines, a blank line between sentences, no header."""


@dataclass(frozen=True)
class ChoiceForm:
    """JSON lines: id, context, question, `choices` (this many), label (index)."""

    choices: int


@dataclass(frozen=True)
class CopaForm:
    """XCOPA's JSON lines: premise, choice1, choice2, question, label, idx.

    Attributes:
        question_from: languages whose `question` is right. A row's is taken from the row of the
            same `idx` in the first of them whose file is there.
        question_wrong: languages where 9 to 302 of the 600 rows of dev and test say `effect`
            upstream though `cause` is right.
    """

    question_from: tuple[str, ...] = ("en", "et", "ht", "qu", "ta", "vi", "zh")
    question_wrong: tuple[str, ...] = ("id", "it", "sw", "th", "tr")


@dataclass(frozen=True)
class SquadForm:
    """SQuAD JSON."""


@dataclass(frozen=True)
class ParallelForm:
    """Sentences, one a line, and their English translations, line by line in a file beside.

    Attributes:
        english: that file's name; `{language}` stands for the code.
    """

    english: str


@dataclass(frozen=True)
class TextForm:
    """A text a line, blank lines between them or not.

    Attributes:
        translated: whether a line is an English text, a tab, and its translation.
    """

    translated: bool = False


Form = TableForm | TagForm | ChoiceForm | CopaForm | SquadForm | ParallelForm | TextForm


@dataclass(frozen=True)
class FolderLayout:
    """Where a task's files lie under the data folder.

    Attributes:
        files: split → file name; `{language}` stands for the code. A name without it is English.
        form: how a file is read.
    """

    files: Mapping[str, str] = field(hash=False)
    form: Form


@dataclass(frozen=True)
class HubTable:
    """Columns of a classification data set.

    Attributes:
        texts: the one or two text columns.
        labels: the label each number stands for in this repository, where its files do not name
            the classes themselves. Where labels are texts, or nobody knows, it is empty.
        unlabelled: values that stand for `no gold label`; such rows are left out.
    """

    texts: tuple[str, ...]
    labels: Mapping[int, str] = field(default_factory=dict, hash=False)
    label: str = "label"
    id: str = ""
    unlabelled: tuple[int | str, ...] = (-1,)


@dataclass(frozen=True)
class HubTags:
    """Columns of a tagging data set.

    Attributes:
        tags: the first of these columns that is there holds the tags.
        names: the tags by index, where the files do not name them.
    """

    words: str = "tokens"
    tags: tuple[str, ...] = ("ner_tags",)
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class HubTrees:
    """Sentences of Universal Dependencies: tokens, upos, head, deps, and fused forms in `mwt`."""


@dataclass(frozen=True)
class HubChoices:
    """Columns of a multiple-choice data set.

    Attributes:
        choices: one column a choice, or a single column that holds the list
            (`choices.text`: the list inside a structure).
        first_label: how the label of the first choice is written: 0, "0", "1" or "A".
        question_from: the language whose `question` holds for all, by `id` (XCOPA).
    """

    choices: tuple[str, ...]
    context: str = ""
    question: str = ""
    label: str = "label"
    first_label: int | str = 0
    id: str = ""
    question_from: str = ""


@dataclass(frozen=True)
class HubSpans:
    """SQuAD as Parquet: id, context, question, answers {text, answer_start}.

    Attributes:
        stripped: whether contexts lost white space that `answer_start` still counts; an answer
            that is not at its offset is then the occurrence nearest to it.
    """

    stripped: bool = False


@dataclass(frozen=True)
class HubParallel:
    """Columns of sentences and their English translations."""

    sentence: str
    english: str


HubForm = HubTable | HubTags | HubTrees | HubChoices | HubSpans | HubParallel

# The forms that tasks of a kind are read from, by kind and source.
FORMS: dict[str, dict[str, tuple[type, ...]]] = {
    "classification": {"folder": (TableForm,), "hub": (HubTable,)},
    "multiple_choice": {"folder": (ChoiceForm, CopaForm), "hub": (HubChoices,)},
    "tagging": {"folder": (TagForm,), "hub": (HubTags, HubTrees)},
    "span": {"folder": (SquadForm,), "hub": (HubSpans,)},
    "regression": {"folder": (TableForm,), "hub": (HubTable,)},
    "retrieval": {"folder": (ParallelForm,), "hub": (HubParallel,)},
    "masked_lm": {"folder": (TextForm,), "hub": ()},
}
CONVERTED = "refs/convert/parquet"


@dataclass(frozen=True)
class HubPart:
    """One repository of data and its config.

    Attributes:
        config: may hold `*`: the files of all configs that match are joined, sorted by name.
        branch: where its Parquet files lie; by default the hub's own conversion, which every
            repository has, whether or not it still has a loading script.
        files: how they are named there.
    """

    repo: str
    config: str
    branch: str = CONVERTED
    files: str = "{config}/{split}/*.parquet"

    def pattern(self, split: str) -> str:
        """The files of a split, as a glob."""
        return self.files.format(config=self.config, split=split)


@dataclass(frozen=True)
class HubLayout:
    """Where a task's rows lie on the hub.

    Attributes:
        parts: language → repositories and configs whose rows are joined, in order.
        splits: our split → the repository's splits that are joined, in order.
        without: split → languages that have no such split.
    """

    parts: Mapping[str, tuple[HubPart, ...]] = field(hash=False)
    splits: Mapping[str, tuple[str, ...]] = field(hash=False)
    form: HubForm
    without: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)


def english(repo: str, config: str = "default") -> dict[str, tuple[HubPart, ...]]:
    """The parts of a data set that is in English only."""
    return {"en": (HubPart(repo, config),)}


def by_language(
    repo: str, languages: tuple[str, ...], config: str = "{language}"
) -> dict[str, tuple[HubPart, ...]]:
    """The parts of a data set whose configs are named by language code."""
    return {code: (HubPart(repo, config.format(language=code)),) for code in languages}


TSV_FILES = {"train": "train-{language}.tsv", "dev": "dev-{language}.tsv"}
JSONL_FILES = {"train": "train-{language}.jsonl", "dev": "dev-{language}.jsonl"}
THREE_TSV_FILES = {**TSV_FILES, "test": "test-{language}.tsv"}

# Splits of a hub repository that are named as most are.
TRAIN_AND_DEV = {"train": ("train",), "dev": ("validation",)}
ALL_SPLITS = {**TRAIN_AND_DEV, "test": ("test",)}
