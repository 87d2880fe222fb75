"""The languages: related by regular sound change, each with a grammar of its own."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations

import pytest

from xlt_core.lab.concepts import concepts, mood_free
from xlt_core.lab.grammar import Speaker
from xlt_core.lab.languages import CODES, LANGUAGES, changes, family
from xlt_core.lab.lexicon import lexicons, sounded
from xlt_core.lab.meaning import Happening, Phrase
from xlt_core.lab.sounds import SCRIPTS, written
from xlt_core.lab.world import World
from xlt_core.vocabulary.languages import get_language

WORLDS = [World(), World(3), World(4, distance=1.0), World(5, distance=0.25)]
FAMILIES = {code: family(code) for code in CODES}
SCRIPT = {code: get_language(code).script for code in CODES}


def test_there_are_enough_of_them():
    """Twelve and English in five families, English's with others in it; three scripts."""
    assert len(CODES) >= 13
    assert len(set(FAMILIES.values())) == 5
    assert sum(name == FAMILIES["en"] for name in FAMILIES.values()) >= 3
    assert set(SCRIPT.values()) == set(SCRIPTS)
    assert {LANGUAGES[code].grammar.order for code in CODES} == {"SVO", "SOV", "VSO"}
    assert {get_language(code).resource for code in CODES} >= {"high", "medium", "low"}


def _latin(world: World, code: str) -> list[str]:
    """Stems in Latin letters."""
    back = str.maketrans(SCRIPTS[SCRIPT[code]], SCRIPTS["Latn"])
    return [stem.translate(back) for stem in lexicons(world)[code].stems]


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.location)
class TestWords:
    def test_no_language_has_two_concepts_in_one_word(self, world: World):
        """So that every text says one thing."""
        for code, words in lexicons(world).items():
            assert len(set(words.stems)) == len(concepts(world)), code
            assert len(set(words.particles.values())) == len(words.particles)
            assert len(set(words.endings.values())) == len(words.endings)

    def test_are_of_their_script(self, world: World):
        """Every letter."""
        for code, words in lexicons(world).items():
            assert set("".join(words.stems)) <= set(SCRIPTS[SCRIPT[code]])

    def test_sound_change_is_regular(self, world: World):
        """What a sound of one relative is in another is told by the sound and its place."""
        for one, other in combinations(CODES, 2):
            if FAMILIES[one] != FAMILIES[other]:
                continue
            pairs = zip(_latin(world, one), _latin(world, other), strict=True)
            kept = {code: lexicons(world)[code].inherited for code in (one, other)}
            found: dict[tuple[int, str], set[str]] = defaultdict(set)
            for index, (first, second) in enumerate(pairs):
                if index not in kept[one] or index not in kept[other]:
                    continue
                root = kept[one][index]
                assert kept[other][index] == root
                assert (sounded(world, one, root), sounded(world, other, root)) == (first, second)
                for place in range(4):
                    found[place, root[place]].add(first[place] + second[place])
            assert found and all(len(outcomes) == 1 for outcomes in found.values())

    def test_loans_are_english_words_as_they_are(self, world: World):
        """In another script only their letters are others."""
        english = lexicons(world)["en"].stems
        for code, words in lexicons(world).items():
            for index in words.loans:
                assert words.stems[index] == written(english[index], SCRIPT[code])


def test_relatives_are_nearer_and_all_the_nearer_the_smaller_the_distance():
    """By how many stems are the very same, but for the script."""
    shares = []
    for distance in (0.0, 0.25, 0.5, 1.0):
        world = World(distance=distance)
        english = _latin(world, "en")
        same = {
            code: sum(one == other for one, other in zip(english, _latin(world, code), strict=True))
            for code in CODES
            if code != "en"
        }
        near = [same[code] for code in same if FAMILIES[code] == FAMILIES["en"]]
        far = [same[code] for code in same if FAMILIES[code] != FAMILIES["en"]]
        assert distance == 0.0 or min(near) > max(far)
        shares.append((sum(near), sum(far)))
    assert [near for near, _ in shares] == sorted((near for near, _ in shares), reverse=True)
    assert [far for _, far in shares] == sorted((far for _, far in shares), reverse=True)
    assert shares[0][1] == 10 * len(concepts(World())) and shares[-1][1] < 20


def test_some_laws_are_shared_by_a_branch():
    """A branch's come first."""
    assert changes("qca")[0] == changes("qcb")[0]
    assert changes("qca") != changes("qcb")


class TestGrammar:
    WORLD = World()

    def event(self) -> Happening:
        thing, trait, deed, number = (
            mood_free(self.WORLD, name) for name in ("thing", "trait", "deed", "number")
        )
        return Happening(deed[0], Phrase(thing[0], trait[0]), Phrase(thing[1], None, number[0]))

    @pytest.mark.parametrize("code", CODES)
    def test_words_stand_in_the_languages_order(self, code: str):
        """Agent, deed and patient; a trait beside its thing."""
        grammar = LANGUAGES[code].grammar
        words = Speaker(self.WORLD, code).words((self.event(),))
        letters = {"agent": "S", "deed": "V", "patient": "O"}
        order = [letters[word.role] for word in words if word.role in letters]
        assert "".join(dict.fromkeys(order)) == grammar.order
        agent = [word.word_class for word in words if word.role == "agent"]
        assert agent == (["trait", "thing"] if grammar.trait == "before" else ["thing", "trait"])

    @pytest.mark.parametrize("code", CODES)
    def test_endings_are_there_where_the_language_has_them(self, code: str):
        """A patient of more than one has both, plural first."""
        grammar, words = LANGUAGES[code].grammar, lexicons(self.WORLD)[code]
        event = self.event()
        assert event.patient is not None
        said = Speaker(self.WORLD, code).words((event,))
        (thing,) = [w.text for w in said if w.role == "patient" and w.word_class == "thing"]
        wanted = [words.endings[n] for n in ("plural", "object") if n in grammar.endings]
        assert thing == words.stems[event.patient.thing] + "".join(wanted)

    def test_families_deny_in_different_ways(self):
        """A particle in some, an ending in others."""
        ways = Counter(LANGUAGES[code].grammar.denied for code in CODES)
        assert ways["ending"] >= 3 and ways["before"] + ways["after"] >= 3
