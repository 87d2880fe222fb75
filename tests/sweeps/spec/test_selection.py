"""Which targets choose the plan, by the data that are there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sweeps.spec.inputs import ResolvedInputs
from sweeps.spec.selection import selection
from xlt_core.vocabulary.refs import DataRef, EncoderRef, SourceRef

SPEC = """\
name: choosers
encoder: xlm-roberta-base
intermediate: {tasks: [mnli], count: 0..1}
targets: [sib200, xcopa, xquad]
recipe: {train: {steps: 10}}
"""


@pytest.fixture
def prepared():
    """SIB-200 with English dev, XCOPA with dev in other languages, XQuAD with test alone."""
    cells = [
        ("sib200", "en", "dev"),
        ("sib200", "sw", "test"),
        ("xcopa", "sw", "dev"),
        ("xquad", "en", "test"),
        ("mnli", "en", "train"),
    ]
    data = {cell: DataRef(*cell, fingerprint="f", rows=1) for cell in cells}
    return ResolvedInputs(EncoderRef("e", "f", "e"), SourceRef("folder"), data)


@pytest.fixture
def sweep(sweep_of):
    """A sweep with targets that differ in what dev they have."""
    return sweep_of(SPEC)


class TestSelection:
    def test_a_target_without_english_dev_is_named(self, sweep, prepared):
        """XCOPA has no English: it takes no part, and is not left out without a word."""
        found = selection(sweep, prepared)
        assert (found.choosing, found.silent) == (("sib200",), ("xcopa", "xquad"))
        assert found.sentence() == (
            "Chosen on English dev of sib200; xcopa and xquad take no part, having none."
        )

    def test_target_languages_let_others_choose(self, sweep, prepared):
        """By target languages, whatever has dev in any language takes part."""
        found = selection(sweep, prepared, "all")
        assert (found.choosing, found.silent) == (("sib200", "xcopa"), ("xquad",))

    def test_where_only_english_has_dev_target_languages_do_not_choose(self, sweep, prepared):
        """Whatever the spec says: what is chosen on English is said to be."""
        data = {cell: ref for cell, ref in prepared.data.items() if cell != ("xcopa", "sw", "dev")}
        found = selection(sweep, replace(prepared, data=data), "all")
        assert found.choosing == ("sib200",) and not found.is_on_targets
        assert found.sentence().startswith("Chosen on English dev of sib200;")
        assert selection(sweep, prepared, "all").is_on_targets
        assert not selection(sweep, prepared).is_on_targets

    def test_where_none_has_dev_it_is_named_by_what_was_asked(self, sweep, prepared):
        """A line that stays empty is not said to be English's."""
        found = selection(sweep, replace(prepared, data={}), "all")
        assert found.sentence().startswith("Chosen on target-language dev of no target;")

    def test_where_all_choose_none_is_silent(self, sweep, prepared):
        """One sentence, and no word of anybody missing."""
        dev = {("sib200", "en", "dev"), ("xcopa", "en", "dev"), ("xquad", "en", "dev")}
        whole = ResolvedInputs(
            prepared.encoder,
            prepared.source,
            {cell: DataRef(*cell, fingerprint="f", rows=1) for cell in dev},
        )
        sentence = selection(sweep, whole).sentence()
        assert sentence == "Chosen on English dev of sib200 and xcopa and xquad."
