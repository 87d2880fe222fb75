"""Addresses without their secrets: what is kept, shown, compared, and given to who connects."""

from __future__ import annotations

import pytest

from xlt_core.vocabulary.address import (
    bare,
    disarmed,
    filled,
    missing,
    parted,
    secret,
    starred,
    variables,
)
from xlt_core.vocabulary.errors import UserMistake

# As written; as kept; without secrets; the values.
WITH_SECRETS = [
    (
        "postgresql://me:canary@host:5432/db",
        "postgresql://me:${XLT_STORAGE_PASSWORD}@host:5432/db",
        "postgresql://me@host:5432/db",
        ("canary",),
    ),
    (
        "postgresql://me:can%40ary@host/db",
        "postgresql://me:${XLT_STORAGE_PASSWORD}@host/db",
        "postgresql://me@host/db",
        ("can@ary",),
    ),
    (
        "mysql+pymysql://me:p@canary:x@host/db",
        "mysql+pymysql://me:${XLT_STORAGE_PASSWORD}@host/db",
        "mysql+pymysql://me@host/db",
        ("p@canary:x",),
    ),
    (
        "postgresql://me:can/ary@host/db",
        "postgresql://me:${XLT_STORAGE_PASSWORD}@host/db",
        "postgresql://me@host/db",
        ("can/ary",),
    ),
    (
        "postgresql://me:can#a?ry@host/db",
        "postgresql://me:${XLT_STORAGE_PASSWORD}@host/db",
        "postgresql://me@host/db",
        ("can#a?ry",),
    ),
    (
        "https://:canary@host",
        "https://:${XLT_STORAGE_PASSWORD}@host",
        "https://@host",
        ("canary",),
    ),
    (
        "postgresql:///db?user=me&password=canary&sslmode=require",
        "postgresql:///db?user=me&password=${XLT_STORAGE_QUERY_PASSWORD}&sslmode=require",
        "postgresql:///db?user=me&sslmode=require",
        ("canary",),
    ),
    (
        "postgresql://me:canary@host/db?sslpassword=canary2",
        "postgresql://me:${XLT_STORAGE_PASSWORD}@host/db"
        "?sslpassword=${XLT_STORAGE_QUERY_SSLPASSWORD}",
        "postgresql://me@host/db",
        ("canary2", "canary"),
    ),
    (
        "https://host/x?X-Amz-Signature=canary",
        "https://host/x?X-Amz-Signature=${XLT_STORAGE_QUERY_X_AMZ_SIGNATURE}",
        "https://host/x",
        ("canary",),
    ),
]
WITHOUT = [
    "/runs/me:word@host/x",
    "runs/stages",
    "sqlite:////data/me%3Aword%40host/study.db",
    "http://host:5000/@me",
    "http://host:5000",
    "s3://bucket/stages",
    "s3://bucket/a:b@c",
    "postgresql://me@host/db?sslmode=require",
    "memory://x",
]


@pytest.mark.parametrize(("written", "kept", "shown", "secrets"), WITH_SECRETS)
class TestSecrets:
    def test_are_taken_out(self, written, kept, shown, secrets):
        """What is kept names variables; their values are the secrets, decoded."""
        found, values = disarmed(written, "storage")
        assert found == kept
        assert sorted(values.values()) == sorted(secrets)
        assert set(variables(found)) == set(values)
        assert disarmed(found, "storage") == (found, {})

    def test_come_back_for_who_connects(self, written, kept, shown, secrets, monkeypatch):
        """SQLAlchemy reads them as they were meant."""
        from sqlalchemy.engine import make_url

        _, values = disarmed(written, "storage")
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        url = make_url(filled(kept))
        got = {url.password, *(url.query[name] for name in url.query)}
        assert set(secrets) <= got

    def test_are_not_compared(self, written, kept, shown, secrets):
        """Another password is the same place."""
        assert bare(written) == bare(kept) == shown

    def test_are_not_shown(self, written, kept, shown, secrets):
        """In no sentence that somebody else worded."""
        told = starred(f"cannot connect to {written}: timed out")
        assert "canary" not in told
        assert told.endswith("timed out")
        assert starred(f"at {kept} now") == f"at {kept} now"

    def test_a_missing_one_is_named(self, written, kept, shown, secrets, monkeypatch):
        """By its variable, and the address without secrets."""
        for name in variables(kept):
            monkeypatch.delenv(name, raising=False)
        assert missing(kept) == variables(kept)
        with pytest.raises(UserMistake) as caught:
            filled(kept)
        assert any(name in str(caught.value) for name in variables(kept))
        assert shown in str(caught.value)


@pytest.mark.parametrize("address", WITHOUT)
def test_what_holds_none_stays(address):
    """To the letter."""
    assert disarmed(address, "store") == (address, {})
    assert bare(address) == starred(address) == filled(address) == address
    assert parted(address) == (address, "")


def test_a_value_is_quoted_where_addresses_want_it(monkeypatch):
    """Where a user or a password stands; a host or a path is put in as it is."""
    monkeypatch.setenv("WORD", "a/b@c")
    assert filled("postgresql://${WORD}:${WORD}@host/db") == (
        "postgresql://a%2Fb%40c:a%2Fb%40c@host/db"
    )
    assert filled("${WORD}") == "a/b@c"
    assert filled("s3://bucket/${WORD}") == "s3://bucket/a/b@c"


class TestSecretsInFiles:
    """As containers are handed them: the variable with `_FILE` names the file."""

    def test_are_read(self, tmp_path, monkeypatch):
        (tmp_path / "word").write_text("a/b\n", encoding="utf-8")
        monkeypatch.setenv("WORD_FILE", str(tmp_path / "word"))
        assert filled("postgresql://me:${WORD}@host/db") == "postgresql://me:a%2Fb@host/db"
        assert missing("postgresql://me:${WORD}@host/db") == ()

    def test_the_environment_goes_first(self, tmp_path, monkeypatch):
        monkeypatch.setenv("WORD", "mine")
        monkeypatch.setenv("WORD_FILE", str(tmp_path / "none"))
        assert secret("WORD") == "mine"

    @pytest.mark.parametrize("value", ["", None])
    def test_an_empty_variable_is_none(self, tmp_path, monkeypatch, value):
        """As containers set those that nobody gave; nor does an empty `_FILE` name a file."""
        (tmp_path / "word").write_text("told", encoding="utf-8")
        if value is None:
            monkeypatch.delenv("WORD", raising=False)
        else:
            monkeypatch.setenv("WORD", value)
        monkeypatch.setenv("WORD_FILE", str(tmp_path / "word"))
        assert secret("WORD") == "told"
        monkeypatch.setenv("WORD_FILE", "")
        assert secret("WORD") == value

    def test_a_home_that_nobody_knows(self, monkeypatch):
        monkeypatch.setenv("WORD_FILE", "~nobody-of-that-name/word")
        with pytest.raises(UserMistake, match="WORD_FILE"):
            secret("WORD")

    @pytest.mark.parametrize("content", [None, b"\xff"])
    def test_a_file_that_cannot_be_read_is_named(self, tmp_path, monkeypatch, content):
        path = tmp_path / "word"
        if content is not None:
            path.write_bytes(content)
        monkeypatch.setenv("WORD_FILE", str(path))
        with pytest.raises(UserMistake, match=f"WORD_FILE(.|\n)*{path}"):
            missing("postgresql://me:${WORD}@host/db")


def test_a_store_takes_passwords_as_they_stand():
    """fsspec decodes nothing."""
    kept, values = disarmed("ftp://me:a%40b@host/x", "store", decode=False)
    assert (kept, values) == (
        "ftp://me:${XLT_STORE_PASSWORD}@host/x",
        {"XLT_STORE_PASSWORD": "a%40b"},
    )
    assert parted("ftp://me:a%40b@host/x", decode=False) == ("ftp://me@host/x", "a%40b")
