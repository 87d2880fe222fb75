"""Names as MLflow takes them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeps.tracking.names import (
    KEY_LENGTH,
    legal,
    legal_key,
    legal_text,
    metric_key,
    shortened,
)
from sweeps.tracking.records import MetricPoint, RunRecord


class TestLegalKey:
    @pytest.mark.parametrize(
        ("given_key", "expected"),
        [
            ("dev/xnli/sw/accuracy", "dev/xnli/sw/accuracy"),
            ("gain/xnli/Atlantic-Congo", "gain/xnli/Atlantic-Congo"),
            ("recipe.train.learning_rate", "recipe.train.learning_rate"),
            ("test/xnli/Tupían", "test/xnli/Tupian"),
            ("a%b(c)", "a_b_c_"),
            ("/a//b/", "a/b"),
            ("a/../b", "a/__/b"),
            ("…", "___"),
            ("..a", "__a"),
            (".a", ".a"),
            ("", "_"),
        ],
    )
    def test_known_cases(self, given_key, expected):
        """Names we use stay as they are; others lose what MLflow refuses."""
        assert legal_key(given_key) == expected

    @settings(max_examples=150, deadline=None)
    @given(st.text(st.characters(exclude_categories=()), max_size=400))
    def test_mlflow_takes_every_key(self, text):
        """Whatever the text, its key passes MLflow's check; a second pass changes nothing."""
        from mlflow.utils.validation import _validate_metric, _validate_param, _validate_tag

        key = legal_key(text)
        _validate_metric(key, 1.0, 1, 0)
        _validate_param(key, "value")
        _validate_tag(key, "value")
        assert legal_key(key) == key
        assert len(key) <= KEY_LENGTH

    def test_a_slash_within_a_part(self):
        """A task or family with a slash in its name does not shift the other parts."""
        assert metric_key("dev", "a/b", "sw", "f1") == "dev/a_b/sw/f1"


class TestTexts:
    def test_long_texts_stay_different(self):
        """Two long texts with one beginning are still two after cutting."""
        one, two = shortened("x" * 600 + "1", 500), shortened("x" * 600 + "2", 500)
        assert one != two
        assert len(one) == len(two) == 500

    def test_control_characters_and_surrogates(self):
        """What a database or UTF-8 refuses is replaced; lines and tabs stay."""
        assert legal_text("a\x00b\n\tc\udcff", 100) == "a�b\n\tc�"

    @settings(max_examples=50, deadline=None)
    @given(
        st.dictionaries(st.text(max_size=20), st.text(max_size=7000), max_size=4),
        st.lists(st.tuples(st.text(max_size=20), st.floats(), st.integers(0, 99)), max_size=4),
    )
    def test_a_legal_record_survives_json(self, texts, points):
        """Everything a legal record says comes back from JSON as it was, NaN and all."""
        metrics = tuple(MetricPoint(key, value, 1.5, step) for key, value, step in points)
        record = legal(
            RunRecord(
                *("trial", "s/1", "s", "name", "FINISHED", 1.25, 2.5),
                params=texts,
                tags=texts,
                metrics=metrics,
                artifacts=texts,
            )
        )
        again = RunRecord.from_json(record.to_json())
        assert repr(again) == repr(record)
        assert again.digest == record.digest
