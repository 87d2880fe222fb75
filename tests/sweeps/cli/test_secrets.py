"""No refusal shows a password of an address that is refused, nor leaves it in a file."""

from __future__ import annotations

import pytest

CANARY = "canary7c1f"
SPEC = """\
name: sealed
encoder: lab-small
data: lab
intermediate: {{tasks: [lab-pairs], count: 0..1}}
targets: [lab-nli]
languages: [en]
recipe: {{train: {{steps: 3}}, target: {{steps: 3}}}}
search: {{method: grid}}
{field}: {address}
"""


@pytest.mark.parametrize(
    ("field", "address"),
    [
        ("storage", f"postgresql://me:{CANARY}@127.0.0.1:9/db"),
        ("storage", f"postgresql://127.0.0.1:9/db?user=me&password={CANARY}"),
        ("storage", f"quux://me:{CANARY}@host/db"),
        ("storage", f"postgresql://me:{CANARY}@127.0.0.1:port/db"),
        ("store", f"ftp://me:{CANARY}@127.0.0.1:9/x"),
        ("store", f"quux://me:{CANARY}@host/x"),
        ("store", f"ftp://me:{CANARY}@"),
        ("surprise", f"ftp://me:{CANARY}@host"),
    ],
)
@pytest.mark.parametrize("command", ["run", "plan"])
def test_no_refusal_shows_one(field, address, command, tmp_path, monkeypatch, xlt):
    """On the screen, in a log, in the folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("STORAGE_PASSWORD", "STORE_PASSWORD", "STORAGE_QUERY_PASSWORD"):
        monkeypatch.setenv(f"XLT_{name}", "")  # as it was, afterwards
    (tmp_path / "sealed.yaml").write_text(SPEC.format(field=field, address=address))
    said = xlt(command, "sealed.yaml")
    assert (said.code, CANARY in said.out + said.err) == (2, False), said
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".yaml"]
    assert not [path for path in files if CANARY.encode() in path.read_bytes()]


def test_what_resume_needs_is_said_at_once(made, monkeypatch, xlt):
    """Every variable that is not set, by its name, before data and encoder are opened."""
    text = (made.folder.path / "spec.yaml").read_text()
    kept = text.replace("tracking: ''", "tracking: http://me:${TRACKER}@host")
    assert kept != text
    monkeypatch.delenv("TRACKER", raising=False)
    (made.folder.path / "spec.yaml").write_text(kept)
    try:
        said = xlt("resume", "made")
    finally:
        (made.folder.path / "spec.yaml").write_text(text)
    assert said.code == 2
    assert "TRACKER" in said.err and "opening data" not in said.err
