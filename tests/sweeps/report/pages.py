"""A page read back: its tags, its words, its sections and figures."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "img", "input", "link"}


class Page(HTMLParser):
    """What a page is made of; asserts that what is opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def of(self, *tags):
        return [attributes for tag, attributes in self.tags if tag in tags]


def sections_of(page: str) -> list[str]:
    """Names of the sections, in order."""
    return [str(attributes["id"]) for attributes in Page(page).of("section")]


def figures_of(page: str) -> list[str]:
    """Names of the tables that are drawn, in order."""
    return re.findall(r'<details>.*?<table id="table-([^"]*)"', page, re.DOTALL)
