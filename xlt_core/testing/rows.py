"""A small data folder that suites train on: a task of each kind, on sentences over a dozen words.

Each is learnable from the words alone. As the folder source reads it (`xlt_core.data.folder`).
"""

from __future__ import annotations

import json
import random
from pathlib import Path

WORDS = ("sun", "moon", "river", "stone", "red", "blue", "green", "cold", "warm", "cat", "dog")


def data_in(root: Path) -> Path:
    """The data folder below `root`, written where it is not there yet."""
    folder = root / "data"
    return folder if folder.is_dir() else write_data(folder)


def write_data(folder: Path, rows: int = 48) -> Path:
    """mnli, copa, udpos (in German too), squad and stsb: train and dev of `rows` examples each.

    Texts are half as many in German; so are translations, each word's the one before it.
    """
    rng = random.Random(3)
    for split in ("train", "dev"):
        _write_mnli(folder / "mnli" / f"{split}-en.tsv", rows, rng)
        _write_copa(folder / "copa" / f"{split}-en.jsonl", rows, rng)
        _write_udpos(folder / "udpos" / f"{split}-en.tsv", rows, rng)
        _write_squad(folder / "squad" / f"{split}-v1.1.json", rows, rng)
        _write_stsb(folder / "stsb" / f"{split}-en.tsv", rows, random.Random(split))
    _write_udpos(folder / "udpos" / "train-de.tsv", rows, random.Random(4))
    _write_texts(folder, rows)
    return folder


def _sentence(rng: random.Random, most: int = 9) -> list[str]:
    return [rng.choice(WORDS) for _ in range(rng.randint(2, most))]


def _write_mnli(path: Path, rows: int, rng: random.Random) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["id\tpremise\thypothesis\tlabel"]
    names = {"red": "entailment", "blue": "neutral", "green": "contradiction"}
    for number in range(rows):
        word = rng.choice(list(names))
        premise = " ".join(other for other in _sentence(rng) if other not in names) or "sun"
        lines.append(f"{number}\t{premise}\t{word}\t{names[word]}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_stsb(path: Path, rows: int, rng: random.Random) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["id\tsentence1\tsentence2\tlabel"]
    values = {"red": 1.0, "blue": 0.25, "green": -1.0}
    for number in range(rows):
        word = rng.choice(list(values))
        first = " ".join(other for other in _sentence(rng) if other not in values) or "sun"
        lines.append(f"{number}\t{first}\t{word}\t{values[word]}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_texts(folder: Path, rows: int) -> None:
    (folder / "texts").mkdir(parents=True, exist_ok=True)
    (folder / "translations").mkdir(parents=True, exist_ok=True)
    for split in ("train", "dev"):
        rng = random.Random(f"texts {split}")
        english = [_sentence(rng) for _ in range(rows)]
        german = [[WORDS[WORDS.index(word) - 1] for word in words] for words in english][::2]
        pairs = [[*one, "\t", *other] for one, other in zip(english[::2], german, strict=True)]
        for place, sentences in (
            (f"texts/{split}-en.txt", english),
            (f"texts/{split}-de.txt", german),
            (f"translations/{split}-de.txt", pairs),
        ):
            lines = (" ".join(words).replace(" \t ", "\t") + "\n" for words in sentences)
            (folder / place).write_text("".join(lines), encoding="utf-8")


def _write_copa(path: Path, rows: int, rng: random.Random) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    for number in range(rows):
        label = rng.randrange(2)
        choices = ["warm sun", "cold moon"] if label == 0 else ["cold moon", "warm sun"]
        row = {"id": str(number), "context": " ".join(_sentence(rng)), "question": "cause"}
        lines.append(json.dumps({**row, "choices": choices, "label": label}))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_udpos(path: Path, rows: int, rng: random.Random) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    tag = {word: "ADJ" if word in WORDS[4:9] else "NOUN" for word in WORDS}
    sentences = [_sentence(rng) for _ in range(rows)]
    text = "\n".join("".join(f"{word}\t{tag[word]}\n" for word in words) for words in sentences)
    path.write_text(text, encoding="utf-8")


def _write_squad(path: Path, rows: int, rng: random.Random) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    paragraphs = []
    for number in range(rows):
        words = [word for word in _sentence(rng, 12) if word != "river"]
        words.insert(rng.randrange(len(words) + 1), "river")
        context = " ".join(words)
        answer = {"text": "river", "answer_start": context.index("river")}
        asked = {"id": str(number), "question": "What was cold ?", "answers": [answer]}
        paragraphs.append({"context": context, "qas": [asked]})
    path.write_text(
        json.dumps({"version": "1.1", "data": [{"title": "t", "paragraphs": paragraphs}]})
    )
