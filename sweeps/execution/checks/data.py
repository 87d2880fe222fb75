"""Whether the data and the encoder of a sweep are seen from here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sweeps.execution.checks.check import Finding, Subject, ok, wrong
from xlt_core.vocabulary.refs import EncoderRef, SourceRef

_SAME_PATH = "have it at the same path on every machine, or take it from the hub"
_FETCH = "allow this machine to reach the hub, or copy the hub's cache of one that has it"


def data(subject: Subject) -> Iterator[Finding]:
    """Every split that the sweep reads is there by its name; its content is a worker's to tell."""
    source = subject.source
    if source is None:
        return
    if source.kind == "hub":
        yield from _on_hub(source)
    elif source.kind == "folder" and not Path(source.location).is_dir():
        yield wrong(f"{source.location} is not there", _SAME_PATH)
    else:
        yield _there(subject, source)


def encoder(subject: Subject) -> Iterator[Finding]:
    """Each encoder lies here, or can be fetched."""
    for ref in subject.encoders:
        yield _encoder(ref)


def _there(subject: Subject, source: SourceRef) -> Finding:
    from xlt_core.data import open_source

    opened = open_source(source)
    asked = dict.fromkeys((task, split) for task, _, split in subject.cells)
    known = {(task, split): opened.languages(task, split) for task, split in asked}
    lacking = [
        f"{task}/{code or 'any language'}/{split}"
        for task, code, split in subject.cells
        if not known[task, split] or code not in ("", *known[task, split])
    ]
    where = source.location or source.kind
    if not lacking:
        return ok(f"{where} has {len(subject.cells)} of {len(subject.cells)} splits")
    more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
    return wrong(f"{where} lacks {', '.join(lacking[:3])}{more}", _SAME_PATH)


def _on_hub(source: SourceRef) -> Iterator[Finding]:
    from xlt_core.data.hub_files import cached_folder

    if not source.revisions:
        yield ok("from the hub, at commits that are known once the sweep is planned")
        return
    missing = [
        name for name, commit in source.revisions if not cached_folder(name, "dataset", commit)
    ]
    if not missing:
        yield ok(f"{len(source.revisions)} data sets of the hub, in the cache")
    elif _offline():
        yield wrong(f"not in the hub's cache, in offline mode: {', '.join(missing)}", _FETCH)
    else:
        yield ok(f"to be fetched from the hub: {', '.join(missing)}")


def _encoder(ref: EncoderRef) -> Finding:
    from xlt_core.data.hub_files import cached_folder
    from xlt_core.models.encoders import is_lab

    if is_lab(ref.location):
        return ok(f"{ref.name} is made on the spot")
    if ref.revision is None:
        if Path(ref.location).is_dir():
            return ok(f"{ref.location} is there")
        return wrong(f"{ref.location} is not there", _SAME_PATH)
    if cached_folder(ref.location, "model", ref.revision):
        return ok(f"{ref.name} is in the hub's cache")
    if _offline():
        return wrong(f"{ref.name} is not in the hub's cache, in offline mode", _FETCH)
    return ok(f"{ref.name} is to be fetched from the hub")


def _offline() -> bool:
    from huggingface_hub import constants

    return bool(constants.is_offline_mode())
