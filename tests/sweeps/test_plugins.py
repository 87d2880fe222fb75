"""What a user adds without touching the source: modules beside the spec, named by `XLT_PLUGINS`.

Each command is a process of its own, as a user's is, with the modules' folder on PYTHONPATH.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sweeps.cli.commands import COMMANDS
from sweeps.cli.faults import SCREEN
from sweeps.spec import methods
from xlt_core.plugins import VARIABLE
from xlt_core.store import Store

TASKS = '''\
"""Two tasks on words for colours, in a folder layout of their own."""

from xlt_core.tasks import TABLE, Task
from xlt_core.tasks.layout import FolderLayout, TableForm

LAYOUT = FolderLayout(
    {"train": "learn.tsv", "dev": "try_{language}.tsv", "test": "judge_{language}.tsv"},
    TableForm(columns=("label", "text"), texts=("text",), header=False),
)


def colours(name, *roles):
    return Task(
        name,
        kind="classification",
        title="Which colour it is",
        languages=("de", "en"),
        labels=("red", "blue"),
        metric="accuracy",
        roles=roles,
        folder=LAYOUT,
    )


TABLE["shades"] = colours("shades", "intermediate")
TABLE["colours"] = colours("colours", "target")
'''
METHODS = '''\
"""A training method that halves every gradient, a search by chance, and a kind of place."""

from pathlib import Path

from sweeps.spec.methods import METHODS as SEARCHES
from sweeps.spec.methods import SearchMethod
from xlt_core.store.local import LocalBackend
from xlt_core.store.place import BACKENDS
from xlt_core.training.methods import METHODS, Option
from xlt_core.training.methods.plain import Plain, PlainCourse


class Gentle(Plain):
    name = "gentle"
    about = "plain training whose gradients are scaled"
    options = {"share": Option("What is left of a gradient.", default=0.5, low=0.0)}

    def course(self, scene):
        return GentleCourse(scene)


class GentleCourse(PlainCourse):
    def complete_gradients(self, step):
        for value in self.scene.model.parameters():
            if value.grad is not None:
                value.grad.mul_(self.scene.options["share"])


METHODS["gentle"] = Gentle()
SEARCHES["chance"] = SearchMethod("sweeps.search.samplers.random:Random")
BACKENDS["shelf"] = lambda url, scratch: LocalBackend(Path("/" + url.partition("://")[2]))
'''
SPEC = """\
name: own
encoder: lab-small
data: {{folder: data}}
intermediate: {{tasks: [shades], count: 0..1}}
targets: [colours]
seeds: 1
recipe:
  train: {{steps: 2, batch_size: 4, method: gentle, gentle_share: 0.25}}
  target: {{steps: 2, batch_size: 4}}
search: {{method: chance, trials: 2}}
execution: {{workers: 1, concurrency: 1}}
store: shelf:/{home}/shelf
"""
ROWS = "red\tfire and blood\nblue\tsea and sky\n" * 4


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a package of plug-ins, data, and a spec."""
    package = tmp_path / "modules" / "own_lab"
    package.mkdir(parents=True)
    (package / "tasks.py").write_text(TASKS)
    (package / "methods.py").write_text(METHODS)
    for task in ("shades", "colours"):
        folder = tmp_path / "data" / task
        folder.mkdir(parents=True)
        for name in ("learn", "try_de", "try_en", "judge_de", "judge_en"):
            (folder / f"{name}.tsv").write_text(ROWS)
    (tmp_path / "own.yaml").write_text(SPEC.format(home=tmp_path))
    return tmp_path


def xlt(home: Path, plugins: str, *words: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(home / "modules"), os.environ["PYTHONPATH"]])
    environment = {**os.environ, "PYTHONPATH": path, VARIABLE: plugins}
    command = [str(Path(sys.executable).parent / "xlt"), *words]
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True)


def is_one_screen(said: str) -> bool:
    return "Traceback" not in said and len(said.splitlines()) <= SCREEN


BOTH = "own_lab.tasks,own_lab.methods"


def test_a_module_beside_the_spec_is_all_it_takes(home: Path) -> None:
    """A task, a training method, a search, a place: listed, and a worker trains and scores."""
    listed = json.loads(xlt(home, BOTH, "tasks", "--json").stdout)
    assert {"shades", "colours"} <= {task["name"] for task in listed}
    fields = {one["path"]: one for one in json.loads(xlt(home, BOTH, "fields", "--json").stdout)}
    assert fields["recipe.train.gentle_share"]["default"] == "0.5"
    assert "gentle" in fields["recipe.train.method"]["kind"]
    assert "chance" in fields["search.method"]["kind"]

    ran = xlt(home, BOTH, "run", "own.yaml")
    assert ran.returncode == 0, ran.stderr
    rows = json.loads(xlt(home, BOTH, "results", "own", "--json").stdout)
    assert {(row["plan"], row["target"], row["language"]) for row in rows} == {
        (plan, "colours", code) for plan in ("(none)", "shades") for code in ("de", "en")
    }
    ended = Store(home / "shelf").executions()
    assert {entry["kind"] for entry in ended if entry["ended"] == "done"} == {"train", "evaluate"}


def test_a_task_that_changes_under_a_running_sweep_is_refused(home: Path) -> None:
    """The search was told of another question: nobody goes on with it, or shows its numbers."""
    ran = xlt(home, BOTH, "run", "own.yaml")
    assert ran.returncode == 0, ran.stderr
    path = home / "modules" / "own_lab" / "tasks.py"
    text = path.read_text(encoding="utf-8")
    other = text.replace('("red", "blue")', '("red", "blue", "green")')
    path.write_text(other, encoding="utf-8")
    for words in (["plan", "own.yaml"], ["run", "own.yaml"], ["resume", "own"], ["results", "own"]):
        said = xlt(home, BOTH, *words)
        assert said.returncode == 2 and is_one_screen(said.stderr), words
        for task in ("colours", "shades"):
            assert f"labels of the task {task} began as [red, blue], what is there now is" in (
                said.stderr
            )
        assert "goes on where it was" not in said.stderr and not said.stdout
    version = text.replace('metric="accuracy",', 'metric="accuracy",\n        version=2,')
    path.write_text(version, encoding="utf-8")
    said = xlt(home, BOTH, "plan", "own.yaml")
    assert said.returncode == 0 and "task colours: version 2" in said.stdout


def test_without_the_variable_there_is_no_such_thing(home: Path) -> None:
    """The same spec is one screen that says what is not known."""
    said = xlt(home, "", "run", "own.yaml")
    assert said.returncode == 2 and is_one_screen(said.stderr)
    for what in ("'colours' is not a task", "'shades' is not a task", "gentle_share", "'chance'"):
        assert what in said.stderr
    assert said.stderr.count(f"{VARIABLE} names its module") == 5
    said = xlt(home, "own_lab.methods", "plan", "own.yaml")
    assert f"{VARIABLE} names its module (loaded: own_lab.methods)" in said.stderr


BEGIN = """
from pathlib import Path
from sweeps.spec.paths import SweepFolder
from sweeps.spec.read import read_spec
from sweeps.spec.stored import write_spec
sweep = read_spec(Path("own.yaml"))
write_spec(SweepFolder.named(sweep.name), sweep)
"""


def begin(home: Path, plugins: str) -> None:
    path = os.pathsep.join([str(home / "modules"), os.environ["PYTHONPATH"]])
    environment = {**os.environ, "PYTHONPATH": path, VARIABLE: plugins}
    subprocess.run([sys.executable, "-c", BEGIN], cwd=home, env=environment, check=True)


@pytest.mark.parametrize("loaded", ["", "own_lab.methods"])
@pytest.mark.parametrize("command", ["status", "results", "resume", "sync"])
def test_a_sweep_without_its_plug_ins_names_them(home: Path, command: str, loaded: str) -> None:
    """What it was made with, and how to have that again; whichever of it is missing."""
    begin(home, BOTH)
    said = xlt(home, loaded, command, "own")
    assert said.returncode == 2 and is_one_screen(said.stderr)
    missing = "own_lab.tasks" if loaded else "own_lab.tasks, own_lab.methods"
    assert f"spec.yaml: the sweep was made with plug-ins that are not loaded: {missing} (" in (
        said.stderr
    )
    named = ",".join(dict.fromkeys([*filter(None, [loaded]), *BOTH.split(",")]))
    assert f"set {VARIABLE}={named}" in said.stderr
    everything = xlt(home, loaded, "status")
    assert "made with plug-ins" in everything.stderr
    assert "no sweeps under" not in everything.stderr


def test_a_sweep_that_does_not_need_them_is_read_without(home: Path) -> None:
    """The variable may be set always, for other sweeps; and an old record names none."""
    spec = (home / "own.yaml").read_text(encoding="utf-8")
    changes = {"shades": "lab-pairs", "colours": "lab-nli", "{folder: data}": "lab"}
    changes |= {", method: gentle, gentle_share: 0.25": "", "chance": "random"}
    changes |= {f"store: shelf:/{home}/shelf": ""}
    for old, new in changes.items():
        spec = spec.replace(old, new)
    (home / "own.yaml").write_text(spec, encoding="utf-8")
    begin(home, BOTH)
    assert "own_lab.tasks" in (home / "runs" / "own" / "spec.yaml").read_text(encoding="utf-8")
    assert xlt(home, "", "status", "own").returncode == 0


def test_an_old_record_names_none(home: Path) -> None:
    """Then the variable is named, by which they would be."""
    begin(home, BOTH)
    record = home / "runs" / "own" / "spec.yaml"
    text, _, _ = record.read_text(encoding="utf-8").partition("plugins:")
    record.write_text(text, encoding="utf-8")
    for loaded in ("", "own_lab.methods"):
        said = xlt(home, loaded, "resume", "own")
        assert said.returncode == 2 and is_one_screen(said.stderr)
        assert f"{VARIABLE} names its module" in said.stderr
        assert "': is not" not in said.stderr


def test_a_name_that_is_nearly_right_is_told_the_right_one(home: Path) -> None:
    """Members of plug-ins are proposed as any other."""
    words = ["plan", "own.yaml", "--set", "targets=[colour]", "--set", "recipe.train.method=gentel"]
    said = xlt(home, BOTH, *words)
    assert said.returncode == 2
    assert "did you mean colours?" in said.stderr and "gentle" in said.stderr


UNSOUND = {
    "trains_on": ('trains_on=("mnly",)', "trains_on of the task mine: 'mnly' is not known"),
    "metric": ('metric="panks"', "metric of the task mine: 'panks' is not known"),
    "kind": ('kind="taging"', "kind of the task mine: 'taging' is not known"),
    "defaults": ('defaults={"epoch": 3}', "defaults of the task mine: 'epoch' is not known"),
    "labels": ('labels=("good")', "labels of the task mine: 'good' is a text, not a list"),
    "roles": ('roles="target"', "roles of the task mine: 'target' is a text, not a list"),
    "alias": (
        "aliases={'rot': 'rd'}",
        "'rot' is to stand for 'rd', which is not one of the labels",
    ),
    "aliases": ("aliases=('red',)", "aliases of the task mine: ('red',) is not a mapping"),
    "beside": ("beside=('candidates',)", "beside of the task mine: 'candidates' is no Beside"),
    "one beside": ("beside=Beside('more')", "is not a list"),
    "no method": (
        "defaults={'method': 'gentel'}",
        "defaults of the task mine: method 'gentel' is not one of",
    ),
    "too much": (
        "defaults={'warmup': 7}",
        "defaults of the task mine: warmup should be at least 0 and at most 1, not 7",
    ),
    "no number": (
        "defaults={'batch_size': 'many'}",
        "defaults of the task mine: batch_size should be a whole number, not 'many'",
    ),
    "a range": ("defaults={'warmup': {'choice': [0.1]}}", "warmup is a range"),
    "two lengths": ("defaults={'steps': 5, 'epochs': 2.0}", "steps and epochs are both given"),
    "numbers": ("labels=(0, 1)", "labels of the task mine: 0 is no text"),
    "twice": ("labels=('red', 'red')", "labels of the task mine: 'red' stands twice"),
    "a set": ("labels={'red', 'blue'}", "labels of the task mine: is a set, whose order"),
    "language": (
        "languages=('en', 'mt')",
        "languages of the task mine: 'mt' is not known",
    ),
    "none": ("labels=()", "labels of the task mine: a task of classification needs some"),
    "form": (
        "kind='retrieval', metric='retrieval', labels=()",
        "folder of the task mine: TableForm is no form that retrieval is read from",
    ),
    "columns": (
        "folder=replace(LAYOUT, form=replace(LAYOUT.form, texts=('words',)))",
        "folder of the task mine: 'words' is not one of the form's columns",
    ),
    "ill metric": (
        "metric='udpos'",
        "metric of the task mine: udpos does not score classification",
    ),
    "shared": (
        "shares_text_with={'mnly': 'so'}",
        "shares_text_with of the task mine: 'mnly' is not",
    ),
    "what it trains on": (
        "trains_on=('poor',)",
        "labels of the task poor: 'red' stands twice",
    ),
}


@pytest.mark.parametrize("name", UNSOUND)
def test_what_is_wrong_with_a_task_of_ones_own_is_said(home: Path, name: str) -> None:
    """One screen that names the task and its field, before anything is opened."""
    change, said = UNSOUND[name]
    text = (home / "modules" / "own_lab" / "tasks.py").read_text(encoding="utf-8")
    text += "from dataclasses import replace\nfrom xlt_core.tasks.task import Beside\n"
    text += "TABLE['poor'] = replace(TABLE['shades'], name='poor', labels=('red', 'red'))\n"
    text += f"TABLE['mine'] = replace(TABLE['colours'], name='mine', {change})\n"
    (home / "modules" / "own_lab" / "tasks.py").write_text(text, encoding="utf-8")
    came = xlt(home, BOTH, "plan", "own.yaml", "--set", "targets=[mine]")
    assert came.returncode == 2 and is_one_screen(came.stderr)
    assert said in came.stderr


MISNAMED = {
    "task": (
        "from dataclasses import replace\n"
        "TABLE['mine'] = replace(TABLE['colours'], name='other')\n",
        "TABLE of tasks: the line 'mine' has a member that is called 'other'",
    ),
    "method": (
        "from xlt_core.training.methods import METHODS\nMETHODS['mine'] = METHODS['l2sp']\n",
        "METHODS of training: the line 'mine' has a member that is called 'l2sp'",
    ),
    "method without a name": (
        "from xlt_core.training.methods import METHODS\n"
        "from xlt_core.training.methods.plain import Plain\n"
        "class Mine(Plain): pass\nMETHODS['mine'] = Mine()\n",
        "METHODS of training: the line 'mine' has a member that is called 'plain'",
    ),
    "kind without a name": (
        "from xlt_core.kinds import KINDS\n"
        "class Mine(type(KINDS['classification'])): pass\nKINDS['mine'] = Mine()\n",
        "KINDS of tasks: the line 'mine' has a member that is called 'classification'",
    ),
    "metric": (
        "from xlt_core.metrics import METRICS\nMETRICS['mine'] = METRICS['squad']\n",
        "METRICS: the line 'mine' has a member that is called 'squad'",
    ),
    "kind of stage": (
        "from xlt_core.stages import KINDS as STAGES, EvaluateStage\n"
        "class Mine(EvaluateStage): pass\nSTAGES['mine'] = Mine\n",
        "KINDS of stages: the line 'mine' has a member that is called 'evaluate'",
    ),
}


@pytest.mark.parametrize("command", [["tasks"], ["plan", "own.yaml"], ["status"]], ids=str)
@pytest.mark.parametrize("name", MISNAMED)
def test_a_line_that_is_called_otherwise(home: Path, name: str, command: list[str]) -> None:
    """Nobody would find the member by the name that it says it has."""
    more, told = MISNAMED[name]
    path = home / "modules" / "own_lab" / "tasks.py"
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    said = xlt(home, BOTH, *command)
    assert said.returncode == 2 and is_one_screen(said.stderr)
    assert f"{VARIABLE}: {told}" in said.stderr and "or name it 'mine'" in said.stderr


NO_MEMBERS = {
    "dict": ("TABLE['mine'] = {'kind': 'classification'}\n", "TABLE of tasks", "a dict"),
    "function": (
        "from xlt_core.metrics import METRICS\ndef mine(*given): return {}\n"
        "METRICS['mine'] = mine\n",
        "METRICS",
        "the function mine",
    ),
    "class": (
        "from xlt_core.training.methods import METHODS\n"
        "from xlt_core.training.methods.plain import Plain\n"
        "class Mine(Plain): name = 'mine'\nMETHODS['mine'] = Mine\n",
        "METHODS of training",
        "the class Mine itself",
    ),
    "half a kind": (
        "from xlt_core.kinds import KINDS\nclass Mine: name, version = 'mine', 1\n"
        "KINDS['mine'] = Mine()\n",
        "KINDS of tasks",
        "it has no encode",
    ),
    "learner": (
        "from xlt_core.models.learners import LEARNERS\nLEARNERS['mine'] = dict\n",
        "LEARNERS",
        "the class dict itself",
    ),
    "search": (
        "from sweeps.spec.methods import METHODS as SEARCHES\nSEARCHES['mine'] = 'mine:Mine'\n",
        "METHODS of search",
        "a str",
    ),
    "executor": (
        "from xlt_core.work import EXECUTORS\nEXECUTORS['mine'] = print\n",
        "EXECUTORS",
        "is of no kind of stage",
    ),
    "backend": (
        "from xlt_core.store.place import BACKENDS\nBACKENDS['mine://'] = print\n",
        "BACKENDS",
        "is not what a URL begins with",
    ),
    "pretraining": (
        "from xlt_core.models.pretrainings import PRETRAININGS\nPRETRAININGS['mine'] = 'mini'\n",
        "PRETRAININGS",
        "is no function, but a str",
    ),
    "version": (
        "from dataclasses import replace\n"
        "TABLE['mine'] = replace(TABLE['colours'], name='mine', version='2')\n",
        "TABLE of tasks",
        "has version '2', which is no whole number",
    ),
}


@pytest.mark.parametrize("name", NO_MEMBERS)
def test_a_line_that_is_no_member(home: Path, name: str) -> None:
    """Whatever the table, one screen names it, the line, and what stands there."""
    more, table, told = NO_MEMBERS[name]
    path = home / "modules" / "own_lab" / "tasks.py"
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    said = xlt(home, BOTH, "plan", "own.yaml")
    assert said.returncode == 2 and is_one_screen(said.stderr)
    assert f"{VARIABLE}: {table}: the line 'mine" in said.stderr and told in said.stderr


UNSOUND_OPTIONS = {
    "a field": (
        {"max": "{'length': Option('Of what?', default=1.0)}"},
        "the option 'length' of the method max is written max_length, "
        "as the recipe's field max_length",
    ),
    "plan_steps": (
        {"plan": "{'steps': Option('Of what?', default=1.0)}"},
        "is written plan_steps, as the recipe's field plan_steps",
    ),
    "each other": (
        {
            "a": "{'b_c': Option('Of what?', default=1.0)}",
            "a_b": "{'c': Option('Of what?', default=1.0)}",
        },
        "the option 'c' of the method a_b is written a_b_c, as the option 'b_c' of the method a",
    ),
    "bare": ({"bare": "{'share': 0.5}"}, "the option 'share' of the method bare is no Option"),
    "bounds": (
        {"far": "{'share': Option('Of what?', default=2.0, high=1.0)}"},
        "the option 'share' of the method far is not within its bounds by default",
    ),
}


@pytest.mark.parametrize("command", [["tasks"], ["plan", "own.yaml"]], ids=str)
@pytest.mark.parametrize("name", UNSOUND_OPTIONS)
def test_an_option_that_is_written_as_something_else(
    home: Path, name: str, command: list[str]
) -> None:
    """A recipe could not say which is meant: both are named."""
    methods, told = UNSOUND_OPTIONS[name]
    text = "".join(
        f"class M{at}(Plain):\n    name = {method!r}\n    options = {options}\n"
        f"METHODS[{method!r}] = M{at}()\n"
        for at, (method, options) in enumerate(methods.items())
    )
    path = home / "modules" / "own_lab" / "methods.py"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    said = xlt(home, BOTH, *command)
    assert said.returncode == 2 and is_one_screen(said.stderr)
    assert f"{VARIABLE}: METHODS of training: " in said.stderr and told in said.stderr


BROKEN = {
    "absent": (None, "No module named 'absent'"),
    "needy": ("import absent_library\n", "No module named 'absent_library'"),
    "wrong": ("x = 1\nx.no_such_thing\n", "wrong.py, line 2"),
    "crooked": ("def\n", "crooked.py, line 1"),
    "leaving": ("raise SystemExit('use me as a script')\n", "use me as a script"),
}


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Modules that cannot be imported, on this process's path."""
    for name, (text, _) in BROKEN.items():
        if text is not None:
            (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", [["tasks"], ["store", "ls"], ["plan", "own.yaml"]], ids=str)
@pytest.mark.parametrize("name", BROKEN)
def test_one_that_cannot_be_imported_is_a_mistake(broken, xlt, monkeypatch, name, command) -> None:
    """One screen: the variable, the module, the cause."""
    monkeypatch.setenv(VARIABLE, name)
    said = xlt(*command)
    assert said.code == 2 and is_one_screen(said.err)
    assert all(what in said.err for what in (VARIABLE, name, BROKEN[name][1]))


@pytest.mark.parametrize("words", ["", *COMMANDS, "store", "store ls"])
def test_help_waits_for_none(broken, xlt, monkeypatch, words) -> None:
    """What a command is for can be read whatever the variable says."""
    monkeypatch.setenv(VARIABLE, "wrong")
    assert xlt(*words.split(), "--help").code == 0


SAMPLER = """
from sweeps.spec.methods import METHODS, SearchMethod


class Falling:
    def __init__(self, candidates, options):
        pass

    def propose(self, number, view, attempt=0):
        raise ValueError("it fell")


METHODS["falling"] = SearchMethod("falling:Falling", learns=False)
"""


def test_a_search_of_ones_own_that_raises_is_said_with_its_line(tmp_path, xlt, monkeypatch) -> None:
    """It is the author's fault, not ours: file and line, and where the whole story is."""
    (tmp_path / "falling.py").write_text(SAMPLER)
    (tmp_path / "own.yaml").write_text(
        "name: own\nencoder: lab-small\ndata: lab\n"
        "intermediate: {tasks: [lab-pairs], count: 0..1}\ntargets: [lab-nli]\n"
        "search: {method: falling, trials: 2}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, "falling")
    monkeypatch.setitem(
        methods.METHODS, "falling", None
    )  # what the module puts there is taken out again
    said = xlt("plan", "own.yaml")
    assert said.code == 2 and is_one_screen(said.err)
    assert "falling.py, line 10: a plug-in raises ValueError: it fell" in said.err
    assert "→ mend it" in said.err and "xlt-error-" in said.err
