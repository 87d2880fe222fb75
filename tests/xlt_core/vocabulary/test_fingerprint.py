"""Canonical JSON and the hashes made of it: the ground under every key."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlt_core.vocabulary.fingerprint import (
    canonical_json,
    derived_seed,
    fingerprint,
    fingerprint_rows,
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=10,
)


def _shuffled(value, rng: random.Random):
    """The same value with every mapping's keys in another order."""
    if isinstance(value, dict):
        keys = list(value)
        rng.shuffle(keys)
        return {key: _shuffled(value[key], rng) for key in keys}
    return [_shuffled(item, rng) for item in value] if isinstance(value, list) else value


class TestCanonicalJson:
    @settings(max_examples=80, deadline=None)
    @given(values, st.integers(0, 100))
    def test_the_order_of_keys_does_not_matter(self, value, seed: int):
        """At any depth."""
        assert canonical_json(_shuffled(value, random.Random(seed))) == canonical_json(value)

    @settings(max_examples=80, deadline=None)
    @given(values)
    def test_it_is_json_and_loses_nothing(self, value):
        """What is read back equals what was written."""
        assert json.loads(canonical_json(value)) == value

    def test_is_written_so_and_not_otherwise(self):
        """Golden: this form is a promise."""
        assert canonical_json({"b": [1, 2.5, None], "a": "é"}) == '{"a":"é","b":[1,2.5,null]}'

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), [-float("inf")]])
    def test_refuses_what_is_not_finite(self, value):
        """Such a number is equal to nothing or everything."""
        with pytest.raises(ValueError, match="JSON"):
            canonical_json(value)

    def test_refuses_what_json_has_no_form_for(self):
        """A set has no order."""
        with pytest.raises(TypeError):
            canonical_json({"a": {1}})


class TestFingerprints:
    def test_golden(self):
        """Changing any of these changes every key ever made."""
        assert fingerprint({"kind": "train", "seed": 1}) == (
            "8d28b6e5e94424d463808b4a03881188c0f572ed4b662e9479162b6154c5f736"
        )
        assert fingerprint_rows([["a", 1], ["b", 2]]) == (
            "c07c8a9e1e5cccfc9dfb67c9e852b2e0325ce1f79ba4406475efb89075ad6386"
        )
        assert derived_seed("data", 1, "target") == 106842933906698499

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.lists(st.text(max_size=3), max_size=3), max_size=4))
    def test_rows_count_in_order_and_number(self, rows):
        """A repeated or moved row is another data set; a stream equals a list."""
        assert fingerprint_rows(iter(rows)) == fingerprint_rows(rows)
        assert fingerprint_rows([*rows, ["x"]]) != fingerprint_rows(rows)
        if rows and rows[0] != rows[-1]:
            assert fingerprint_rows(rows[::-1]) != fingerprint_rows(rows)

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.text(max_size=5) | st.integers(), min_size=1, max_size=4))
    def test_derived_seeds_fit_every_generator(self, parts):
        """In [0, 2**63), the same each time, another for other parts."""
        seed = derived_seed(*parts)
        assert 0 <= seed < 2**63
        assert seed == derived_seed(*parts)
        assert seed != derived_seed(*parts, "more")
