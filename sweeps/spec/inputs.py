"""The inputs of a sweep as preflight found them, and as its folder keeps them.

What stages and their keys follow from, without touching a file again (`trials`). Next: `prepare`,
which finds them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from pydantic import TypeAdapter

from sweeps.spec.paths import PREPARED, SweepFolder
from sweeps.spec.recipes import trains_on
from sweeps.spec.sweep import Sweep
from xlt_core.stages import PretrainStage
from xlt_core.tasks import get_task
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.languages import ENGLISH
from xlt_core.vocabulary.refs import DataRef, EncoderRef, SourceRef

Cell = tuple[str, str, str]
_ROOTS = TypeAdapter(dict[str, PretrainStage])


@dataclass(frozen=True)
class OverlapFlag:
    """An intermediate task that shares text with a target, and why."""

    intermediate: str
    target: str
    reason: str


@dataclass(frozen=True)
class ResolvedInputs:
    """What preflight found.

    Attributes:
        encoder: the sweep's; of several, the baseline's.
        encoders: of several, each by the name it has in the sweep.
        roots: the stages that pretrain encoders, by the encoder's name; none where it comes with
            its weights.
        data: every split that is trained on or evaluated, by (task, language, split).
        overlaps: intermediate tasks that share text with a target.
        notes: sentences for people on what the scores will and will not say.
    """

    encoder: EncoderRef
    source: SourceRef
    data: Mapping[Cell, DataRef] = field(hash=False)
    overlaps: tuple[OverlapFlag, ...] = ()
    notes: tuple[str, ...] = ()
    encoders: Mapping[str, EncoderRef] = field(default_factory=dict, hash=False)
    roots: Mapping[str, PretrainStage] = field(default_factory=dict, hash=False)

    def encoder_of(self, settings: Mapping[str, Any]) -> EncoderRef:
        """The encoder that a trial with these settings trains."""
        return self.encoders.get(settings.get("encoder", ""), self.encoder)

    def root_of(self, settings: Mapping[str, Any]) -> PretrainStage | None:
        """The stage that every plan of these settings begins with, where there is one."""
        return self.roots.get(self.encoder_of(settings).name)

    @property
    def every_encoder(self) -> tuple[EncoderRef, ...]:
        """All that there are to train, the baseline's first."""
        return tuple(self.encoders.values()) or (self.encoder,)

    def evaluated(self, task: str, split: str) -> tuple[DataRef, ...]:
        """The splits of a target that are scored, by language."""
        found = [ref for cell, ref in self.data.items() if (cell[0], cell[2]) == (task, split)]
        return tuple(sorted(found, key=lambda ref: ref.language))

    def beside(self, scored: DataRef) -> tuple[DataRef, ...]:
        """What an evaluation of a split reads with it, by role, then language."""
        return tuple(
            ref
            for role in get_task(scored.task).beside
            for ref in self.evaluated(scored.task, role.split)
            if role.all_languages or ref.language == scored.language
        )

    def asked_by(self, sweep: Sweep) -> ResolvedInputs:
        """Without the splits that `sweep` neither trains on nor scores."""
        steps = sweep.intermediate.tasks
        trained = {member.task for step in steps for member in step.members}
        trained |= {name for target in sweep.targets for name in trains_on(target.task)}
        scored = {target.task: target.languages for target in sweep.targets}

        def is_asked(cell: Cell) -> bool:
            task, language, split = cell
            if split == "train":
                return task in trained
            if task not in scored:
                return False
            if any(role.split == split and role.all_languages for role in get_task(task).beside):
                return True
            languages = scored[task]
            return languages is None or language in {*languages, ENGLISH}

        data = {cell: ref for cell, ref in self.data.items() if is_asked(cell)}
        return replace(self, data=data)

    def identity(self) -> dict[str, Any]:
        """Encoder and data by content: what must not change while a sweep goes on.

        The encoder's commit beside it: the same commit is the same content, however it was
        fingerprinted.
        """
        data = {"/".join(cell): ref.fingerprint for cell, ref in sorted(self.data.items())}
        encoder, several = self.encoder, [self._content(ref) for ref in self.encoders.values()]
        known = {"encoder": self._content(encoder), "commit": encoder.revision, "data": data}
        return known | ({"encoders": several} if several else {})

    def _content(self, encoder: EncoderRef) -> str:
        """What trials start from: the encoder, or what is made of it here."""
        root = self.roots.get(encoder.name)
        return encoder.identity if root is None else root.key


def write_prepared(folder: SweepFolder, prepared: ResolvedInputs) -> None:
    """Keep what preflight found in the sweep's folder, whole or not at all."""
    content = {
        "encoder": asdict(prepared.encoder),
        "source": asdict(prepared.source),
        "data": [asdict(ref) for ref in prepared.data.values()],
        "overlaps": [asdict(flag) for flag in prepared.overlaps],
        "notes": list(prepared.notes),
    }
    if prepared.encoders:
        content["encoders"] = {name: asdict(ref) for name, ref in prepared.encoders.items()}
    if prepared.roots:
        content["roots"] = _ROOTS.dump_python(dict(prepared.roots), mode="json")
    folder.files.write(PREPARED, json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def read_prepared(folder: SweepFolder) -> ResolvedInputs:
    """Read what `write_prepared` wrote.

    Raises:
        UserMistake: it is missing or cannot be read; running the spec again writes it anew.
    """
    try:
        content = json.loads(folder.files.read(PREPARED) or "")
        refs = [DataRef(**ref) for ref in content["data"]]
        source = content["source"]
        commits = tuple((repository, commit) for repository, commit in source.get("revisions", ()))
        return ResolvedInputs(
            encoder=EncoderRef(**content["encoder"]),
            source=SourceRef(source["kind"], source["location"], commits),
            data={(ref.task, ref.language, ref.split): ref for ref in refs},
            overlaps=tuple(OverlapFlag(**flag) for flag in content["overlaps"]),
            notes=tuple(content["notes"]),
            encoders={n: EncoderRef(**ref) for n, ref in content.get("encoders", {}).items()},
            roots=_ROOTS.validate_python(content.get("roots", {})),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        remedy = "delete it and run the spec again; finished stages and trials are kept"
        what = f"cannot be read: {type(error).__name__}"
        raise UserMistake(Mistake(folder.files.where(PREPARED), what, remedy)) from None


def planned(folder: SweepFolder) -> ResolvedInputs | None:
    """What a sweep was planned with; None where none was planned in `folder`."""
    return read_prepared(folder) if folder.files.has(PREPARED) else None
