"""The data sets of a sweep as MLflow's inputs: one a task and split, with fingerprints. Pure."""

from __future__ import annotations

import json
from collections import defaultdict

from sweeps.spec.inputs import ResolvedInputs
from sweeps.tracking.records import DataInput
from xlt_core.vocabulary.fingerprint import fingerprint
from xlt_core.vocabulary.refs import DataRef


def inputs_of(prepared: ResolvedInputs) -> tuple[DataInput, ...]:
    """What the sweep trains on and scores, by task and split, in order of names."""
    found: dict[tuple[str, str], list[DataRef]] = defaultdict(list)
    for _, ref in sorted(prepared.data.items()):
        found[ref.task, ref.split].append(ref)
    source = prepared.source
    place = f"{source.kind}: {source.location}" if source.location else source.kind
    return tuple(
        DataInput(
            name=task,
            digest=fingerprint([[ref.language, ref.fingerprint] for ref in refs])[:16],
            context=split,
            source=place,
            profile=json.dumps(
                {ref.language: {"rows": ref.rows, "fingerprint": ref.fingerprint} for ref in refs}
            ),
        )
        for (task, split), refs in sorted(found.items())
    )
