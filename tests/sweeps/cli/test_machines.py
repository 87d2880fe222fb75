"""Odd machines: `xlt` in a process of its own works, or says on one screen what is wrong."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sweeps.cli.faults import SCREEN
from tests.small_hub import give_up_override

ROOT = Path(__file__).parents[3]
XLT = "import sys; from sweeps.cli.main import main; main()"
LISTINGS = {
    "tasks": (0, "tasks"),
    "languages": (0, "languages", "--json"),
    "models": (0, "models"),
    "status": (0, "status"),
    "status of one": (0, "status", "made", "--json"),
    "results": (0, "results", "made"),
    "logs": (0, "logs", "made"),
    "store": (0, "store", "ls"),
    "damage": (1, "store", "verify"),
    "help": (0, "--help"),
}


@pytest.fixture
def place(tmp_path, made_once):
    """A folder with a finished sweep, one of its stages damaged, and its spec."""
    shutil.copytree(made_once.folder.runs, tmp_path / "runs")
    shutil.copy(made_once.spec, tmp_path / "spec.yaml")
    (tmp_path / "home").mkdir()
    victim = next((tmp_path / "runs" / "stages").glob("*/*/scores.json"))
    victim.write_text("{}")
    return tmp_path


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-c", XLT, *arguments]


def environment(place: Path, **changes: str | None) -> dict[str, str]:
    """Ours, with a home and a Python path of its own; None takes a variable out."""
    kept = {**os.environ, "HOME": str(place / "home"), "PYTHONPATH": str(ROOT)}
    kept |= {"XLT_CACHE": os.environ.get("XLT_CACHE") or str(Path.home() / ".cache" / "xlt")}
    kept.pop("XLT_RUNS", None)
    kept.pop("COLUMNS", None)
    return {name: value for name, value in (kept | changes).items() if value is not None}


def run(place: Path, *arguments: str, bound: bool = False, cwd: Path | None = None, **changes):
    """`bound`: permissions bind it even where we are root."""
    return subprocess.run(
        command(*arguments),
        cwd=cwd or place,
        env=environment(place, **changes),
        capture_output=True,
        check=False,
        preexec_fn=give_up_override if bound else None,
    )


def shell(place: Path, line: str, **changes) -> tuple[int, str]:
    """How `$XLT …` in a shell's line ended, and all that was said."""
    xlt = shlex.join(command())
    done = subprocess.run(
        ["bash", "-c", line.replace("$XLT", xlt)],
        cwd=place,
        env=environment(place, **changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.returncode, done.stdout.decode("utf-8")


def assert_one_screen(code: int, text: str, *words: str) -> None:
    assert code == 2, text
    assert "Traceback" not in text and "did not expect" not in text, text
    assert len(text.splitlines()) <= SCREEN
    for word in words:
        assert word in text


class TestStreams:
    """What stands at the other end of stdout and stderr changes neither results nor exit codes."""

    @pytest.mark.parametrize("name", LISTINGS)
    def test_a_reader_that_leaves_changes_no_exit_code(self, place, name):
        """1 means failed trials or damage, and nothing else."""
        code, *arguments = LISTINGS[name]
        reading, writing = os.pipe()
        os.close(reading)  # gone before the first word
        done = subprocess.run(
            command(*arguments),
            cwd=place,
            env=environment(place),
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
        )
        os.close(writing)
        assert done.returncode == code
        assert b"Traceback" not in done.stderr and b"Exception" not in done.stderr
        assert b"did not expect" not in done.stderr

    @pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
    def test_closed_streams(self, place, closed):
        """Nobody listens: the command does its work, and no file of ours becomes a stream."""
        code, text = shell(place, f"$XLT results made --json -o out.json {closed}")
        assert code == 0 and "Traceback" not in text
        assert len(json.loads((place / "out.json").read_text())) > 0

    @pytest.mark.parametrize("words", ["status", "results made", "tasks"])
    def test_results_to_nobody(self, place, words):
        """Standard output is closed: its number is nobody else's, and there is no error."""
        code, text = shell(place, f"$XLT {words} >&-")
        assert code == 0 and "Errno" not in text, text

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
    @pytest.mark.parametrize("options", ["", "--json"])
    def test_results_without_room(self, place, options):
        code, text = shell(place, f"$XLT results made {options} > /dev/full")
        assert_one_screen(code, text, "standard output", "No space left")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
    def test_words_to_people_without_room(self, place):
        assert shell(place, "$XLT status nowhere 2> /dev/full") == (2, "")

    @pytest.mark.parametrize("encoding", ["ascii:strict", "latin-1"])
    def test_an_encoding_without_our_characters(self, place, encoding):
        """Tables and help are shown, and JSON stays JSON."""
        said = {"kind": "message", "at": 1.0, "text": "서울 é 🙂"}
        with (place / "runs" / "made" / "events.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(said, ensure_ascii=False) + "\n")
        logs = run(place, "logs", "made", "--json", PYTHONIOENCODING=encoding)
        assert logs.returncode == 0, logs.stderr
        assert json.loads(logs.stdout.splitlines()[-1])["text"] == said["text"]
        for arguments in (["results", "made"], ["status", "nowhere"]):
            done = run(place, *arguments, PYTHONIOENCODING=encoding, LC_ALL="C")
            assert done.returncode == (2 if "nowhere" in arguments else 0), done.stderr

    def test_a_dumb_terminal(self, place):
        assert run(place, "status", TERM="dumb").returncode == 0

    def test_no_follower_stays_whose_reader_has_left(self, place):
        """A driver that holds the sweep's lock keeps `--follow` waiting, but not for nobody."""
        import filelock

        with filelock.FileLock(place / "runs" / "made" / "lock"):
            code, text = shell(place, "$XLT logs made --follow | true; echo ${PIPESTATUS[0]}")
        assert (code, text) == (0, "0\n")


FORBIDDEN = {
    "sweeps": ("runs", ["status"]),
    "sweep's folder": ("runs/made", ["status", "made"]),
    "its spec": ("runs/made/spec.yaml", ["results", "made"]),
    "its data": ("runs/made/prepared.json", ["status", "made"]),
    "its study": ("runs/made/study.db", ["results", "made"]),
    "its journal": ("runs/made/events.jsonl", ["logs", "made"]),
    "store": ("runs/stages", ["store", "ls"]),
    "store of a sweep": ("runs/stages", ["results", "made"]),
    "spec": ("spec.yaml", ["plan", "spec.yaml"]),
    "data": ("data/xnli", ["plan", "data.yaml"]),
    "encoder": ("encoder/config.json", ["plan", "encoder.yaml"]),
}


class TestPlaces:
    """Files and folders that may not be read or written, are not there, or lead nowhere."""

    @pytest.mark.parametrize("name", FORBIDDEN)
    def test_what_may_not_be_read(self, place, name):
        path, arguments = FORBIDDEN[name]
        _own_data_and_encoder(place)
        (place / path).chmod(0)
        try:
            done = run(place, *arguments, bound=True)
        finally:
            (place / path).chmod(0o755)
        assert_one_screen(done.returncode, done.stderr.decode(), Path(path).name)

    def test_looking_needs_no_right_to_write(self, place):
        """Somebody else's sweeps, which a lock's file belongs to."""
        run(place, "store", "verify", "--yes")
        (place / "runs" / "made" / "lock").touch()
        paths = [place / "runs", *(place / "runs").rglob("*")]
        for path in paths:
            path.chmod(0o555 if path.is_dir() else 0o444)
        try:
            for arguments in (
                ["status"],
                ["status", "made"],
                ["results", "made"],
                ["logs", "made"],
            ):
                done = run(place, *arguments, bound=True)
                assert done.returncode == 0 and b"made" in done.stdout, done.stderr
            assert run(place, "store", "ls", bound=True).returncode == 0
        finally:
            for path in paths:
                path.chmod(0o755)

    def test_one_sweep_that_may_not_be_read_hides_no_other(self, place):
        (place / "runs" / "other").mkdir(mode=0)
        done = run(place, "status", "--json", bound=True)
        assert [one["name"] for one in json.loads(done.stdout)] == ["made"]
        assert b"other" in done.stderr and done.returncode == 0

    def test_a_folder_that_takes_nothing(self, place):
        """It is said before Ray starts."""
        shutil.rmtree(place / "runs")
        place.chmod(0o555)
        try:
            done = run(place, "run", "spec.yaml", bound=True)
        finally:
            place.chmod(0o755)
        assert_one_screen(done.returncode, done.stderr.decode(), "annot be written")

    def test_a_cache_alone_that_takes_nothing(self, place):
        """Else each stage would meet it, as a machine's fault, again and again."""
        cache = place / "runs" / "cache"
        shutil.rmtree(cache, ignore_errors=True)
        cache.mkdir(mode=0o555)
        done = run(place, "run", "spec.yaml", bound=True)
        cache.chmod(0o755)
        assert_one_screen(done.returncode, done.stderr.decode(), str(cache))

    def test_a_home_and_caches_that_take_nothing(self, place):
        (place / "home").chmod(0o555)
        done = run(place, "plan", "spec.yaml", bound=True, HOME=str(place / "home"))
        assert done.returncode == 0, done.stderr

    def test_no_home(self, place):
        assert run(place, "status", HOME=None).returncode == 0

    def test_a_home_that_nobody_knows(self, place):
        done = run(place, "status", XLT_RUNS="~nobody-of-that-name/runs")
        assert_one_screen(done.returncode, done.stderr.decode(), "home")

    def test_a_tilde_is_the_home(self, place):
        """In the environment and behind a `=`, where no shell replaces it."""
        (place / "runs").rename(place / "home" / "x")
        done = run(place, "status", "--json", XLT_RUNS="~/x")
        assert [one["name"] for one in json.loads(done.stdout)] == ["made"]
        done = run(place, "results", "made", "--output=~/found.txt", XLT_RUNS="~/x")
        assert done.returncode == 0 and (place / "home" / "found.txt").is_file()
        shutil.copy(place / "spec.yaml", place / "home")
        for arguments in (["results", "~/x/made"], ["plan", "~/spec.yaml"]):  # quoted
            assert run(place, *arguments).returncode == 0
        done = run(place, "store", "ls", "--store=~/x/stages")
        assert done.returncode == 0
        assert not (place / "~").exists()

    @pytest.mark.parametrize("arguments", [["plan", "../spec.yaml"], ["status"], ["store", "ls"]])
    def test_a_current_folder_that_is_gone(self, place, arguments):
        line = f"mkdir gone && cd gone && rmdir ../gone && $XLT {shlex.join(arguments)}"
        code, text = shell(place, line)
        if code != 0:
            assert_one_screen(code, text, "current folder")

    @pytest.mark.parametrize(
        "arguments",
        [
            ["plan", "loop"],
            ["status", "loop"],
            ["store", "ls", "--store", "loop"],
            ["results", "made", "-o", "loop"],
        ],
    )
    def test_links_that_lead_in_a_circle(self, place, arguments):
        (place / "loop").symlink_to("loop")
        done = run(place, *arguments)
        assert_one_screen(done.returncode, done.stderr.decode(), "loop")


class TestPrograms:
    """Ports, helper processes, and commands that are shown to copy."""

    def test_a_port_in_use(self, place):
        (place / "runs" / "mlflow.db").touch()
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = str(server.getsockname()[1])
            done = run(place, "ui", "--port", port)
        assert_one_screen(done.returncode, done.stderr.decode(), f"--port {port}", "in use")

    @pytest.mark.fault
    def test_the_servers_of_the_ui_import_no_module_of_the_user(self, place):
        """Not by the server's own way of looking in the current folder first, either."""
        (place / "runs" / "mlflow.db").touch()
        (place / "random.py").write_text("raise SystemExit('the user’s own')\n")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = str(free.getsockname()[1])
        with subprocess.Popen(
            command("ui", "--port", port),
            cwd=place,
            env=environment(place),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as server:
            try:
                said = (line for line in server.stderr if "own" in line or "complete" in line)
                assert "startup complete" in next(said)
            finally:
                os.killpg(server.pid, signal.SIGKILL)

    @pytest.mark.parametrize("module", ["sweeps", "sweeps.cli.main"])
    def test_a_users_own_modules_are_not_ours(self, place, module):
        """Neither `xlt` itself, as a module or a script, nor what it starts imports them."""
        for name in ("queue", "random", "colorsys"):
            (place / f"{name}.py").write_text("raise SystemExit('the user’s own')\n")
        start = ["-m", "sweeps"] if module == "sweeps" else ["-P", "-c", XLT]
        done = subprocess.run(
            [sys.executable, *start, "status", "--json"],
            cwd=place,
            env=environment(place),
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)[0]["name"] == "made"

    def test_whatever_is_started_imports_no_module_of_the_user(self, place):
        (place / "random.py").write_text("raise SystemExit('the user’s own')\n")
        script = (
            "import subprocess, sys; import sweeps.cli.main as cli, sweeps.cli.app as commands;"
            "commands.app = lambda prog_name: sys.exit(subprocess.call("
            "[sys.executable, '-c', 'import random']));"
            "cli.main()"
        )
        done = subprocess.run(
            [sys.executable, "-P", "-c", script],
            cwd=place,
            env=environment(place, PYTHONSAFEPATH=None),
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def test_commands_to_copy_are_words_of_a_shell(self, place):
        """A folder with blanks and quotes in its name is found again by what was shown."""
        odd = place / "it's a folder"
        (place / "runs").rename(odd)
        done = run(place, "stop", "it's a folder/made")
        assert done.returncode == 2
        shown = done.stderr.decode().partition("`")[2].partition("`")[0]
        program, *arguments = shlex.split(shown)
        assert program == "xlt" and run(place, *arguments).returncode == 0


def _own_data_and_encoder(place: Path) -> None:
    """A folder of data and an encoder, and specs that name them."""
    (place / "data" / "xnli").mkdir(parents=True)
    (place / "encoder").mkdir()
    (place / "encoder" / "config.json").write_text("{}")
    alone = "intermediate: {tasks: [], count: 0}\n"
    data = "data: {folder: data}\nencoder: lab-small\ntargets: [xnli]\n"
    encoder = "data: lab\nencoder: ./encoder\ntargets: [lab-nli]\n"
    (place / "data.yaml").write_text(data + alone)
    (place / "encoder.yaml").write_text(encoder + alone)
