"""The report of a sweep as a value, a page and files: the same numbers in all of them."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from sweeps.report.cells import texts
from sweeps.report.compared import comparison
from sweeps.report.document import Column, Figure, Kind, Paragraph, Shown, Table
from sweeps.report.drawing import shade, word_on
from sweeps.report.files import contents, write_report
from sweeps.report.page import html
from sweeps.report.plain import to_csv, to_json, to_parquet
from sweeps.report.whole import whole_report
from sweeps.results.facts import read_facts
from sweeps.spec.files import LocalFiles
from tests.sweeps.report.pages import Page
from xlt_core.vocabulary.errors import UserMistake


@pytest.fixture(scope="module")
def facts(made_once):
    """What is known of the finished sweep."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XLT_RUNS", str(made_once.folder.runs))
        return read_facts(made_once.folder)


@pytest.fixture(scope="module")
def report(facts):
    """Its report."""
    return whole_report(facts)


@pytest.fixture(scope="module")
def files(report):
    """Its files."""
    return contents(report)


class TestPage:
    def test_is_well_formed_and_names_each_thing_once(self, files):
        """Every tag is closed; ids are unique, and every link within the page leads to one."""
        page = Page(files["report.html"].decode())
        ids = [attributes["id"] for _, attributes in page.tags if attributes.get("id")]
        assert len(ids) == len(set(ids))
        links = [a["href"] for a in page.of("a")]
        assert links and {link.removeprefix("#") for link in links} <= set(ids)

    def test_needs_nothing_else(self, files):
        """Nothing is loaded from anywhere; small enough to be sent about."""
        text = files["report.html"].decode()
        page = Page(text)
        for name in ("src", "srcset", "data", "action"):
            assert not [a for _, a in page.tags if name in a]
        assert not page.of("link", "iframe", "object", "embed", "img")
        own = re.sub(r'xmlns(:\w+)?="http://www.w3.org/[^"]*"', "", text)
        assert not re.search(r"https?:|@import|url\((?!#)", own)
        assert len(text) < 3_000_000

    def test_can_be_read_without_eyes_or_mouse(self, files, report):
        """Language, landmarks, one h1 and h2s after it, captions, scopes, words for pictures."""
        page = Page(files["report.html"].decode())
        assert page.of("html") == [{"lang": "en"}]
        assert all(len(page.of(tag)) == 1 for tag in ("main", "nav", "header", "footer", "h1"))
        assert len(page.of("h2")) == len(report.sections)
        assert len(page.of("caption")) == len(page.of("table"))
        assert all(a.get("scope") in ("row", "col") for a in page.of("th"))
        pictures = [a for _, a in page.tags if a.get("role") == "img"]
        assert len(pictures) == len([*report.figures()]) > 3
        assert all(a["aria-label"] for a in pictures)

    def test_has_what_was_promised_in_order(self, report):
        """Question and answer first, what makes it again last."""
        names = [section.name for section in report.sections]
        wanted = ["answer", "plans", "winners", "families", "languages", "counts"]
        assert names == [*wanted, "stages", "limits", "numbers", "origin"]

    def test_odd_names_are_text(self, facts):
        """Nothing that a user named is taken for HTML, by mathematics or by the tree."""
        odd = "<b>&$\\x_1$\"'"
        rows = tuple(
            replace(row, plan=odd if row.trial == 1 else row.plan) for row in facts.results.rows
        )
        page = html(whole_report(replace(facts, results=replace(facts.results, rows=rows))))
        Page(page)
        assert "<b>" not in page
        assert "&lt;b&gt;&amp;$\\x_1$" in page


class TestSameNumbers:
    def test_in_json_csv_and_parquet(self, files, report):
        """Every table, every cell, at full precision."""
        from pyarrow import parquet

        said = json.loads(files["report.json"])
        parts = [part for section in said["sections"] for part in section["parts"]]
        found = {part["data"]["table"]: part["data"] for part in parts if "data" in part}
        found |= {part["table"]: part for part in parts if "table" in part}
        tables = {table.name: table for table in report.tables()}
        assert found.keys() == tables.keys() and len(tables) > 8
        for name, table in tables.items():
            names = [column.name for column in table.columns]
            assert found[name]["rows"] == [list(row) for row in table.rows]
            stored = parquet.read_table(io.BytesIO(files[f"tables/{name}.parquet"]))
            assert stored.column_names == names
            assert [tuple(row[n] for n in names) for row in stored.to_pylist()] == [*table.rows]
            head, *lines = csv.reader(io.StringIO(files[f"tables/{name}.csv"].decode()))
            assert head == names
            for line, row in zip(lines, table.rows, strict=True):
                for text, value in zip(line, row, strict=True):
                    assert _read(text, value) == value

    def test_on_the_page(self, files, report):
        """What it shows of a table is how the table's values are written."""
        words = [w.strip() for w in Page(files["report.html"].decode()).words if w.strip()]
        for table in report.tables():
            for row in texts(table)[: table.most]:
                assert set(filter(None, row)) <= set(words), table.name

    def test_a_setting_that_is_sometimes_text(self):
        """Columns of searched settings take whatever was searched."""
        from pyarrow import parquet

        def stored(*values):
            rows = tuple((value,) for value in values)
            table = Table("t", "t", (Column("setting_x", Kind.SETTING),), rows)
            found = parquet.read_table(io.BytesIO(to_parquet(table, to_csv(table))))
            return [row["setting_x"] for row in found.to_pylist()]

        assert stored(1, 2, None) == [1, 2, None]
        assert stored(1, 0.5) == [1.0, 0.5]
        assert stored(True, False) == [True, False]
        assert stored(True, "a", 1) == ["true", "a", "1"]
        assert stored("two\nlines, one", None) == ["two\nlines, one", None]
        assert stored(None) == [None] and stored() == []

    def test_what_is_not_there_is_empty(self):
        """And yes is `true`."""
        table = Table("t", "t", (Column("a"), Column("b", Kind.YES_NO)), ((None, True),))
        assert to_csv(table) == "a,b\n,true\n"


def _read(text, value):
    if value is None:
        return None if text == "" else text
    if isinstance(value, bool):
        return {"true": True, "false": False}[text]
    return type(value)(text)


class TestFiles:
    def test_the_same_report_has_the_same_bytes(self, files, made):
        """Read and drawn anew."""
        assert contents(whole_report(read_facts(made.folder))) == files

    def test_figures_are_svg_with_words_as_text(self, files):
        """Each opens by itself."""
        figures = [name for name in files if name.startswith("figures/")]
        assert len(figures) > 3
        for name in figures:
            root = ElementTree.fromstring(files[name])
            assert [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
            assert b"<date" not in files[name] and b"<image" not in files[name]

    def test_written_again_it_replaces_its_own(self, report, files, tmp_path):
        """What an earlier one left goes, what is somebody's stays."""
        write_report(report, LocalFiles(tmp_path), "--out x")
        (tmp_path / "mine.txt").write_text("mine")
        (tmp_path / "tables" / "mine.csv").write_text("mine")
        fewer = replace(report, sections=report.sections[:1])
        write_report(fewer, LocalFiles(tmp_path), "--out x")
        names = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
        assert names == {*contents(fewer), "mine.txt", "tables/mine.csv"}
        assert names < {*files, "mine.txt", "tables/mine.csv"}

    def test_a_file_of_somebody_elses_is_not_overwritten(self, report, tmp_path):
        """Nothing is written at all."""
        (tmp_path / "report.html").write_text("mine")
        with pytest.raises(UserMistake, match=r"holds report\.html, which no report wrote"):
            write_report(report, LocalFiles(tmp_path), "--out x")
        assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
        assert (tmp_path / "report.html").read_text() == "mine"


def test_numbers_can_be_told_from_what_they_stand_on():
    """At every shade at least 4.5 to 1, as WCAG asks."""

    def luminance(colour):
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        red, green, blue = (
            (p / 12.92 if p <= 0.04 else ((p + 0.055) / 1.055) ** 2.4) for p in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05

    for percent in range(-100, 101):
        found = shade(percent / 100)
        pair = sorted([luminance(found), luminance(word_on(found))])
        assert pair[1] / pair[0] > 4.5, percent


class TestDocument:
    def test_a_table_that_is_none(self):
        """Rows of another length, columns twice or not there."""
        columns = (Column("a"), Column("b"))
        with pytest.raises(ValueError, match="has not 2 values"):
            Table("t", "t", columns, ((1,),))
        with pytest.raises(ValueError, match="two columns"):
            Table("t", "t", (Column("a"), Column("a")), ())
        with pytest.raises(ValueError, match="no column c"):
            Table("t", "t", columns, (), (Shown("c", ("c",)),))

    def test_every_number_is_finite(self, report):
        """JSON has no other."""
        for table in report.tables():
            for row in table.rows:
                assert all(not isinstance(v, float) or math.isfinite(v) for v in row)

    def test_says_what_cannot_be_concluded(self, facts):
        """Of an unfinished sweep, that it is one; of two seeds, what they do not tell."""
        said = _paragraphs(whole_report(replace(facts, state="interrupted")), "limits")
        assert said[0].startswith("The sweep is interrupted: what is said is of the trials")
        assert any("2 seeds can reject nothing by sign flips" in text for text in said)
        assert "interrupted" not in _paragraphs(whole_report(facts), "limits")[0]


def _paragraphs(report, name):
    (section,) = [section for section in report.sections if section.name == name]
    return [part.text for part in section.parts if isinstance(part, Paragraph)]


class TestAnswer:
    def test_is_of_seeds_that_did_not_choose(self, report):
        """A sentence a way of choosing; the gain is never that of the seeds that chose alone."""
        english, every = _strong(report)
        assert english.startswith("Selected on English dev (zero-shot): on lab-nli, lab-p")
        assert every.startswith("Selected on target languages (dev of every language; not zero-")
        assert "nothing can be said of what it gains on others (no spread)" in english
        assert "choosing in this way gains between" in every and "that did not choose" in every

    def test_where_that_cannot_be_had_it_is_said(self, facts):
        """A search that learns has seen every seed."""
        sweep = facts.results.sweep
        sweep = replace(sweep, search=replace(sweep.search, method="tpe"))
        found = whole_report(replace(facts, results=replace(facts.results, sweep=sweep)))
        english, _ = _strong(found)
        assert "the gain of lab-pairs over no intermediate task lies between" in english
        assert "by how much that overstates its gain cannot be had here" in english
        assert "choosing" not in {table.name for table in found.tables()}

    def test_no_better_plan_is_an_answer(self, facts):
        """The baseline wins."""
        rows = tuple(replace(r, score=r.score - 50 * (r.trial > 0)) for r in facts.results.rows)
        found = whole_report(replace(facts, results=replace(facts.results, rows=rows)))
        assert all("no intermediate task; no plan did better." in text for text in _strong(found))


def _strong(report):
    parts = report.sections[0].parts
    return [p.text for p in parts if isinstance(p, Paragraph) and p.tone == "strong"]


class TestGaps:
    """What is not there is named, and nothing falls over it."""

    @pytest.mark.parametrize(
        "lacks",
        [
            lambda row: True,
            lambda row: row.trial > 0,
            lambda row: row.trial == 3 and row.language != "en",
            lambda row: row.trial in (1, 2) and row.seed == 1,
            lambda row: (row.trial < 3) == (row.seed == 1),
        ],
    )
    def test_gains_without_a_baseline(self, facts, lacks):
        """Any of them."""
        rows = tuple(replace(r, gain=None) if lacks(r) else r for r in facts.results.rows)
        found = whole_report(replace(facts, results=replace(facts.results, rows=rows)))
        assert any("No gain on lab-nli" in text for text in _paragraphs(found, "limits"))
        Page(html(found))

    def test_missing_cells_are_named(self, facts):
        """By language and seed."""
        rows = tuple(
            replace(r, gain=None) if (r.trial, r.language, r.seed) == (3, "qlb", 1) else r
            for r in facts.results.rows
        )
        found = whole_report(replace(facts, results=replace(facts.results, rows=rows)))
        said = "Gains on lab-nli lack cells, which are not filled in: qlb seed 1."
        assert said in _paragraphs(found, "limits")

    @pytest.mark.parametrize(
        "keeps",
        [
            lambda row: row.trial == 0,
            lambda row: row.split == "dev",
            lambda row: row.seed == 0,
            lambda row: row.language == "en",
            lambda row: row.language != "en",
            lambda row: False,
        ],
    )
    def test_scores_that_are_not_there(self, facts, keeps):
        """A baseline alone, one split, one seed, one language, none in English, nothing."""
        kept = tuple(filter(keeps, facts.results.rows))
        sweep = replace(facts.results.sweep, seeds=tuple(sorted({r.seed for r in kept})) or (0,))
        results = replace(facts.results, rows=kept, sweep=sweep)
        one = replace(facts, results=results)
        for report in (whole_report(one), comparison([one, facts])):
            Page(html(report))
            assert report.sections[0].name == "answer"


class TestCompared:
    def test_families_of_sweeps_stand_side_by_side(self, facts):
        """Each family of each sweep once, for each way of choosing; drawn and named."""
        other = replace(facts.results.sweep, name="other")
        found = comparison([facts, replace(facts, results=replace(facts.results, sweep=other))])
        tables = {table.name: table for table in found.tables()}
        lines = tables["compared-english"]
        who = list(zip(*map(lines.column, ("target", "family", "sweep")), strict=True))
        assert len(set(who)) == len(who) == 6
        assert [who[0][2], who[1][2]] == ["made", "other"]
        assert set(lines.column("encoder")) == {"lab-small"}
        assert [figure.name for figure in found.figures()] == ["forest-english", "forest-all"]
        Page(html(found))

    def test_two_of_one_name_are_told_apart(self, facts):
        """By what commands call them: no line hides another."""
        found = comparison([facts, replace(facts, called="there/made")])
        tables = {table.name: table for table in found.tables()}
        assert set(tables["compared-english"].column("sweep")) == {"made", "there/made"}
        assert tables["compared-english"].sentence.count("(one language)") == 4
        assert set(tables["scores"].column("sweep")) == {"made", "there/made"}
        assert tables["winners-all"].column("sweep") == ("made", "there/made")


def test_a_figure_says_the_same_as_json(report):
    """A part of each kind is there."""
    kinds = {type(part) for section in report.sections for part in section.parts}
    assert kinds == {Paragraph, Table, Figure}
    assert next(one["name"] for one in to_json(report)["sections"]) == "answer"
