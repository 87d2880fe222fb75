"""Sentences made of numbers never claim what the interval does not carry."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeps.statistics import sentences
from sweeps.statistics.crossed import Statement, estimate
from sweeps.statistics.multiplicity import table
from sweeps.statistics.precedence import order_effects
from sweeps.statistics.replicability import replicability
from sweeps.statistics.saturation import saturation
from sweeps.statistics.winners_curse import honest_gain

WHAT = "the difference of 3 tasks over 1"
BOUND = r"([+−]?[\d.]+)"
LINE = re.compile(rf"between {BOUND} and {BOUND} points in (\w+) \((.*?); (.*?) is shown\)")
ORDER = re.compile(rf"between {BOUND} and {BOUND} points for (\w) before (\w) \(.*?; (.*?) is")


@st.composite
def cells(draw):
    """Few or many languages and seeds, near 0 or far from it, some missing."""
    languages, seeds = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    centre, scale = draw(st.floats(-3, 3)), draw(st.sampled_from([0.0, 0.01, 0.5, 5]))
    found = {
        (f"l{n}", seed): centre + scale * draw(st.floats(-1, 1))
        for n in range(languages)
        for seed in range(seeds)
        if draw(st.integers(0, 9))
    }
    return found or {("l0", 0): centre}


tables = st.dictionaries(
    st.sampled_from(["Uralic", "Turkic", "Koreanic", "Bantu"]), cells(), min_size=1
)


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def checked(sentence: str, lines) -> None:
    """Each claim in `sentence` against the interval of its line."""
    found = {place: (low, high, claim) for low, high, place, _, claim in LINE.findall(sentence)}
    for place, line in lines.items():
        if line.interval is None:
            assert place not in found
            assert re.search(rf"othing can be said of .*in {place} \((one|a|no) ", sentence)
            continue
        low, high, claim = found[place]
        assert number(low) <= line.interval.low <= line.interval.high <= number(high)
        if "neither" not in claim:
            assert line.interval.low > 0 if claim == "a gain" else line.interval.high < 0


class TestGains:
    @given(tables, st.sampled_from(Statement), st.sampled_from([0.8, 0.95]), st.booleans())
    @settings(max_examples=120, deadline=None)
    def test_never_more_than_the_interval_carries(self, places, statement, level, corrected):
        """Bounds as printed hold the interval; a sign only where it leaves out 0."""
        lines = {place: estimate(own, level, statement) for place, own in places.items()}
        if corrected:
            lines = table(lines, level)
        sentence = sentences.gains(WHAT, lines)
        checked(sentence, lines)
        if any(line.interval is not None for line in lines.values()):
            assert f"{100 * level:g} % confidence" in sentence
            assert ("languages like these" in sentence) == (statement == Statement.LIKE_THESE)
            assert ("these languages alone" in sentence) == (statement == Statement.THESE)
        else:
            assert sentence.startswith("Nothing can be said")

    def test_as_it_reads(self):
        """A whole one."""
        lines = {
            "Uralic": estimate({(n, s): 1 + (n == "a") + s for n in "abc" for s in (0, 0.1, 0.2)}),
            "Koreanic": estimate({("ko", 0): 1.0, ("ko", 1): 2.0}),
        }
        assert sentences.gains("the gain of 3 tasks over 1", lines) == (
            "With 95 % confidence, for languages like these, the gain of 3 tasks over 1 lies "
            "between −0.03 and +2.89 points in Uralic (3 languages, 3 seeds; neither gain nor loss "
            "is shown); nothing can be said of it in Koreanic (one language)."
        )

    def test_two_statements_are_two_sentences(self):
        """Nor are corrected and single intervals mixed."""
        own = {(n, s): float(s) for n in "ab" for s in range(3)}
        lines = {"Uralic": estimate(own), "Turkic": estimate(own, statement=Statement.THESE)}
        with pytest.raises(ValueError, match="two sentences"):
            sentences.gains(WHAT, lines)

    def test_all_at_once_is_said(self):
        """Of a corrected table."""
        own = {(n, s): float(s) for n in "ab" for s in range(3)}
        lines = table({"Uralic": estimate(own), "Turkic": estimate(own)})
        assert "all of them together" in sentences.gains(WHAT, lines)

    def test_a_bound_that_rounds_to_nothing_claims_nothing(self):
        """Both bounds are above 0 by less than is printed."""
        line = estimate({(n, s): 0.004 + s / 1e6 for n in "ab" for s in range(3)})
        assert line.shown == 1
        assert "neither gain nor loss" in sentences.gains(WHAT, {"Uralic": line})


class TestOthers:
    @given(st.lists(cells(), min_size=1, max_size=3))
    @settings(max_examples=40, deadline=None)
    def test_saturation_is_said_only_where_every_contrast_is_known(self, counts):
        """What is not ruled out is never understated."""
        same = [{cell: own.get(cell, 0.0) for cell in counts[0]} for own in counts]
        found = saturation(dict(enumerate(same)))
        sentence = sentences.saturated(found)
        if found.enough is None:
            assert "ruled out" not in sentence
        else:
            more = float(re.search(r"up to ([\d.]+) points", sentence)[1])
            later = [line for (_, k), line in found.contrasts.items() if k == found.enough]
            assert all(line.interval.high <= more for line in later)
        assert "no gain" not in sentence

    @given(st.dictionaries(st.permutations("abc").map(tuple), cells(), min_size=1))
    @settings(max_examples=40, deadline=None)
    def test_orders_are_claimed_as_their_intervals_carry(self, plans):
        """A pair is claimed, or undecided, or named as one of which nothing can be said."""
        found = order_effects(plans)
        sentence = sentences.ordered(found)
        said = {(a, b): (low, high, what) for low, high, a, b, what in ORDER.findall(sentence)}
        for pair, one in found.pairs.items():
            if one.line.interval is None:
                assert pair not in said
                continue
            low, high, what = said.pop(pair)
            assert number(low) <= one.line.interval.low <= one.line.interval.high <= number(high)
            assert ("neither" in what) or one.line.shown == (1 if what == "a gain" else -1)
        assert not said
        assert all(f"{a} and {b} (" in sentence for a, b in found.not_estimable)

    @given(st.lists(st.one_of(st.none(), st.floats(1e-5, 1)), min_size=1, max_size=5))
    @settings(max_examples=40, deadline=None)
    def test_the_count_of_languages_is_said_as_found(self, p):
        """At least so many; none is "shown in none", not "there is none"."""
        found = replicability({f"l{n}": one for n, one in enumerate(p)})
        sentence = sentences.replicated("Uralic", found)
        claimed = re.search(r"at least (\d+) of", sentence)
        assert (int(claimed[1]) if claimed else 0) == found.count
        assert sentence.startswith("Nothing") == all(one is None for one in p)

    @given(st.lists(cells(), min_size=1, max_size=3))
    @settings(max_examples=40, deadline=None)
    def test_the_winner_claims_by_seeds_that_did_not_choose(self, own):
        """Its looks are never a claim."""
        same = {str(n): {c: one.get(c, 0.0) for c in own[0]} for n, one in enumerate(own)}
        found = honest_gain(same, same)
        sentence = sentences.chosen(found)
        interval = None if found.estimate is None else found.estimate.interval
        if interval is None:
            assert "nothing can be said" in sentence
            assert "shown" not in sentence
        if "a gain is shown" in sentence:
            assert interval.low > 0
        if "a loss is shown" in sentence:
            assert interval.high < 0
