"""Meanings → words, as a language's grammar has them. Next: `rows`, which ask about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xlt_core.lab.concepts import concepts
from xlt_core.lab.languages import LANGUAGES
from xlt_core.lab.lexicon import lexicons
from xlt_core.lab.meaning import Happening, Phrase, Text
from xlt_core.lab.world import World

END = "."
WORD_CLASSES = ("thing", "deed", "trait", "place", "time", "number", "particle", "end")
ROLES = ("agent", "deed", "patient", "place", "time", "end")
_ASKS = {"agent": "who", "patient": "what", "place": "where", "time": "when"}


@dataclass(frozen=True)
class Word:
    """A word of a text.

    Attributes:
        text: as written: stem and endings in one.
        role: which part of the event it belongs to, one of `ROLES`.
        word_class: one of `WORD_CLASSES`.
        event: which of the text's events it belongs to.
    """

    text: str
    role: str
    word_class: str
    event: int


class Speaker:
    """Says texts in one language of a world."""

    def __init__(self, world: World, code: str) -> None:
        """Raises KeyError: the world has no such language."""
        self._grammar = LANGUAGES[code].grammar
        self._words = lexicons(world)[code]
        self._concepts = concepts(world)

    def say(self, text: Text) -> str:
        """The text, its words parted by spaces."""
        return " ".join(word.text for word in self.words(text))

    def words(self, text: Text) -> tuple[Word, ...]:
        """The words of a text, each event closed by a full stop."""
        found: list[Word] = []
        for number, event in enumerate(text):
            parts = (*self._event(event), (END, "end", "end"))
            found += [Word(form, role, kind, number) for form, role, kind in parts]
        return tuple(found)

    def _event(self, event: Happening) -> Iterator[tuple[str, str, str]]:
        grammar = self._grammar
        several = event.agent.number is not None
        parts = {
            "S": [(*word, "agent") for word in self._part(event, "agent", event.agent)],
            "V": [(*word, "deed") for word in self._deed(event, several)],
            "O": [(*word, "patient") for word in self._part(event, "patient", event.patient)],
        }
        body = [word for letter in grammar.order for word in parts[letter]]
        time = [(*word, "time") for word in self._single(event, "time", event.time)]
        place = [(*word, "place") for word in self._single(event, "place", event.place)]
        ordered = [*time, *body, *place] if grammar.time == "first" else [*body, *place, *time]
        for form, kind, role in ordered:
            yield form, role, kind

    def _part(self, event: Happening, role: str, phrase: Phrase | None) -> list[tuple[str, str]]:
        if event.asked == role:
            return [(self._words.particles[_ASKS[role]], "particle")]
        return [] if phrase is None else self._phrase(phrase, role)

    def _phrase(self, phrase: Phrase, role: str) -> list[tuple[str, str]]:
        grammar = self._grammar
        thing = self._stem(phrase.thing)
        if phrase.number is not None:
            thing += self._ending("plural")
        if role == "patient":
            thing += self._ending("object")
        found = [(thing, "thing")]
        if phrase.trait is not None:
            trait = (self._stem(phrase.trait), "trait")
            found = [trait, *found] if grammar.trait == "before" else [*found, trait]
        if phrase.number is not None:
            found.insert(0, (self._stem(phrase.number), "number"))
        if phrase.owner is not None:
            found = self._owned(found, self._stem(phrase.owner))
        return found

    def _owned(self, found: list[tuple[str, str]], owner: str) -> list[tuple[str, str]]:
        ending = self._ending("owner")
        if ending:
            said = [(owner + ending, "thing")]
            return [*said, *found] if self._grammar.owner == "before" else [*found, *said]
        particle = (self._words.particles["of"], "particle")
        if self._grammar.owner == "before":
            return [(owner, "thing"), particle, *found]
        return [*found, particle, (owner, "thing")]

    def _deed(self, event: Happening, several: bool) -> list[tuple[str, str]]:
        deed = self._stem(event.deed) + (self._ending("agreed") if several else "")
        if not event.denied:
            return [(deed, "deed")]
        particle = (self._words.particles["not"], "particle")
        match self._grammar.denied:
            case "before":
                return [particle, (deed, "deed")]
            case "after":
                return [(deed, "deed"), particle]
        return [(deed + self._words.endings["denied"], "deed")]

    def _single(self, event: Happening, role: str, concept: int | None) -> list[tuple[str, str]]:
        """Where or when: a place is marked as the language marks places, a time is not."""
        if event.asked == role:
            return [(self._words.particles[_ASKS[role]], "particle")]
        if concept is None:
            return []
        if role == "time":
            return [(self._stem(concept), "time")]
        particle, stem = (self._words.particles["in"], "particle"), self._stem(concept)
        match self._grammar.place:
            case "before":
                return [particle, (stem, "place")]
            case "after":
                return [(stem, "place"), particle]
        return [(stem + self._words.endings["place"], "place")]

    def _stem(self, concept: int) -> str:
        return self._words.stems[concept]

    def _ending(self, name: str) -> str:
        return self._words.endings[name] if name in self._grammar.endings else ""
