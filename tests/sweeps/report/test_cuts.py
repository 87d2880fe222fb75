"""What a study would cut, before anything is computed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeps.report.cuts import (
    LEAST_ROWS,
    CutRows,
    cut_lines,
    cut_rows,
    is_sampled,
    shared_out,
    unknown_lines,
)
from sweeps.spec.sweep import Range


def counted(made, tmp_path, **recipe):
    """The cut rows of the lab's sweep with these fields in `recipe.target`."""
    target = {**made.sweep.recipe["target"], **recipe}
    sweep = replace(made.sweep, recipe={**made.sweep.recipe, "target": target})
    return cut_rows(sweep, made.prepared, tmp_path / "cache")


class TestCutRows:
    def test_every_split_that_would_be_encoded(self, make, tmp_path):
        """Trained on or scored, each once, and nothing is cut where all fits."""
        made = make()
        found = counted(made, tmp_path)
        cells = {(one.task, one.language, one.split) for one in found}
        assert cells == set(made.prepared.data)
        assert len(found) == len(cells)
        assert not any(one.cut for one in found)
        assert list(cut_lines(found)) == []

    def test_cut_rows_are_counted_by_language(self, make, tmp_path):
        """With room for four words, of texts that have eight to ten; other tasks keep theirs."""
        found = counted(make(), tmp_path, max_length=8)
        target = [one for one in found if one.task == "lab-nli"]
        assert all(one.cut == one.counted == one.rows for one in target)
        assert {one.max_length for one in target} == {8}
        assert not any(one.cut for one in found if one.task != "lab-nli")
        lines = list(cut_lines(found))
        assert [line[:3] for line in lines] == [
            ("lab-nli", "dev", "8"),
            ("lab-nli", "test", "8"),
            ("lab-nli", "train", "8"),
        ]
        assert "qlc 150 of 150" in lines[0][3]

    @pytest.mark.parametrize(
        "range_", [Range("choice", choices=(8, 32)), Range("int", low=8, high=32)]
    )
    def test_of_a_searched_length_both_ends(self, make, tmp_path, range_):
        """A reader sees what the shortest would cut."""
        found = counted(make(), tmp_path, max_length=range_)
        cut = {one.max_length: one.cut > 0 for one in found if one.task == "lab-nli"}
        assert cut == {8: True, 32: False}

    def test_large_splits_are_sampled_and_say_so(self, make, tmp_path, monkeypatch):
        """Some rows stand for all."""
        monkeypatch.setattr("sweeps.report.cuts.MOST_ROWS", 100)
        found = counted(make(), tmp_path, max_length=8)
        assert is_sampled(found)
        (train,) = [one for one in found if one.task == "lab-nli" and one.split == "train"]
        assert train.counted < train.rows == 500
        assert train.sentence() == "en about 100% of 500"


class TestUnknown:
    def test_the_lab_knows_its_words(self, make, tmp_path):
        """Nothing is said where a tokenizer has tokens for the text."""
        found = counted(make(), tmp_path)
        assert all(one.tokens and not one.unknown for one in found)
        assert not list(unknown_lines(found))

    def test_one_line_a_task_and_split(self):
        """Which languages, and which share of their tokens; at the worst of several lengths."""
        cells = [("en", 128, 90), ("en", 64, 95), ("de", 128, 51), ("fr", 128, 50)]
        found = [CutRows("mnli", c, "train", n, 9, 9, 0, 100, bad) for c, n, bad in cells]
        (line,) = unknown_lines(found)
        assert line.startswith("mnli train: most tokens are unknown to the encoder's tokenizer")
        assert "(en 95%, de 51%)" in line


class TestLines:
    def test_the_worst_languages_first_and_not_too_many(self):
        """Fifty languages are not a line."""
        found = [CutRows("panx", f"l{n:02}", "test", 128, 100, 100, n) for n in range(50)]
        ((*_, text),) = cut_lines(found)
        assert text.startswith("l49 49 of 100, l48 48 of 100")
        assert text.endswith("43 languages more")

    def test_a_share_too_small_to_see_is_not_called_nothing(self):
        """Nor zero per cent."""
        one = CutRows("panx", "en", "train", 128, 5000, 1000, 1)
        assert one.sentence() == "en under 1% of 5,000"


class TestSharedOut:
    @settings(max_examples=80, deadline=None)
    @given(
        rows=st.lists(st.integers(1, 3000), max_size=40), total=st.integers(LEAST_ROWS * 40, 9000)
    )
    def test_all_that_there_is_room_for(self, rows, total):
        """No more than there are, at least a few of each, and no room left while rows wait."""
        shares = shared_out(total, rows)
        assert all(min(n, LEAST_ROWS) <= share <= n for share, n in zip(shares, rows, strict=True))
        assert sum(shares) <= total
        assert sum(shares) == sum(rows) or sum(shares) > total - len(rows)
