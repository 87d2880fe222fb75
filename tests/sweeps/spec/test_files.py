"""A sweep's texts, in a folder here and at URLs: every kind of place keeps the same promises."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sweeps.spec import files as files_module
from sweeps.spec.desired_state import DesiredState, forget, request, requested, written
from sweeps.spec.files import Files
from sweeps.spec.identity import give_identity
from sweeps.spec.paths import OWN, SweepFolder, existing_sweeps, place_of
from tests.s3_server import serving
from xlt_core.vocabulary.errors import UserMistake


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture(params=["local", "memory", "s3"])
def new_runs(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """A function that names a place for sweeps where nothing is yet."""

    def name() -> str:
        if request.param == "local":
            return str(tmp_path / uuid.uuid4().hex)
        if request.param == "memory":
            return f"memory://{uuid.uuid4().hex}"
        return f"{request.getfixturevalue('s3')}/{uuid.uuid4().hex}"

    return name


@pytest.fixture
def folder(new_runs: Callable[[], str]) -> SweepFolder:
    """A sweep's folder where nothing is yet, its runs folder apart."""
    runs = place_of(new_runs())
    if isinstance(runs, Path):
        (runs / "one").mkdir(parents=True)
    return SweepFolder.named("one", runs)


@pytest.fixture
def files(folder: SweepFolder) -> Files:
    return folder.files


class TestForeign:
    def test_what_no_sweep_has_put_there(self, folder: SweepFolder):
        """By name, folders too; a sweep's own names and what hides are left out."""
        assert folder.foreign == ()
        for name in (*OWN, ".gitkeep", "thesis.tex", "data/rows.tsv"):
            folder.files.write(name, "x")
        assert folder.foreign == ("data", "thesis.tex")


class TestTexts:
    def test_what_is_not_there(self, files: Files):
        assert files.read("id") is None
        assert not files.has("id")
        assert files.read_from("events.jsonl", 0) == ("", 0)
        files.remove("id")

    def test_a_text_is_written_replaced_and_removed(self, files: Files):
        for text in ("eins\nzwei", "ümlaut \u2028", ""):
            files.write("spec.yaml", text)
            assert files.read("spec.yaml") == text
            assert files.has("spec.yaml")
        files.remove("spec.yaml")
        assert files.read("spec.yaml") is None

    def test_it_is_named_by_its_place(self, files: Files, folder: SweepFolder):
        assert files.where("id") == f"{folder.place}/id"


class TestGrowing:
    def test_lines_come_one_behind_the_other(self, files: Files):
        """Also after those of an earlier writer; a reader goes on from where it was."""
        place, seen = 0, ""
        for _ in range(2):
            text = files.appender("events.jsonl")
            for line in (b"a\n", b"b\nc\n"):
                text.append(line)
                new, place = files.read_from("events.jsonl", place)
                seen += new
            text.close()
        assert seen == "a\nb\nc\n" * 2
        assert files.read_from("events.jsonl", 0) == (seen, len(seen))
        assert files.has("events.jsonl")

    def test_a_line_that_is_not_whole_waits(self, files: Files):
        text = files.appender("events.jsonl")
        text.append(b"a\nb")
        assert files.read_from("events.jsonl", 0) == ("a\n", 2)
        text.append(b"c\n")
        assert files.read_from("events.jsonl", 2) == ("bc\n", 5)

    @settings(
        suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None
    )
    @given(
        writers=st.lists(st.lists(st.integers(1, 9), max_size=4), max_size=3),
        part=st.integers(1, 12),
        cut=st.integers(0, 40),
    )
    def test_in_whatever_parts_it_is_kept(
        self, new_runs: Callable[[], str], writers: list[list[int]], part: int, cut: int
    ):
        """Read from any line on, it is what was written."""
        place = place_of(new_runs())
        if isinstance(place, Path):
            place.mkdir()
        files, whole = SweepFolder(place).files, b""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(files_module, "PART_BYTES", part)
            for lengths in writers:
                text = files.appender("events.jsonl")
                for length in lengths:
                    line = b"x" * (length - 1) + b"\n"
                    text.append(line)
                    whole += line
                text.close()
        start = whole.rfind(b"\n", 0, cut) + 1
        assert files.read_from("events.jsonl", start) == (whole[start:].decode(), len(whole))


class TestSweeps:
    def test_those_that_were_begun_are_found(self, folder: SweepFolder):
        assert existing_sweeps(folder.runs) == ()
        for name in ("two", "one"):
            SweepFolder.named(name, folder.runs).files.write("spec.yaml", "x")
        SweepFolder.named("three", folder.runs).files.write("id", "x")
        assert [found.name for found in existing_sweeps(folder.runs)] == ["one", "two"]

    def test_a_request_is_heard_until_it_is_forgotten(self, folder: SweepFolder):
        assert requested(folder) == DesiredState.RUN
        for desired in DesiredState:
            request(folder, desired)
            assert requested(folder) == desired
        folder.files.write("control", "dance\n")
        assert requested(folder) == DesiredState.RUN
        request(folder, DesiredState.STOP)
        before = written(folder)
        request(folder, DesiredState.STOP)  # the same again, meant for whoever comes next
        forget(folder, before)
        assert requested(folder) == DesiredState.STOP
        forget(folder, written(folder))
        assert requested(folder) == DesiredState.RUN

    def test_an_identity_is_given_once(self, folder: SweepFolder):
        assert folder.identity == ""
        assert give_identity(folder) == give_identity(folder) == folder.identity != ""

    def test_what_belongs_to_it_here_is_its_own(self, folder: SweepFolder):
        """Two sweeps of one name at two URLs share no lock and no spool."""
        other = SweepFolder.named("one", place_of("memory://elsewhere"))
        assert folder.path != other.path
        assert folder.path.name.startswith("one")

    def test_a_url_of_no_kind_is_refused(self):
        with pytest.raises(UserMistake, match="gopher"):
            place_of("gopher://host/runs")
