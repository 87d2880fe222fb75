"""Which worker is left out."""

from __future__ import annotations

import itertools

import pytest

from sweeps.execution.conduct import Conduct, LeftOut

BOTH = ("w", "x")


BUNDLES = itertools.count()


def lose(conduct, keys, worker="w", bundle=None):
    for key in keys:
        number = next(BUNDLES) if bundle is None else bundle
        conduct.lost(worker, number, key, f"error of {key}")


def found(conduct, keys, worker="x", in_use=BOTH):
    return [bad for key in keys for bad in conduct.done(worker, key, in_use)]


@pytest.fixture
def conduct():
    """Others are at work: something is done between any two failures of `w`."""
    made = Conduct()
    made.lost("w", -1, "a", "error of a")
    made.done("x", "other", BOTH)
    return made


def test_three_in_a_row_that_are_done_elsewhere(conduct):
    """It is said once, with the last error."""
    lose(conduct, "bc")
    assert found(conduct, "ab") == []
    assert found(conduct, "c") == [LeftOut("w", 3, "error of c", last=False)]
    lose(conduct, "def")
    assert found(conduct, "def") == []


def test_a_success_of_its_own_begins_anew(conduct):
    """What it fails after that is counted from there."""
    lose(conduct, "bc")
    conduct.done("w", "own", BOTH)
    lose(conduct, "de")
    assert found(conduct, "abcde") == []


def test_stages_that_nobody_does_are_at_fault_themselves(conduct):
    """However many they are; the worker's own stay counted."""
    lose(conduct, "bcd")
    for key in "bcd":
        conduct.over(key)
    assert found(conduct, "abcd") == []


def test_what_befell_all_at_once_is_nobodys_fault():
    """Nobody did anything while it failed."""
    conduct = Conduct()
    lose(conduct, "abcd")
    assert found(conduct, "abcd") == []


def test_what_travelled_together_counts_once(conduct):
    """A bundle is one try."""
    lose(conduct, "bcdef", bundle=-7)
    assert found(conduct, "abcdef") == []


def test_the_last_worker_stays(conduct):
    """And may be found wanting again."""
    lose(conduct, "bc")
    (bad,) = found(conduct, "abc", in_use=("w",))
    assert bad.last
    lose(conduct, "d")
    conduct.done("x", "other", BOTH)
    lose(conduct, "ef")
    assert found(conduct, "def")


def test_whoever_comes_in_a_dead_workers_place_answers_for_it(conduct):
    """A process that dies of each stage is a new one each time; its node is not."""
    lose(conduct, "b")
    conduct.died("w", "node")
    assert conduct.came("w2", "node")
    lose(conduct, "c", worker="w2")
    (bad,) = found(conduct, "abc", in_use=("w2", "x"))
    assert bad.worker == "w2"
    conduct.died("w2", "node")
    assert not conduct.came("w3", "node")
    assert conduct.came("w4", "another node")


def test_suspects(conduct):
    """After two failures in a row it had better not have again what it failed."""
    assert conduct.suspects() == set()
    lose(conduct, "b")
    assert conduct.suspects() == {"w"}
    conduct.done("w", "own", BOTH)
    assert conduct.suspects() == set()
