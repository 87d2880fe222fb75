"""Whether the hub answers, or is not to be asked."""

from __future__ import annotations

from collections.abc import Iterator

from sweeps.execution.checks.check import Finding, Subject, ok, warning, wrong


def hub(subject: Subject) -> Iterator[Finding]:
    """Not to reach it is wrong only where something is to come from there."""
    from huggingface_hub import constants

    from xlt_core.data.hub_files import reach
    from xlt_core.vocabulary.errors import UserMistake

    if constants.is_offline_mode():
        yield ok("offline mode (HF_HUB_OFFLINE): what the hub's cache has is read")
        return
    try:
        reach()
    except UserMistake as error:
        (mistake,) = error.mistakes
        judge = wrong if _asks_the_hub(subject) else warning
        remedy = f"{mistake.remedy}; or set HF_HUB_OFFLINE=1 where the cache has all"
        yield judge(f"{mistake.where} {mistake.what}", remedy)
    else:
        yield ok(f"{constants.ENDPOINT} answers")


def _asks_the_hub(subject: Subject) -> bool:
    from_hub = subject.source is not None and subject.source.kind == "hub"
    return from_hub or any(ref.revision is not None for ref in subject.encoders)
