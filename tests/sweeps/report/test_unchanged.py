"""What `xlt results` prints, word for word: programs of old cut it up, people know it by heart."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweeps.report.render import results_report
from sweeps.report.text import as_text
from sweeps.results.rows import read_results

PRINTED = Path(__file__).parent / "printed"


@pytest.mark.parametrize(("every", "width"), [(False, 60), (False, 160), (True, 100)])
def test_the_tables_of_a_sweep(made, every, width):
    """On a narrow terminal, in a file, and with every plan."""
    printed = (PRINTED / f"{'all' if every else 'best'}-{width}.txt").read_text(encoding="utf-8")
    assert as_text(results_report(read_results(made.folder), every), width) == printed
