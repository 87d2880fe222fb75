"""The hub's commits over a sweep's life: taken from when it was planned, and what if one is gone.

Called by `prepare`. Fetching falls back to a branch's head where a commit has vanished; here it is
said, and refused where the content is another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sweeps.spec.sources import kind_of
from sweeps.spec.sweep import Sweep
from xlt_core.vocabulary.errors import Mistake
from xlt_core.vocabulary.refs import DataRef, EncoderRef, SourceRef

if TYPE_CHECKING:
    from sweeps.spec.inputs import ResolvedInputs


def source_ref(sweep: Sweep, before: ResolvedInputs | None) -> SourceRef:
    """Where the sweep's data come from; on the hub at the commits that were planned."""
    if sweep.data == "hub":
        if before is not None and before.source.kind == "hub":
            return before.source
        return SourceRef("hub")
    if kind_of(sweep.data) == "lab":
        return SourceRef("lab", sweep.data.partition(":")[2])
    return SourceRef("folder", sweep.data)


def encoder_moved(before: EncoderRef | None, now: EncoderRef) -> Iterator[str]:
    """A sentence where the encoder's planned commit could no longer be had."""
    if before is None or before.name != now.name or before.revision == now.revision:
        return
    yield (
        f"encoder {now.name}: commit {_short(before.revision)} is gone from the hub, "
        f"{_short(now.revision)} is read"
    )


def data_replaced(
    before: ResolvedInputs | None,
    now: SourceRef,
    data: Mapping[tuple[str, str, str], DataRef],
) -> Iterator[Mistake]:
    """Every split whose planned commit is gone from the hub, and that is no longer the same."""
    if before is None or before.source.kind != "hub" or now.kind != "hub":
        return
    commits = dict(now.revisions)
    if all(commits.get(name) == commit for name, commit in before.source.revisions):
        return
    for cell in sorted(before.data.keys() & data.keys()):
        then, found = before.data[cell].fingerprint, data[cell].fingerprint
        if then != found:
            what = (
                "the commit it was planned with is gone from the hub, and what is there now is "
                f"another content: {_short(then)} then, {_short(found)} now"
            )
            remedy = "begin anew under another name:, or bring the hub cache that held the old one"
            yield Mistake(f"data of {'/'.join(cell)}", what, remedy)


def _short(digits: str | None) -> str:
    return (digits or "")[:12]
