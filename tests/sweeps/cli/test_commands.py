"""Commands on a finished sweep, as a user and as a program see them."""

from __future__ import annotations

import json
from dataclasses import replace

import filelock
import pytest

from sweeps.spec.desired_state import requested
from tests.sweeps.conftest import GAIN
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.events import (
    StageDone,
    StageFailedEvent,
    StageFinished,
    StageStarted,
    SweepFinished,
    SweepStarted,
    TrialFailed,
    TrialFinished,
    TrialStarted,
    WorkerLeftOut,
)


class TestListings:
    @pytest.mark.parametrize(
        ("command", "fields"),
        [
            ("tasks", {"name", "kind", "languages", "roles", "metric"}),
            ("languages", {"code", "name", "family", "script", "resource"}),
            ("models", {"name", "location", "title", "parameters"}),
            ("fields", {"path", "kind", "default", "about"}),
        ],
    )
    def test_json_and_table_list_the_same(self, xlt, command, fields):
        """Every entry of the JSON stands in the table."""
        found = json.loads(xlt(command, "--json").out)
        table = xlt(command).out
        assert found
        for entry in found:
            assert fields <= set(entry)
            assert str(entry.get("name") or entry["path"]) in table

    def test_fields_of_a_section(self, xlt):
        """By its name; a name that is none is a mistake with all there are."""
        found = json.loads(xlt("fields", "search", "--json").out)
        assert {one["path"].partition(".")[0] for one in found} == {"search"}
        said = xlt("fields", "recipe.trian")
        assert said.code == 2 and "did you mean recipe.train? there are: recipe.train" in said.err

    def test_tasks_of_the_lab_are_listed(self, xlt):
        """What the quickstart names can be looked up."""
        names = {task["name"] for task in json.loads(xlt("tasks", "--json").out)}
        assert {"mnli", "xnli", "lab-nli"} <= names


class TestStatus:
    def test_one_sweep(self, made, xlt):
        """By name or by folder."""
        by_name = json.loads(xlt("status", "made", "--json").out)
        by_folder = json.loads(xlt("status", str(made.folder.path), "--json").out)
        assert by_name == by_folder
        assert by_name["trials"]["finished"] == 4

    def test_workers_that_are_left_out(self, make, xlt):
        """Are named below the table."""
        made = make()
        made.begin()
        made.journal(WorkerLeftOut("node-1:7", 3, "OSError: away\nmore", False))
        said = xlt("status", "made").out
        assert (
            "worker node-1:7 is left out: 3 stages in a row" in said and "(OSError: away)" in said
        )

    def test_all_sweeps(self, made, xlt):
        """Without a name, a list."""
        (only,) = json.loads(xlt("status", "--json").out)
        assert only["name"] == "made"
        assert "made" in xlt("status").out

    def test_no_sweeps(self, tmp_path, monkeypatch, xlt):
        """An empty list is still a list; the hint goes to stderr."""
        monkeypatch.setenv("XLT_RUNS", str(tmp_path))
        assert json.loads(xlt("status", "--json").out) == []
        said = xlt("status")
        assert (said.code, said.out) == (0, "")
        assert "xlt run" in said.err

    def test_one_unreadable_sweep_does_not_hide_the_others(self, make, xlt):
        """It is named on stderr."""
        made = make()
        made.begin()
        other = made.folder.runs / "other"
        other.mkdir()
        (other / "spec.yaml").write_text("[")
        said = xlt("status", "--json")
        assert [one["name"] for one in json.loads(said.out)] == ["made"]
        assert "other" in said.err

    def test_a_sweep_without_its_study_is_said_by_every_command(self, make, xlt):
        """Exit code 2 and one screen, not an empty answer; beside others it hides none."""
        make()
        for command in (["status", "made"], ["results", "made", "--json"], ["sync", "made"]):
            said = xlt(*command)
            assert (said.code, said.out) == (2, "")
            assert "Optuna's study of made is not there" in said.err
            assert "xlt resume made" in said.err
        said = xlt("status", "--json")
        assert (said.code, json.loads(said.out)) == (0, [])
        assert "Optuna's study of made is not there" in said.err


class TestResults:
    def test_json_rows(self, made, xlt):
        """Rows to stdout, nothing else."""
        rows = json.loads(xlt("results", "made", "--json").out)
        assert len(rows) == 64
        assert {row["trial"] for row in rows} == {0, 1, 2, 3}
        assert {(row["metric"], row["primary"]) for row in rows} == {("accuracy", True)}

    def test_tables(self, made, xlt):
        """Without --json the tables of the report."""
        said = xlt("results", "made")
        assert "Gain by language family" in said.out
        assert said.err == ""

    def test_all_plans(self, made, xlt, monkeypatch, tmp_path):
        """How many are left out is said below the table, and what lists them; a file's too."""
        monkeypatch.setattr("sweeps.report.plans.BEST", 1)

        def plans(text):
            table = text.partition("Best plans")[2].partition("The winner")[0]
            rows = [line.split("│")[1].strip() for line in table.splitlines() if "│" in line]
            return sorted(rows), "`--all` of `xlt results` lists every plan" in table

        best = xlt("results", "made").out
        assert "Best plans (2 of 4)" in best and "2 more: `--all`" in best
        assert plans(best) == (["0", "1"], True)
        assert plans(xlt("results", "made", "--all").out) == (["0", "1", "2", "3"], False)
        assert xlt("results", "made", "--all", "-o", str(tmp_path / "report.txt")).code == 0
        assert plans((tmp_path / "report.txt").read_text()) == (["0", "1", "2", "3"], False)


class TestPlan:
    def test_json_shape(self, made, xlt):
        """These names are promised to programs."""
        data = json.loads(xlt("plan", str(made.spec), "--json").out)
        assert data["trials"] == 5
        assert {"requested", "distinct", "stored", "train", "evaluate"} <= set(data["stages"])
        assert (data["overlaps"], data["notes"], data["exact"]) == ([], [], True)

    def test_plans_come_with_their_settings(self, made, xlt):
        """Two trials of one plan are told apart, for people and for programs."""
        searched = "recipe.target.learning_rate={choice: [0.001, 0.002]}"
        asked = ["plan", str(made.spec), "--set", "name=searched", "--set", searched]
        data = json.loads(xlt(*asked, "--json").out)
        found = list(zip(data["plans"], data["settings"], strict=True))
        rates = [{"recipe.target.learning_rate": rate} for rate in (0.001, 0.002)]
        assert found[:2] == [("(none)", rate) for rate in rates]
        said = xlt(*asked).out.splitlines()
        assert [line for line in said if line.startswith("  lab-pairs > lab-topic")] == [
            f"  lab-pairs > lab-topic  target.learning_rate {rate}" for rate in (0.001, 0.002)
        ]
        assert "  lab-pairs > lab-topic" in xlt("plan", str(made.spec)).out.splitlines()

    def test_overrides(self, made, xlt):
        """--set changes the plan as it would change the run."""
        said = xlt(
            "plan",
            str(made.spec),
            "--json",
            "--set",
            "intermediate.count=[0, 1]",
            "--set",
            "name=other",
        )
        assert json.loads(said.out)["plans"] == ["(none)", "lab-pairs", "lab-topic"]

    def test_table(self, made, xlt):
        """For people, with the first plans."""
        said = xlt("plan", str(made.spec))
        assert "lab-pairs > lab-topic" in said.out
        assert "after sharing" in said.out

    @pytest.mark.parametrize(("seeds", "smallest"), [("1", "p = 1 "), ("3", "p = 0.25 ")])
    def test_few_seeds_are_warned_of(self, made, xlt, seeds, smallest):
        """What so few seeds can never show is said before anything is computed."""
        said = xlt("plan", str(made.spec), "--set", "name=few", "--set", f"seeds={seeds}")
        assert smallest in said.out

    def test_five_seeds_are_not_warned_of(self, made, xlt):
        """Enough is enough."""
        said = xlt("plan", str(made.spec), "--set", "name=many", "--set", "seeds=5")
        assert "sign-flip" not in said.out

    @pytest.mark.parametrize("wanted", ["bfloat16", "{choice: [float32, bfloat16]}"])
    def test_bfloat16_without_a_gpu_is_said_to_be_slow(self, made, xlt, wanted):
        """It is computed all the same; nobody shall wonder why it takes so long."""
        asked = ["--set", "name=half", "--set", f"recipe.train.precision={wanted}"]
        assert "bfloat16 is computed on CPUs" in xlt("plan", str(made.spec), *asked).out
        on_gpus = [*asked, "--set", "execution.device=cuda"]
        assert "bfloat16 is computed" not in xlt("plan", str(made.spec), *on_gpus).out
        assert "bfloat16" not in xlt("plan", str(made.spec)).out

    @pytest.mark.parametrize("search", ["{method: grid}", "{method: random, trials: 100000}"])
    def test_a_sweep_too_large_to_list_says_so(self, made, xlt, search, monkeypatch):
        """A grid learns nothing from results; only a search that does says it does."""
        monkeypatch.setattr("sweeps.report.forecast.MOST_STAGES", 30)
        asked = ["plan", str(made.spec), "--set", "name=huge", "--set", f"search={search}"]
        said = xlt(*asked).out
        assert "5 trials are too many to list: the first 2 were gone through" in said
        assert "learns from results" not in said

    def test_a_search_that_learns_says_so(self, made, xlt):
        search = "search={method: tpe, trials: 4, window: 2}"
        said = xlt("plan", str(made.spec), "--set", "name=learns", "--set", search).out
        assert "tpe learns from results: its first 2 trials are known" in said

    def test_who_chooses_is_said(self, made, xlt):
        """Before a sweep starts a reader knows which targets choose its winner."""
        assert "Chosen on English dev of lab-nli." in xlt("plan", str(made.spec)).out
        assert json.loads(xlt("plan", str(made.spec), "--json").out)["choosing"] == ["lab-nli"]

    def test_cut_rows_are_said(self, made, xlt):
        """Before anything runs, what is too long and what becomes of it."""
        assert "No row is longer than its max_length." in xlt("plan", str(made.spec)).out
        short = ("--set", "name=short", "--set", "recipe.target.max_length=8")
        said = xlt("plan", str(made.spec), *short).out
        assert "Rows cut at max_length" in said
        assert "150 of 150" in said
        assert "are cut at their end" in said
        data = json.loads(xlt("plan", str(made.spec), "--json", *short).out)
        names = {"task", "language", "split", "max_length", "rows", "counted", "cut"}
        names |= {"tokens", "unknown"}
        assert data["unknown_tokens"] == []
        assert all(set(cut) == names for cut in data["cut_rows"])
        assert sum(cut["cut"] for cut in data["cut_rows"]) == 500 + 4 * (150 + 200)


class TestLogs:
    @pytest.fixture
    def events(self, make):
        """A sweep with a journal."""
        made = make()
        made.journal(
            StageStarted("mnli #0", stage="abc1"),
            StageFailedEvent("mnli #0", "train", "NaN\nat step 3", stage="abc1"),
            TrialFailed("panx[ru]", {}, "NaN", trial=2),
        )
        return made

    def test_all_with_whole_errors(self, events, xlt):
        """An error's later lines follow its first."""
        said = xlt("logs", "made")
        assert "at step 3" in said.out
        assert "panx[ru]" in said.out

    def test_one_trial_one_stage(self, events, xlt):
        """Only what was asked for."""
        assert len(xlt("logs", "made", "--trial", "2").out.splitlines()) == 1
        assert "trial 2" not in xlt("logs", "made", "--stage", "abc").out

    def test_a_trial_with_its_stages(self, make, xlt):
        """Also those that another trial had computed, and no stage's end twice."""
        made = make()
        made.ask(0, "(none)")
        plans = list(GAIN)[:2]
        made.ask(1, plans[1])
        own, other = (made.paths(plan)[0].trained for plan in reversed(plans))
        made.journal(
            StageFinished(own.title, 1.0, steps=3, stage=own.key),
            StageDone(own.title, own.kind, 1.0, stage=own.key),
            StageDone(other.title, other.kind, 1.0, stage=other.key),
            TrialFinished(plans[1], trial=1),
        )
        lines = xlt("logs", "made", "--trial", "1").out.splitlines()
        assert [line.split()[1] for line in lines] == ["done", "trial"]
        assert len(xlt("logs", "made").out.splitlines()) == 3
        assert len(xlt("logs", "made", "--json").out.splitlines()) == 4

    def test_json_lines(self, events, xlt):
        """One event a line, as the journal has them."""
        lines = xlt("logs", "made", "--json").out.splitlines()
        assert [json.loads(line)["kind"] for line in lines] == [
            "stage_started",
            "stage_failed",
            "trial_failed",
        ]

    def test_a_stage_that_is_not_there(self, events, xlt):
        """A mistyped key is said."""
        assert xlt("logs", "made", "--stage", "zzz").code == 2

    @pytest.mark.parametrize("options", [[], ["--json"], ["--follow"]])
    def test_a_trial_that_is_not_there(self, events, xlt, options):
        """Which ones there are is said: the journal knows."""
        events.journal(*(TrialStarted(trial=number) for number in (0, 1, 7)))
        said = xlt("logs", "made", "--trial", "99", *options)
        assert (said.code, said.out) == (2, "")
        assert "--trial 99: the journal has no such trial" in said.err
        assert "it has trials 0…2, 7" in said.err

    def test_a_stage_and_a_trial_that_have_nothing_in_common(self, events, xlt):
        said = xlt("logs", "made", "--stage", "abc", "--trial", "2")
        assert (said.code, said.out) == (2, "")
        assert "--stage abc --trial 2: no event in the journal is both" in said.err

    def test_a_trial_of_a_sweep_without_a_journal(self, make, xlt):
        make()
        said = xlt("logs", "made", "--trial", "0")
        assert said.code == 2 and "no trial has begun" in said.err
        assert xlt("logs", "made").code == 0

    def test_following_a_sweep_that_does_not_run_ends(self, events, xlt):
        """Nothing more will come."""
        assert len(xlt("logs", "made", "--follow").out.splitlines()) == 4


class TestControl:
    @pytest.mark.parametrize("verb", ["pause", "stop", "cancel"])
    def test_a_request_reaches_the_driver_s_file(self, make, xlt, verb):
        """While a driver holds the lock."""
        made = make()
        with filelock.FileLock(made.folder.lock):
            assert xlt(verb, "made").code == 0
        assert requested(made.folder) == verb

    @pytest.mark.parametrize(
        ("first", "then", "stands"),
        [
            ("cancel", "stop", "cancel"),
            ("cancel", "pause", "cancel"),
            ("stop", "pause", "stop"),
            ("stop", "cancel", "cancel"),
            ("pause", "stop", "stop"),
            ("stop", "stop", "stop"),
        ],
    )
    def test_a_weaker_request_takes_no_stronger_one_back(self, make, xlt, first, then, stands):
        """Whoever asked for an end is not to find the sweep waiting."""
        made = make()
        with filelock.FileLock(made.folder.lock):
            assert xlt(first, "made").code == xlt(then, "made").code == 0
        assert requested(made.folder) == stands

    @pytest.mark.parametrize("verb", ["pause", "stop", "cancel"])
    def test_nothing_runs(self, make, xlt, verb):
        """A request that nobody would read is refused, and not left lying about."""
        made = make()
        ended = [SweepFinished("made", s) for s in ("finished", "stopped")]
        journals = [[], [SweepStarted("made")], ended[:1], ended]
        words = ["has not started", "was interrupted", "is finished", "is stopped"]
        for journal, word in zip(journals, words, strict=True):
            made.journal(*journal)
            if not journal:
                (made.folder.path / "events.jsonl").unlink()
            said = xlt(verb, "made")
            assert (said.code, said.out) == (2, "")
            assert f"{word}: nothing runs that could be asked to {verb}" in said.err
        assert requested(made.folder) == "run"

    def test_resume_lifts_a_pause(self, make, xlt):
        """The driver goes on; no second one is started."""
        made = make()
        with filelock.FileLock(made.folder.lock):
            xlt("pause", "made")
            assert xlt("resume", "made").code == 0
        assert requested(made.folder) == "run"

    def test_a_second_driver_is_refused(self, make, xlt):
        """By run as by resume, before anything is opened or changed."""
        made = make()
        with filelock.FileLock(made.folder.lock):
            for arguments in (["run", str(made.spec)], ["resume", "made"]):
                said = xlt(*arguments)
                assert said.code == 2
                assert "xlt stop made" in said.err


class TestAgree:
    def agree(self, made, yes=False, **changes):
        from sweeps.cli.terminal import Terminal
        from sweeps.interface.agreement import agree

        return agree(replace(made.sweep, **changes), made.prepared, made.folder, Terminal(yes))

    def test_the_same_spec_goes_on(self, made, capsys):
        """Nothing to ask, nothing to refuse."""
        assert self.agree(made) == made.sweep
        assert "goes on where it was" in capsys.readouterr().err

    def test_more_extends_and_says_what(self, made, capsys):
        """A third seed is more of the same."""
        assert self.agree(made, yes=True, seeds=(0, 1, 2)).seeds == (0, 1, 2)
        assert "is extended: more seeds: 2" in capsys.readouterr().err

    def test_anything_else_is_refused_with_both_ways_out(self, made):
        """Another encoder is another question: another name, or the old spec."""
        with pytest.raises(UserMistake) as refused:
            self.agree(made, seeds=(0,), objective=replace(made.sweep.objective, languages="all"))
        text = str(refused.value)
        assert "seeds: began as" in text
        assert "objective.languages: began as english, the spec says all" in text
        assert "another name" in text
        assert "xlt resume made" in text

    def test_other_data_are_not_the_specs_doing(self, made):
        """The way out is to put them back; `xlt resume` may be what was just typed."""
        from sweeps.cli.terminal import Terminal
        from sweeps.interface.agreement import agree

        cell, ref = next(iter(made.prepared.data.items()))
        data = {**made.prepared.data, cell: replace(ref, fingerprint="f" * 64)}
        with pytest.raises(UserMistake, match="put back what it began with") as refused:
            agree(made.sweep, replace(made.prepared, data=data), made.folder, Terminal(yes=True))
        assert "xlt resume" not in str(refused.value)

    def test_a_refused_run_changes_nothing(self, make, xlt):
        """The stored spec stays."""
        made = make()
        before = (made.folder.path / "spec.yaml").read_bytes()
        said = xlt("run", str(made.spec), "--set", "seeds=1")
        assert said.code == 2
        assert "seeds" in said.err
        assert (made.folder.path / "spec.yaml").read_bytes() == before


class TestPlaced:
    def test_another_folder_takes_everything_along(self, make, tmp_path):
        """Study, store and tracking lie beside the sweep, as they do under runs."""
        from sweeps.interface.places import folder_of, placed

        made = make()
        elsewhere = placed(made.sweep, folder_of("made", str(tmp_path / "else" / "made")))
        assert elsewhere.store == str(tmp_path / "else" / "stages")
        assert elsewhere.storage == f"sqlite:///{tmp_path}/else/made/study.db"
        assert elsewhere.tracking == f"sqlite:///{tmp_path}/else/mlflow.db"

    def test_what_the_spec_names_stays(self, make, tmp_path):
        """Only defaults move."""
        from sweeps.interface.places import folder_of, placed

        sweep = replace(make().sweep, store="s3://bucket/stages")
        assert placed(sweep, folder_of("made", str(tmp_path / "x"))).store == "s3://bucket/stages"

    @pytest.mark.parametrize("place", ["s3://bucket", "memory://x"])
    def test_a_bucket_is_no_sweeps_folder(self, make, xlt, place):
        """What sweeps share would lie above it, where there is nothing."""
        made = make()
        for command in ("plan", "run"):
            said = xlt(command, str(made.spec), "--folder", place)
            assert said.code == 2 and "no folder within a bucket" in said.err

    def test_a_place_that_other_processes_do_not_see_is_refused(self, make, xlt):
        """All would be computed, and nothing of it found again."""
        made = make()
        said = xlt("run", str(made.spec), "--set", "store=memory://x/stages", "-y")
        assert said.code == 2 and "this process's alone" in said.err

    def test_a_sweep_that_is_just_starting_is_said_to_be(self, make, xlt):
        """Its driver holds the lock and has written nothing yet."""
        made = make()
        (made.folder.path / "spec.yaml").unlink()
        with filelock.FileLock(made.folder.lock):
            said = xlt("status", "made")
        assert said.code == 2 and "is just starting" in said.err
        assert "is not a sweep" in xlt("status", "made").err


class TestLookedIn:
    @pytest.mark.parametrize(
        "command", [["status", "nope"], ["results", "nope"], ["status"], ["sync", "--all"], ["ui"]]
    )
    def test_who_finds_no_sweep_says_where_it_was_looked_for(
        self, xlt, tmp_path, monkeypatch, command
    ):
        """The whole path, for it hangs on the current folder; and what names another."""
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("XLT_RUNS", raising=False)
        said = xlt(*command).err
        assert f"under {tmp_path}/runs (XLT_RUNS names another folder)" in said
        monkeypatch.setenv("XLT_RUNS", "mine")
        assert f"under {tmp_path}/mine (which XLT_RUNS names)" in xlt(*command).err
        monkeypatch.setenv("XLT_RUNS", "")
        assert xlt(*command).err == said

    def test_beside_other_sweeps_too(self, made, xlt):
        """Another folder's sweep is asked for here as easily as a misspelt one."""
        said = xlt("status", "nope")
        assert f"under {made.folder.runs} (which XLT_RUNS names)" in said.err
        assert "there are: made" in said.err


class TestSync:
    def test_no_sweeps_at_all(self, tmp_path, monkeypatch, xlt):
        """`--all` of nothing is said to be nothing."""
        monkeypatch.setenv("XLT_RUNS", str(tmp_path))
        said = xlt("sync", "--all")
        assert said.code == 0 and "no sweeps under" in said.err

    def test_elsewhere(self, made, xlt, tmp_path):
        """All of it goes into another database; the sweep's own is left as it is."""
        own = made.folder.runs / "mlflow.db"
        before = own.exists()
        said = xlt("sync", "made", "--tracking", str(tmp_path / "fresh.db"))
        assert said.code == 0 and "made: 19 runs made" in said.err
        assert (tmp_path / "fresh.db").is_file() and own.exists() == before
        again = xlt("sync", "made", "--tracking", str(tmp_path / "fresh.db"), "--json")
        assert json.loads(again.out)["made"]["created"] == 0


class TestStore:
    def test_ls(self, made, xlt):
        """Every stage with its size."""
        found = json.loads(xlt("store", "ls", "--json").out)
        assert len(found) == 2 * (7 + 4 * 8)
        assert {"key", "kind", "title", "bytes", "seconds"} <= set(found[0])
        assert "lab-pairs > lab-nli #0" in xlt("store", "ls").out

    def test_verify(self, make, xlt):
        """A damaged stage is found, named, and makes the exit code 1."""
        made = make()
        made.compute("(none)")
        assert xlt("store", "verify").code == 0
        key = made.paths("(none)")[0].trained.key
        (curve,) = (made.folder.runs / "stages").glob(f"*/{key}/curve.json")
        curve.write_text("[]")
        said = xlt("store", "verify", "--json")
        assert said.code == 1
        assert [entry["key"] for entry in json.loads(said.out)["damaged"]] == [key]
        assert curve.exists()

    def test_prune_only_shows_unless_told_otherwise(self, make, xlt):
        """--yes deletes; without it nothing does."""
        made = make()
        made.compute("(none)")
        shown = json.loads(xlt("store", "prune", "--budget", "0", "--json").out)
        assert (len(shown["stages"]), shown["deleted"]) == (18, False)
        assert len(json.loads(xlt("store", "ls", "--json").out)) == 18
        assert xlt("store", "prune", "--budget", "0", "--yes").code == 0
        assert json.loads(xlt("store", "ls", "--json").out) == []

    @pytest.mark.parametrize(
        ("text", "size"),
        [
            ("10GB", 10**10),
            ("1.5 GiB", 3 * 2**29),
            ("500m", 5 * 10**8),
            ("12", 12),
            ("0", 0),
            ("2TB", 2 * 10**12),
            ("7 kb", 7000),
        ],
    )
    def test_sizes(self, text, size):
        """As people write them."""
        from sweeps.cli.store import parse_size

        assert parse_size(text) == size


class TestExitCode:
    @pytest.mark.parametrize(
        ("state", "failed", "code"),
        [
            ("finished", 0, 0),
            ("failed", 2, 1),
            ("stopped", 0, 3),
            ("cancelled", 1, 3),
            ("interrupted", 0, 130),
            ("interrupted", 2, 130),
        ],
    )
    def test_by_state_and_failed_trials(self, state, failed, code):
        """What waits for results goes on after 0 alone."""
        from types import SimpleNamespace

        from sweeps.cli.run import exit_code

        assert exit_code(SimpleNamespace(state=state, failed_trials=failed)) == code
