"""Members as somebody else writes them, in no table of ours: good ones, and one broken of each."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import Any

from sweeps.search.candidates import Candidates
from sweeps.search.loop import SearchLoop
from sweeps.search.proposal import Proposal
from sweeps.search.samplers.grid import Grid
from sweeps.search.settings import Settings
from sweeps.search.trial import TrialResult, TrialState
from sweeps.search.trials import MemoryTrials
from sweeps.search.view import View
from sweeps.spec.methods import SearchMethod
from xlt_core.kinds.regression import Regression
from xlt_core.store.manifest import FileSeal, Manifest, measure_stream
from xlt_core.tasks import Task
from xlt_core.tasks.layout import (
    ALL_SPLITS,
    THREE_TSV_FILES,
    FolderLayout,
    HubLayout,
    HubTable,
    TableForm,
    english,
)
from xlt_core.vocabulary.plan import Plan

# A task


def weather(**fields: Any) -> Task:
    return Task(
        **{
            "name": "weather",
            "kind": "classification",
            "title": "what the sky does",
            "languages": ("en",),
            "metric": "accuracy",
            "labels": ("rain", "sun"),
            "defaults": {"epochs": 3},
            "folder": FolderLayout(
                THREE_TSV_FILES, TableForm(("id", "text", "label"), ("text",), True)
            ),
            "hub": HubLayout(english("me/weather"), ALL_SPLITS, HubTable(("text",))),
            "source": "made up for this test",
            **fields,
        }
    )


WEATHER = weather()
BROKEN_TASK = weather(languages=("sw", "en"), labels=("rain", "rain"))

# A kind of task


class Absolute(Regression):
    """A number, learnt by absolute error."""

    name = "absolute"

    @property
    def learning(self) -> Any:
        from torch.nn.functional import l1_loss

        from xlt_core.kinds.regression.learning import RegressionLearning

        class Learning(RegressionLearning):
            def loss(self, logits, batch):
                return l1_loss(logits[:, 0], batch["labels"], reduction=self.reduction)

        made = Learning()
        made.reduction = self.reduction
        return made

    reduction = "sum"


class Averaged(Absolute):
    """Broken: the mean of a part is said, so that parts do not add up."""

    reduction = "mean"


# A method of search


class Backwards(Grid):
    """Every candidate, the last one first."""

    def propose(self, number: int, view: View, attempt: int = 0) -> tuple[Plan, Settings]:
        return view.candidates.unrank(max(0, view.candidates.size - number))


class Whims(Grid):
    """Broken: draws from the process's own chances, which no seed decides."""

    def propose(self, number: int, view: View, attempt: int = 0) -> tuple[Plan, Settings]:
        return view.candidates.unrank(random.randrange(view.candidates.size))


BACKWARDS = SearchMethod("members:Backwards", exhaustive=True, fractions=False)
WHIMS = SearchMethod("members:Whims", fractions=False)

# Who keeps trials


class PlainTrials(MemoryTrials):
    """As plain values, as if they had been written down."""

    def insert(self, proposal: Proposal, candidates: Candidates) -> None:
        kept = Proposal(proposal.number, Plan.parse(str(proposal.plan)), dict(proposal.settings))
        super().insert(kept, candidates)


class LastWord(MemoryTrials):
    """Broken: who tells last is believed."""

    def tell(self, number: int, result: TrialResult) -> bool:
        self._trials[number] = replace(self._trials[number], state=TrialState.RUNNING)
        return super().tell(number, result)


# What works on trials


class Threads:
    """Three at once, each in a thread."""

    def __init__(self, work: Callable[[Proposal], TrialResult]) -> None:
        self._work = work

    def run(self, loop: SearchLoop) -> None:
        under_way: dict[Future[TrialResult], int] = {}
        with ThreadPoolExecutor(3) as pool:
            while True:
                proposal = loop.next() if len(under_way) < 3 else None
                if isinstance(proposal, Proposal):
                    under_way[pool.submit(self._work, proposal)] = proposal.number
                elif under_way:
                    for done in wait(under_way, return_when=FIRST_COMPLETED).done:
                        loop.complete(under_way.pop(done), done.result())
                else:
                    return


class Hasty(Threads):
    """Broken: leaves when nothing is handed out for now, and what is under way behind."""

    def run(self, loop: SearchLoop) -> None:
        handed: list[Proposal] = []
        while isinstance(proposal := loop.next(), Proposal):
            handed.append(proposal)
            if len(handed) > 1:
                first = handed.pop(0)
                loop.complete(first.number, self._work(first))


# A place for stores

_WORLD: dict[str, dict[str, bytes]] = {}
_lock = threading.RLock()


class Bin:
    """A store in this process's memory, one dictionary a URL."""

    def __init__(self, url: str, scratch: Path) -> None:
        self.drafts = scratch / "drafts"
        self._fetched = scratch / "fetched"
        self._blobs = _WORLD.setdefault(url, {})
        self._marks = _WORLD.setdefault(f"{url} marks", {})

    def check(self) -> None:
        self.remove("probe")

    def get(self, path: str) -> bytes | None:
        return self._blobs.get(path)

    def get_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        return {path: self._blobs[path] for path in paths if path in self._blobs}

    def get_sealed(self, seals: Mapping[str, FileSeal]) -> dict[str, bytes]:
        return self.get_many(seals)

    def put(self, path: str, data: bytes) -> None:
        self._blobs[path] = data

    def create(self, path: str, data: bytes) -> bool:
        with _lock:
            return self._blobs.setdefault(path, data) is data

    def append(self, path: str, line: str) -> None:
        with _lock:
            self._blobs[path] = self._blobs.get(path, b"") + f"{line}\n".encode()

    def remove(self, path: str) -> None:
        self._blobs.pop(path, None)

    def remove_folder(self, path: str) -> None:
        with _lock:
            for name in self._below(path):
                self.remove(f"{path}/{name}")

    def names(self, path: str) -> list[str]:
        return sorted({name.partition("/")[0] for name in self._below(path)})

    def has(self, path: str, sizes: Mapping[str, int]) -> bool:
        return all(len(self._blobs.get(f"{path}/{n}", b"")) == size for n, size in sizes.items())

    def have(self, wanted: Mapping[str, Mapping[str, int]]) -> set[str]:
        return {path for path, sizes in wanted.items() if self.has(path, sizes)}

    def fetch(self, path: str, *, again: bool = False) -> Path:
        if path not in self._blobs:
            raise FileNotFoundError(path)
        copy = self._fetched / path
        if again or not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(self._blobs[path])
        return copy

    def publish(self, folder: Path, path: str, manifest: Manifest, *, durable: bool) -> bool:
        with _lock:
            if self._below(path):
                return False
            for name in manifest.files:
                self.put(f"{path}/{name}", (folder / name).read_bytes())
            self.put(f"{path}/manifest.json", manifest.to_bytes())
            self._marks[path] = f"{random.random()}".encode()
            return True

    def mark(self, path: str) -> str | None:
        return self._marks.get(path, b"put").decode() if self._below(path) else None

    def set_aside(self, path: str, to: str, mark: str) -> bool:
        with _lock:
            if self.mark(path) != mark:
                return False
            for name in self._below(path):
                self.put(f"{to}/{name}", self._blobs.pop(f"{path}/{name}"))
            return True

    def age(self, path: str) -> float | None:
        return 0.0 if self._below(path) else None

    def measure(self, path: str, size: int) -> FileSeal | None:
        return (
            measure_stream(self.fetch(path, again=True).open("rb")) if path in self._blobs else None
        )

    def orphans(self, path: str) -> list[str]:
        return []

    def _below(self, path: str) -> list[str]:
        folder = f"{path}/" if path else ""
        with _lock:
            return [name[len(folder) :] for name in self._blobs if name.startswith(folder)]


class OpenBin(Bin):
    """Broken: who comes second is let in, and the first is thrown out."""

    def publish(self, folder: Path, path: str, manifest: Manifest, *, durable: bool) -> bool:
        with _lock:
            self.remove_folder(path)
            return super().publish(folder, path, manifest, durable=durable)
