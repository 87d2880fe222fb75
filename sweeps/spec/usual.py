"""Where sweeps keep what they find unless a spec says so: the environment, else a config file.

A cluster's places are said once: `XLT_STORE`, `XLT_STORAGE` and so on in the environment, or in
`~/.config/xlt/config.yaml` (`$XDG_CONFIG_HOME`; `XLT_CONFIG` names another file):

    address: http://head:8265
    runs: s3://bucket/runs
    store: s3://bucket/stages
    storage: postgresql://me@host/xlt
    tracking: http://host:5000

For specs these are the lowest layer (`overlays`); `paths` asks for `runs`, whoever submits for
`address`.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from sweeps.spec.source_map import Document, SourceLocation, parse_document
from xlt_core.vocabulary.errors import Mistake, UserMistake

# What may be said, and the variables that say it, the first above the others.
VARIABLES = {
    "address": ("XLT_ADDRESS", "RAY_ADDRESS"),
    "runs": ("XLT_RUNS",),
    "store": ("XLT_STORE",),
    "storage": ("XLT_STORAGE",),
    "tracking": ("XLT_TRACKING", "MLFLOW_TRACKING_URI"),
}
OF_A_SPEC = ("store", "tracking", "storage")


def config_file() -> Path:
    """The file of the user's own settings, whether or not it is there."""
    if named := os.environ.get("XLT_CONFIG"):
        return Path(named).expanduser()
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path("~/.config").expanduser()) / "xlt" / "config.yaml"


def usual(name: str) -> str | None:
    """What `name` of `VARIABLES` is by the environment or the config file; None where neither says.

    Raises:
        UserMistake: the config file is there and wrong.
    """
    value = _settings().data.get(name)
    return None if value is None else str(value)


def usual_places() -> Document:
    """Store, tracking and study as a spec would give them, each with the place it was said at.

    Raises:
        UserMistake: the config file is there and wrong.
    """
    found = _settings()
    data = {name: value for name, value in found.data.items() if name in OF_A_SPEC}
    places = {trail: place for trail, place in found.places.items() if trail}
    return Document(data, {(): SourceLocation(""), **places})


def said_by(name: str) -> str:
    """What says `name`, for people: a variable, or the config file; empty where nothing does."""
    found = _settings()
    return found.place((name,)).label if name in found.data else ""


def _settings() -> Document:
    path = config_file()
    document = _read(path) if path.is_file() else Document({}, {(): SourceLocation(str(path))})
    data, places = dict(document.data), dict(document.places)
    for name, variables in VARIABLES.items():
        variable = next((one for one in variables if os.environ.get(one)), None)
        if variable is not None:
            data[name], places[(name,)] = os.environ[variable], SourceLocation(variable)
    return Document(data, places)


def _read(path: Path) -> Document:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserMistake(Mistake(str(path), f"cannot be read: {error}")) from None
    if all(line.strip().startswith("#") for line in text.splitlines() if line.strip()):
        return Document({}, {(): SourceLocation(str(path))})
    document = parse_document(text, str(path), path.parent)
    mistakes = [
        _mistake(document, name, value)
        for name, value in document.data.items()
        if not _is_good(name, value)
    ]
    if mistakes:
        raise UserMistake(mistakes)
    return document


def _is_good(name: str, value: object) -> bool:
    return name in VARIABLES and isinstance(value, str) and _says_where(value)


def _says_where(value: str) -> bool:
    """A relative path would be another one in each folder that xlt is called in."""
    return "://" in value or value.startswith(("/", "~", "$", "sqlite:", "file:", "auto"))


def _mistake(document: Document, name: str, value: object) -> Mistake:
    where = document.where((name,))
    if name not in VARIABLES:
        near = difflib.get_close_matches(name, VARIABLES, n=1)
        remedy = f"did you mean {near[0]}?" if near else f"there are: {', '.join(VARIABLES)}"
        return Mistake(where, "is no setting", remedy)
    return Mistake(where, f"{value!r} is no place", "write a URL or a path from / or ~ on")
