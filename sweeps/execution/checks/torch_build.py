"""What torch was built for, and the devices that it finds."""

from __future__ import annotations

from collections.abc import Iterator

from sweeps.execution.checks.check import Finding, Subject, ok, warning, wrong

_REMEDY = "install a build of torch for the GPU's driver: see https://pytorch.org/get-started"


def torch_build(subject: Subject) -> Iterator[Finding]:
    """Wrong where a GPU is asked for and this torch can use none."""
    from xlt_core.memory import devices

    found = devices()
    text = f"torch {found.torch}, built for {found.built_for}; {', '.join(found.names) or 'no GPU'}"
    if found.names or not subject.gpus:
        if subject.device == "cuda" and not found.names and subject.gpus is None:
            yield wrong(f"{text}, and execution.device is cuda", _REMEDY)
        else:
            yield ok(text)
    elif found.built_for == "CPU":  # a Ray task without a GPU is shown none: the build tells
        judge = wrong if subject.device == "cuda" else warning
        yield judge(f"{text}, but Ray counts {subject.gpus:g} here", _REMEDY)
    else:
        yield ok(text)
