"""The table of languages: complete, well formed, and helpful about a wrong code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from xlt_core.tasks import all_tasks
from xlt_core.tasks.layout import words
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.languages import RESOURCES, all_languages, family_of, get_language

XTREME_R = words(
    "af ar az bg bn de el en es et eu fa fi fr gu he hi ht hu id it ja jv ka kk ko lt ml mr ms my "
    "nl pa pl pt qu ro ru sw ta te th tl tr uk ur vi wo yo zh"
)


class TestTable:
    def test_holds_the_fifty_languages_of_xtreme_r(self):
        """No language of the protocol is missing."""
        assert len(XTREME_R) == 50
        assert {get_language(code).code for code in XTREME_R} == set(XTREME_R)

    def test_knows_every_language_of_every_task(self):
        """Whatever a task can be scored in has a family."""
        assert all(family_of(code) for task in all_tasks() for code in task.languages)

    @pytest.mark.shared
    def test_knows_every_language_of_the_real_data(self, shared_data: Path):
        """Every code in a file's name is in the table."""
        names = [path.name for path in shared_data.glob("*/*-*.*")]
        codes = {m[1] for name in names if (m := re.search(r"-([a-z]{2,3})\.(tsv|jsonl)$", name))}
        assert len(codes) > 60
        assert codes <= {language.code for language in all_languages()}

    def test_is_sorted_and_without_repeats(self):
        """One line a language, in the order of codes."""
        codes = [language.code for language in all_languages()]
        assert codes == sorted(set(codes))

    def test_every_entry_is_well_formed(self):
        """Codes fit plans, scripts are ISO 15924, nothing is blank."""
        for language in all_languages():
            assert re.fullmatch("[a-z]{2,3}", language.code)
            assert re.fullmatch("[A-Z][a-z]{3}", language.script)
            assert language.resource in RESOURCES
            for text in (language.name, language.family, language.branch):
                assert text
                assert text == text.strip()

    def test_the_lab_cannot_clash_with_a_real_language(self):
        """Its codes are from ISO 639's range for private use, its families or branches marked."""
        for language in all_languages():
            assert language.is_lab == ("qaa" <= language.code <= "qtz" and len(language.code) == 3)
            marked = language.family.startswith("Lab-") or language.branch.startswith("Lab-")
            assert language.is_lab == marked


class TestFamilies:
    @pytest.mark.parametrize(
        ("code", "family"),
        [
            ("en", "Indo-European"),
            ("sw", "Atlantic-Congo"),
            ("he", "Afro-Asiatic"),
            ("eu", "Basque"),
            ("ja", "Japonic"),
            ("ko", "Koreanic"),
            ("ka", "Kartvelian"),
            ("th", "Tai-Kadai"),
            ("vi", "Austroasiatic"),
            ("zh", "Sino-Tibetan"),
            ("qu", "Quechuan"),
            ("ht", "Indo-European"),
            ("bm", "Mande"),
            ("oto", "Otomanguean"),
        ],
    )
    def test_are_glottologs_top_level(self, code: str, family: str):
        """In Glottolog's spelling: Atlantic-Congo, not Niger-Congo."""
        assert family_of(code) == family


class TestResource:
    @pytest.mark.parametrize(
        ("code", "gib", "resource"),
        [
            ("en", 300.8, "high"),
            ("ta", 12.2, "high"),
            ("ka", 9.1, "medium"),
            ("af", 1.3, "medium"),
            ("pa", 0.8, "low"),
            ("xh", 0.1, "low"),
            ("yo", None, "none"),
            ("zh", 63.5, "high"),
            ("my", 2.0, "medium"),
        ],
    )
    def test_follows_the_published_sizes(self, code: str, gib: float | None, resource: str):
        """Cut at 10 and 1 GiB of CC-100."""
        language = get_language(code)
        assert (language.pretraining_gib, language.resource) == (gib, resource)


class TestUnknownCode:
    @pytest.mark.parametrize(
        ("code", "meant"), [("swa", "sw"), ("german", "de"), ("EN", "en"), ("eng", "en")]
    )
    def test_names_the_nearest(self, code: str, meant: str):
        """A mistake says which code was probably meant."""
        with pytest.raises(UserMistake, match=rf"did you mean .*\b{meant} \("):
            get_language(code)

    def test_says_where_to_look_otherwise(self):
        """Nothing near: the list is named."""
        with pytest.raises(UserMistake, match="xlt languages"):
            get_language("??")
