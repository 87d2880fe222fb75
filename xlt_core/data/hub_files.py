"""Files of one repository of the hub at one commit: fetched once, and whole or refused.

A branch is resolved when a sweep is planned; from then on its commit is asked for. Where the hub
has lost that commit (a converted branch is squashed when it is rebuilt), the branch's head is
fetched instead and `Fetched.note` says so: whoever knows the content decides whether it will do.
`huggingface_hub` fetches, so its cache, its tokens, HF_ENDPOINT and HF_HUB_OFFLINE hold.
Neighbours: `hub` (data), `xlt_core.models.hub_encoders` (encoders).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

from xlt_core.vocabulary.errors import Mistake, NotReached, UserMistake
from xlt_core.vocabulary.lines import in_short

log = logging.getLogger(__name__)
UNREACHED = (
    "check the connection, HF_HUB_OFFLINE and (for gated repositories) HF_TOKEN; without a "
    "connection use data: {folder: …} or data: lab, and a folder as encoder"
)


@dataclass(frozen=True)
class Wanted:
    """Which files of which repository.

    Attributes:
        kind: `dataset` or `model`.
        patterns: globs of the files wanted.
        commit: the commit that was planned; None to resolve `branch`.
        shows_gaps: whether the files themselves tell if one is missing that is needed. Those of
            an encoder do; shards of Parquet do not, and are taken only where the list of all files
            is known.
    """

    repo: str
    kind: str
    branch: str
    patterns: tuple[str, ...]
    commit: str | None = None
    shows_gaps: bool = False

    @property
    def shown(self) -> str:
        """What a mistake calls it."""
        return f"hub {'data set' if self.kind == 'dataset' else self.kind} {self.repo}"


@dataclass(frozen=True)
class Fetched:
    """Files on this machine.

    Attributes:
        commit: where they are from.
        files: paths below `folder`, sorted.
        there: all paths of the commit; empty where the list could not be had.
        note: a sentence for people where another commit was taken than the one wanted.
    """

    folder: Path
    commit: str
    files: tuple[str, ...]
    there: tuple[str, ...] = ()
    note: str = ""

    def matching(self, pattern: str) -> list[Path]:
        """Paths of the files that match a glob, sorted."""
        return [self.folder / name for name in self.files if fnmatch(name, pattern)]


def reach() -> None:
    """Raise UserMistake, at once, where the hub does not answer."""
    from huggingface_hub import constants, get_session

    try:
        get_session().head(constants.ENDPOINT, timeout=10)
    except _faults() as error:
        cause = in_short(error)
        remedy = "this needs a connection: check it, HF_HUB_OFFLINE and HF_ENDPOINT"
        raise UserMistake(
            Mistake(f"the hub ({constants.ENDPOINT})", f"is not reached: {cause}", remedy)
        ) from None


def fetch(wanted: Wanted) -> Fetched:
    """The files, from the cache or the hub; none may match.

    Raises:
        UserMistake: they cannot be had, or the cache holds only some of them.
        NotReached: the same, but the hub may answer another time.
    """
    from huggingface_hub.errors import RevisionNotFoundError

    try:
        return _at(wanted, wanted.commit or wanted.branch)
    except RevisionNotFoundError as gone:
        if wanted.commit is None:
            raise UserMistake(_unreachable(wanted, gone)) from gone
    found = _at_head(wanted)
    note = (
        f"{wanted.repo}: commit {wanted.commit[:12]} is gone from the hub; "
        f"{wanted.branch} is at {found.commit[:12]} now"
    )
    log.warning("%s", note)
    return replace(found, note=note)


def _at_head(wanted: Wanted) -> Fetched:
    from huggingface_hub.errors import RevisionNotFoundError

    try:
        return _at(wanted, wanted.branch)
    except RevisionNotFoundError as gone:
        raise UserMistake(_unreachable(wanted, gone)) from gone


def _at(wanted: Wanted, revision: str) -> Fetched:
    folder = _downloaded(wanted, revision)
    listed = _listing(wanted, folder.name)
    if listed is None:
        names = [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
        names = [name for name in _matching(names, wanted.patterns) if (folder / name).is_file()]
        if names and not wanted.shows_gaps:
            raise UserMistake(_of_unknown_extent(wanted, folder.name))
        return Fetched(folder, folder.name, tuple(names))
    names = _matching(listed, wanted.patterns)
    if wanted.shows_gaps:  # a file that was never needed may be missing
        names = [name for name in names if (folder / name).is_file()]
    torn = [name for name in names if not _is_whole(folder / name, listed[name])]
    if torn:
        raise UserMistake(_not_whole(wanted, folder, torn))
    return Fetched(folder, folder.name, tuple(names), tuple(listed))


def _downloaded(wanted: Wanted, revision: str) -> Path:
    """The snapshot's folder. Raises RevisionNotFoundError where the hub has no such revision."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import IncompleteSnapshotError, RevisionNotFoundError

    def download(cached: bool) -> Path:
        return Path(
            snapshot_download(
                wanted.repo,
                repo_type=wanted.kind,
                revision=revision,
                allow_patterns=list(wanted.patterns),
                local_files_only=cached,
            )
        )

    faults = _faults()
    try:
        return download(cached=False)
    except RevisionNotFoundError:
        raise
    except faults as error:
        try:  # where the cache cannot be written or the server fails, all may be there
            return download(cached=True)
        except IncompleteSnapshotError as incomplete:
            if wanted.shows_gaps and incomplete.snapshot_path:
                return Path(incomplete.snapshot_path)
            raise _class_of(error)(_in_part(wanted)) from incomplete
        except faults:
            raise _class_of(error)(_unreachable(wanted, error)) from error


def _faults() -> tuple[type[Exception], ...]:
    """What fetching may raise."""
    return (_http_error(), OSError, ValueError, RuntimeError)


def _http_error() -> type[Exception]:
    """The base of what the hub's HTTP library raises, whichever it is; no OSError."""
    from huggingface_hub import errors

    found: type[Exception] = vars(errors)["HTTPError"]
    return found


def _class_of(error: Exception) -> type[UserMistake]:
    """`NotReached` for what another try may mend; a refusal and a wish to stay offline last."""
    from huggingface_hub import constants, errors

    if constants.is_offline_mode():
        return UserMistake
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, errors.HfHubHTTPError) and link.response is not None:
            status = link.response.status_code
            return NotReached if status == 429 or status >= 500 else UserMistake
        if isinstance(link, _http_error()):
            return NotReached
        link = link.__cause__
    return UserMistake


def _listing(wanted: Wanted, commit: str) -> Mapping[str, int] | None:
    """All files of the commit and their sizes; None where neither cache nor hub can tell."""
    from huggingface_hub import HfApi, get_cached_repo_tree
    from huggingface_hub.errors import CachedRepoTreeNotFoundError
    from huggingface_hub.hf_api import RepoFile

    try:
        tree = get_cached_repo_tree(wanted.repo, repo_type=wanted.kind, revision=commit)
    except CachedRepoTreeNotFoundError:
        try:
            found = HfApi().list_repo_tree(
                wanted.repo, recursive=True, revision=commit, repo_type=wanted.kind
            )
            tree = [entry for entry in found if isinstance(entry, RepoFile)]
        except _faults() as error:
            if not wanted.shows_gaps and _class_of(error) is NotReached:
                raise NotReached(_unreachable(wanted, error)) from error
            return None
    return {file.path: file.size for file in sorted(tree, key=lambda file: file.path)}


def _matching(names: Iterable[str], patterns: Iterable[str]) -> list[str]:
    return sorted(name for name in names if any(fnmatch(name, pattern) for pattern in patterns))


def _is_whole(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _unreachable(wanted: Wanted, error: Exception) -> Mistake:
    cause = in_short(error)
    return Mistake(wanted.shown, f"{wanted.patterns[0]} cannot be had: {cause}", UNREACHED)


def _of_unknown_extent(wanted: Wanted, commit: str) -> Mistake:
    return Mistake(
        wanted.shown,
        f"the cache holds files {wanted.patterns[0]} at {commit[:12]}, but not the list that says "
        "whether these are all",
        "read it once with a connection (`xlt plan` or `xlt doctor --hub`), which keeps the list "
        "beside them",
    )


def _in_part(wanted: Wanted) -> Mistake:
    return Mistake(
        wanted.shown,
        f"the cache holds only a part of {wanted.patterns[0]}, and the hub is not reached",
        "read it once with a connection",
    )


def _not_whole(wanted: Wanted, folder: Path, torn: list[str]) -> Mistake:
    more = f" and {len(torn) - 1} more" if len(torn) > 1 else ""
    return Mistake(
        wanted.shown,
        f"the cache holds only a part: {torn[0]}{more} is missing or cut short",
        f"delete what is left of it below {folder} and read it once with a connection",
    )


def cached_folder(repo: str, kind: str, revision: str) -> Path | None:
    """Where the cache has files of a repository (`dataset`, `model`) at a commit or branch; None
    where it has none. Asks nobody."""
    from huggingface_hub.constants import HF_HUB_CACHE
    from huggingface_hub.file_download import repo_folder_name

    home = Path(HF_HUB_CACHE) / repo_folder_name(repo_id=repo, repo_type=kind)
    branch = home / "refs" / revision
    commit = branch.read_text(encoding="utf-8").strip() if branch.is_file() else revision
    folder = home / "snapshots" / commit
    return folder if folder.is_dir() else None
