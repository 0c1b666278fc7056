"""Everything that PostgreSQL holds, in every form in which text could hide there."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress

import zstandard
from django.db import connection

ZSTD = b"\x28\xb5\x2f\xfd"
# Long enough to hold a mark and short enough to be found inside other text.
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){8,}")
_COLUMNS = """
SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' ORDER BY 1, 2
"""


def columns() -> list[tuple[str, str, str]]:
    """Table, column and type of every column of ours."""
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        return [(str(table), str(column), str(kind)) for table, column, kind in cursor.fetchall()]


def dump() -> Iterator[tuple[str, bytes]]:
    """Every value that is not NULL, with its `table.column`: bytes as they are, everything else as its text."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for table, column, kind in columns():
            value = quote(column) if kind == "bytea" else f"{quote(column)}::text"
            cursor.execute(f"SELECT {value} FROM {quote(table)} WHERE {quote(column)} IS NOT NULL")
            for (found,) in cursor.fetchall():
                yield f"{table}.{column}", found.encode() if isinstance(found, str) else bytes(found)


def activity() -> list[bytes]:
    """The statements that PostgreSQL shows of its connections, and of `pg_stat_statements` where that is installed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(query, '') FROM pg_stat_activity")
        found = [str(query).encode() for (query,) in cursor.fetchall()]
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_stat_statements'")
        if cursor.fetchone():
            cursor.execute("SELECT query FROM pg_stat_statements")
            found += [str(query).encode() for (query,) in cursor.fetchall()]
    return found


def forms(value: bytes, depth: int = 3) -> Iterator[bytes]:
    """The value, and what it is when decoded from hex or base64, or decompressed, one inside the other."""
    yield value
    if not depth:
        return
    inner: list[bytes] = []
    inner += [bytes.fromhex(found.group().decode()) for found in _HEX.finditer(value)]
    for found in _BASE64.finditer(value):
        text = found.group().replace(b"-", b"+").replace(b"_", b"/")
        for start in range(min(4, len(text))):
            piece = text[start : start + (len(text) - start) // 4 * 4]
            inner.append(base64.b64decode(piece))
    for start in (found.start() for found in re.finditer(re.escape(ZSTD), value)):
        with suppress(zstandard.ZstdError):
            inner.append(zstandard.ZstdDecompressor().decompressobj().decompress(value[start:]))
    if value[:1] == b"\x78" or value[:2] == b"\x1f\x8b":
        with suppress(zlib.error):
            inner.append(zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(value))
    for each in inner:
        if len(each) >= 8:
            yield from forms(each, depth - 1 if len(each) < 100_000 else 0)


def found_in(values: Iterable[tuple[str, bytes]], marks: Iterable[str]) -> set[tuple[str, str]]:
    """Which mark was found where, in any form and any case."""
    needles = [(mark, mark.encode().lower()) for mark in marks]
    return {
        (place, mark)
        for place, value in values
        for form in forms(value)
        for mark, needle in needles
        if needle in form.lower()
    }


def rows_with(*texts: str) -> set[str]:
    """The tables that hold a row in whose text one of these stands."""
    holding = set()
    with connection.cursor() as cursor:
        for table in dict.fromkeys(table for table, _, _ in columns()):
            name = connection.ops.quote_name(table)
            cursor.execute(
                f"SELECT EXISTS (SELECT 1 FROM {name} t WHERE t::text LIKE ANY(%s))", ([f"%{text}%" for text in texts],)
            )
            if cursor.fetchone() == (True,):
                holding.add(table)
    return holding
