"""The public suites from outside: somebody else's repository, with members in no table of ours.

Each good member passes its suite, and each broken one fails it where it is broken.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

import pytest

BROKEN = {
    "Task": {
        "test_labels_are_there_where_the_kind_has_them",
        "test_its_languages_are_sorted_and_known",
    },
    "Kind": {"test_losses_of_parts_add_up"},
    "Sampler": {
        "test_it_is_the_same_from_seed_and_view",
        "test_it_is_the_same_in_another_process",
        "test_it_says_truly_whether_it_learns",
    },
    "Trials": {"test_a_result_stands_and_a_failure_can_be_taken_back"},
    "Backend": {
        "test_it_finds_what_one_after_another_finds",
        "test_it_goes_on_where_another_was_lost",
        "test_each_trial_begins_and_ends_once",
    },
    "Place": {
        "test_the_second_to_publish_is_dropped",
        "test_of_many_writers_at_once_one_wins",
    },
}
PASSED, FAILED = "passed", "failed"


@pytest.fixture(scope="module")
def came(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, set[str]]]:
    """Names of tests by class and by what came of them, run in a folder with two files in it."""
    folder = tmp_path_factory.mktemp("foreign")
    for name in ("dual.py", "members.py", "suites.py"):
        shutil.copy(Path(__file__).with_name(name), folder)
    command = [sys.executable, "-m", "pytest", "-q", "suites.py", "--junitxml=came.xml"]
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL)
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: {PASSED: set(), FAILED: set()})
    for case in ElementTree.parse(folder / "came.xml").iter("testcase"):
        how = PASSED if len(case) == 0 else FAILED
        found[case.attrib["classname"].partition(".")[2]][how].add(
            case.attrib["name"].partition("[")[0]
        )
    return found


@pytest.mark.parametrize("kind", BROKEN)
def test_a_good_member_passes(came: dict[str, dict[str, set[str]]], kind: str) -> None:
    assert came[f"Test{kind}"][FAILED] == set()
    assert came[f"Test{kind}"][PASSED] >= BROKEN[kind]


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_one_fails_where_it_is_broken(
    came: dict[str, dict[str, set[str]]], kind: str
) -> None:
    assert came[f"TestBroken{kind}"][FAILED] == BROKEN[kind]
