"""Where a report comes from: encoder, data by content, versions, and the commands that make it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import yaml

from sweeps.report.document import Column, Kind, Paragraph, Part, Shown, Table, Tone
from sweeps.results.facts import SweepFacts

_PLACES = ("store", "storage", "tracking", "execution")  # of the machine it ran on alone


def origin(facts: SweepFacts) -> Iterator[Part]:
    """Spec, commands, encoders, data and versions of one sweep."""
    spec = {k: v for k, v in facts.results.sweep.source.items() if k not in _PLACES}
    yield Paragraph(f"The spec of {facts.name}, without the places of its own machine:")
    yield Paragraph(yaml.safe_dump(spec, sort_keys=False, allow_unicode=True), Tone.CODE)
    yield Paragraph("With it, in an empty folder, what makes all of this again:")
    yield Paragraph(f"xlt run SPEC.yaml\nxlt report {facts.called}", Tone.CODE)


def origins(every: Sequence[SweepFacts]) -> Iterator[Table]:
    """Encoders, data and versions of sweeps, a table each."""
    yield Table(
        "encoders",
        "Encoders by content",
        tuple(map(Column, ("sweep", "encoder", "commit", "fingerprint"))),
        tuple(
            (facts.name, ref.name, ref.revision, ref.fingerprint)
            for facts in every
            for ref in facts.results.prepared.every_encoder
        ),
    )
    yield Table(
        "versions",
        "What computed it",
        (Column("sweep"), Column("name"), Column("version")),
        tuple((facts.name, *line) for facts in every for line in _versions(facts)),
    )
    yield Table(
        "data",
        "Data by content",
        (
            *map(Column, ("sweep", "source", "task", "language", "split")),
            Column("rows", Kind.COUNT),
            Column("fingerprint"),
        ),
        tuple(
            (facts.name, _source(facts), *cell, ref.rows, ref.fingerprint)
            for facts in every
            for cell, ref in sorted(facts.results.prepared.data.items())
        ),
        tuple(
            Shown(name, (name,))
            for name in ("sweep", "source", "task", "language", "split", "rows", "fingerprint")
        ),
    )


def _versions(facts: SweepFacts) -> Iterator[tuple[str, str]]:
    for commit in facts.commits:
        yield "commit of xlt", commit
    for name, versions in facts.versions.items():
        yield name, " and ".join(versions)


def _source(facts: SweepFacts) -> str:
    source = facts.results.prepared.source
    return f"{source.kind} {source.location}" if source.location else source.kind
