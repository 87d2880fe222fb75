"""Looking for a password where none may be: in files, rows and the titles of processes."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

CANARY = "canary7c1f"  # every password of a test begins with it


def titles_with(word: str) -> set[str]:
    """Command lines of this machine's processes that hold `word`."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            title = path.read_bytes()
        except OSError:
            continue
        if word.encode() in title:
            found.add(title.decode(errors="replace"))
    return found


def files_with(word: str, *folders: Path, but: Collection[str] = ()) -> list[str]:
    """Files whose name or content holds `word`; `but` those of these names, the user's own."""
    found = []
    for path in (path for folder in folders for path in folder.rglob("*")):
        try:
            shows = path.is_file() and path.name not in but and word.encode() in path.read_bytes()
        except OSError:  # a socket, or gone meanwhile
            continue
        if shows or word in path.name:
            found.append(str(path))
    return found


def rows_with(url: str, word: str) -> list[str]:
    """Rows of a PostgreSQL database of studies that hold `word`, as text."""
    import psycopg2

    found = []
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = 'public'")
        tables = [table for (table,) in cursor.fetchall()]
        assert "studies" in tables
        for table in tables:
            cursor.execute(f'select t::text from "{table}" t')
            found += [row for (row,) in cursor.fetchall() if word in row]
    return found
