"""The two forms most English intermediate tasks have: sentence pairs and multiple choice.

A task file says what is its own; what tasks of a form have in common is said here. Neighbours:
`layout` for the parts, `task` for what a task is.
"""

from __future__ import annotations

from collections.abc import Mapping

from xlt_core.tasks.layout import (
    JSONL_FILES,
    TRAIN_AND_DEV,
    TSV_FILES,
    ChoiceForm,
    FolderLayout,
    HubChoices,
    HubLayout,
    HubTable,
    TableForm,
    english,
)
from xlt_core.tasks.task import Task

# The NLI tasks with three labels share this order, so that a head can be kept between them.
NLI_LABELS = ("entailment", "neutral", "contradiction")
NLI_ALIASES = {
    **dict.fromkeys(("e", "entail", "entails", "entailed"), "entailment"),
    **dict.fromkeys(("n",), "neutral"),
    **dict.fromkeys(("c", "contradict", "contradicts", "contradictory"), "contradiction"),
}
NLI_TEXTS = ("premise", "hypothesis")
NLI_HUB_LABELS = dict(enumerate(NLI_LABELS))

COPA_QUESTIONS = ("cause", "effect")

Splits = Mapping[str, tuple[str, ...]]


def sentence_pairs(
    name: str,
    title: str,
    *,
    labels: tuple[str, ...],
    texts: tuple[str, str],
    aliases: Mapping[str, str] | None = None,
    hub: str,
    config: str,
    splits: Splits,
    rows: HubTable,
    epochs: int,
    shares_text_with: Mapping[str, str] | None = None,
    source: str,
) -> Task:
    """A task that labels pairs of English sentences, in `<name>/<split>-en.tsv` and on the hub.

    Args:
        texts: the two columns of the folder's files.
        aliases: other spellings of a label → the label.
        hub, config, splits, rows: repository, its config, our splits → its own, its columns.
        epochs: of the recipe; learning rate, batch size and length are Phang et al.'s (2020).
    """
    return Task(
        name=name,
        kind="classification",
        title=title,
        languages=("en",),
        labels=labels,
        aliases=aliases or {},
        metric="accuracy",
        defaults={"epochs": epochs, "learning_rate": 1e-5, "batch_size": 32, "max_length": 128},
        shares_text_with=shares_text_with or {},
        folder=FolderLayout(
            TSV_FILES,
            TableForm(columns=("id", *texts, "label"), texts=texts, header=True),
        ),
        hub=HubLayout(english(hub, config), splits, rows),
        source=source,
    )


def multiple_choice(
    name: str,
    title: str,
    *,
    choices: int,
    questions: tuple[str, ...] = (),
    hub: str,
    rows: HubChoices,
    config: str = "default",
    epochs: int,
    learning_rate: float = 1e-5,
    max_length: int = 128,
    files: Mapping[str, str] = JSONL_FILES,
    shares_text_with: Mapping[str, str] | None = None,
    source: str,
) -> Task:
    """A task that picks one of some English answers, in `<name>/<split>-en.jsonl` and on the hub.

    Args:
        choices: how many answers each row has.
        questions: the words `question` is one of, empty where it is any text.
        hub, config, rows: repository, its config, its columns.
        files: split → file name in the folder.
    """
    return Task(
        name=name,
        kind="multiple_choice",
        title=title,
        languages=("en",),
        questions=questions,
        metric="accuracy",
        defaults={
            "epochs": epochs,
            "learning_rate": learning_rate,
            "batch_size": 32,
            "max_length": max_length,
        },
        shares_text_with=shares_text_with or {},
        folder=FolderLayout(files, ChoiceForm(choices)),
        hub=HubLayout(english(hub, config), TRAIN_AND_DEV, rows),
        source=source,
    )
