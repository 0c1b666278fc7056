"""What `doctor` examines in the database: server, tables, clock, connections, keys, content, queue, event log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final

import psycopg
from django.conf import settings
from django.db import connection
from psycopg.rows import dict_row

from chatapp import content, jobs, keys, postgres, process, schema
from chatapp.doctor.findings import Check, Finding, Level
from chatapp.models import AuditEntry, Thread, UserKey
from chatapp.refusals import Refusal
from chatapp.sealing import SealError

CONNECT_SECONDS: Final = 5
CLOCK_SECONDS: Final = 2.0
SAMPLED_KEYS: Final = 500
WAITING_SECONDS: Final = 60
PURGE_SECONDS: Final = 1800
LOSS: Final = "Losing all master keys loses all content: keep a copy of them apart from the data."

_ROOM: Final = """
SELECT
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true), '0')::int AS allowed,
    (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user) AS of_role,
    (SELECT datconnlimit FROM pg_database WHERE datname = current_database()) AS of_database,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS used
"""
_WORKERS: Final = f"SELECT count(*) FROM procrastinate_workers WHERE {jobs.ALIVE}"  # noqa: S608  # a constant in a constant
_JOBS: Final = f"""
SELECT
    count(*) FILTER (WHERE job.status = 'todo' AND coalesce(job.scheduled_at, now()) <= now()) AS waiting,
    count(*) FILTER (WHERE job.status = 'doing' AND ({jobs.ALIVE}) IS NOT true) AS stalled
FROM procrastinate_jobs job LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
WHERE job.status IN ('todo', 'doing')
"""  # noqa: S608  # a constant in a constant
# Runs whose holder's lease ran out a while ago: nobody looks out for them.
_ABANDONED: Final = """
SELECT count(*) FROM chatapp_run run JOIN chatapp_fence fence ON fence.thread_id = run.thread_id
WHERE run.state = 'running' AND (
    fence.lease_until IS NULL OR fence.lease_until < clock_timestamp() - %s * interval '1 second'
)
"""
_OLDEST_EVENT: Final = """
SELECT extract(epoch FROM now() - min(created_at))::float8 FROM chatapp_eventbatch batch
WHERE NOT EXISTS (
    SELECT FROM chatapp_fence fence WHERE fence.thread_id = batch.thread_id AND fence.holder IS NOT NULL
)
"""


def server() -> Iterator[Finding]:
    """It can be reached, and is new enough."""
    try:
        with psycopg.connect(**{**postgres.conninfo(), "connect_timeout": CONNECT_SECONDS}) as reached:
            version = reached.info.server_version
    except psycopg.Error as error:
        advice = "Check DATABASE_URL and its password, and that the server runs."
        yield Finding("database", Level.FAILURE, f"It cannot be reached ({type(error).__name__}).", advice)
        return
    name = f"PostgreSQL {version // 10000}.{version % 10000}"
    if version < 10_000 * postgres.OLDEST:
        yield Finding(
            "database", Level.FAILURE, f"{name} is too old.", f"Everthread needs PostgreSQL {postgres.OLDEST} or newer."
        )
    else:
        yield Finding("database", Level.OK, f"{name} answers.")


def tables() -> Iterator[Finding]:
    """Every migration of this version was carried out, Django's and LangGraph's, and the cache has its table."""
    setup = "Run `manage.py setup`."
    with psycopg.connect(**postgres.conninfo(), row_factory=dict_row) as reached:
        try:
            row = reached.execute(schema.STATE, schema.parameters()).fetchone()
        except psycopg.errors.UndefinedTable:
            yield Finding("tables", Level.FAILURE, "This database has no tables of Everthread's.", setup)
            return
    assert row is not None
    if missing := schema.missing(row):
        yield Finding("tables", Level.FAILURE, f"Missing: {', '.join(missing)}.", setup)
    else:
        yield Finding("tables", Level.OK, "All migrations are done: Django's, LangGraph's, the cache table.")


def clock() -> Iterator[Finding]:
    """The database's clock decides all leases; a difference to ours confuses only who reads times."""
    before = time.time()
    (theirs,) = _row("SELECT extract(epoch FROM clock_timestamp())::float8")
    after = time.time()
    ahead = theirs - (before + after) / 2
    if abs(ahead) - (after - before) / 2 > CLOCK_SECONDS:
        told = f"The database's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} this machine's."
        yield Finding(
            "clock", Level.WARNING, told, "Synchronise both (NTP): sessions and log times suffer, runs do not."
        )
    else:
        yield Finding(
            "clock", Level.OK, f"This machine's and the database's clocks differ by {abs(ahead) * 1000:.0f} ms."
        )


def connections(processes: int | None = None) -> Iterator[Finding]:
    """As many connections as all processes may open at once are allowed by server, role and database."""
    pool = settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"]
    count = processes or max(1, _workers())
    need = count * (2 * pool + process.QUEUE_CONNECTIONS)
    *limits, used = _row(_ROOM)
    allowed = min(limit for limit in limits if limit >= 0)
    each = f"{count} process{'es' if count > 1 else ''} may open {need} connections (DATABASE_POOL={pool})"
    if need > allowed:
        advice = "Lower DATABASE_POOL, or raise the server's max_connections."
        yield Finding("connections", Level.WARNING, f"{each}, and {allowed} are allowed.", advice)
    else:
        yield Finding("connections", Level.OK, f"{each}; {allowed} are allowed, {used} are in use.")


def master_keys() -> Iterator[Finding]:
    """Every user key's master key is here, and the newest user keys open."""
    here = [master_id for master_id, _ in settings.MASTER_KEYS]
    counted: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT master_key_id, count(*) FROM chatapp_userkey GROUP BY master_key_id")
        counted = dict(cursor.fetchall())
    total = sum(counted.values())
    unknown = sum(count for master_id, count in counted.items() if master_id not in here)
    if unknown:
        found = (
            f"{unknown} of {total} user keys are wrapped by a master key that is not configured: their content is lost."
        )
        advice = f"Put that key back from its copy into CHATAPP_MASTER_KEYS, after the first one. {LOSS}"
        yield Finding("master keys", Level.FAILURE, found, advice)
    sample = UserKey.objects.filter(master_key_id__in=here).order_by("-user_id")[:SAMPLED_KEYS]
    tried = [keys.refusal(each.user_id, bytes(each.key_id), each.master_key_id, bytes(each.wrapped)) for each in sample]
    if damaged := len([refused for refused in tried if refused]):
        found = f"{damaged} of {len(tried)} user keys that were tried do not open: changed, or wrapped by another key."
        advice = (
            f"Check that CHATAPP_MASTER_KEYS is this installation's; else restore chatapp_userkey from a backup. {LOSS}"
        )
        yield Finding("master keys", Level.FAILURE, found, advice)
    if unknown or damaged:
        return
    told = f"{total} user key{'' if total == 1 else 's'}, {len(tried)} tried, all open"
    if older := total - counted.get(here[0], 0):
        found = f"{told}; {older} wrapped by an older master key. {LOSS}"
        yield Finding("master keys", Level.WARNING, found, "Run `manage.py rewrap_keys` before the older key goes.")
    else:
        yield Finding("master keys", Level.OK, f"{told}. {LOSS}")


def audit_key() -> Iterator[Finding]:
    """The key of the audit opens: without it no administrator sees anything."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT master_key_id FROM chatapp_auditkey")
        row = cursor.fetchone()
    if row is None and not AuditEntry.objects.exists():
        yield Finding("audit", Level.OK, "Nothing was put on record so far.")
        return
    try:
        keys.audit_sealer()
    except Refusal as refused:
        found = f"Its key does not open ({type(refused).__name__}): nothing is shown in the inspector."
        yield Finding("audit", Level.FAILURE, found, "Put its master key back, or chatapp_auditkey from a backup.")
        return
    if row is not None and row[0] != settings.MASTER_KEYS[0][0]:
        advice = "Run `manage.py rewrap_keys` before the older key goes."
        yield Finding("audit", Level.WARNING, "Its key is wrapped by an older master key.", advice)
    else:
        yield Finding("audit", Level.OK, "Its key opens; `manage.py audit verify` checks every entry.")


def sealed_content() -> Iterator[Finding]:
    """The newest thread's title opens; sealed anew it opens again, and nowhere else."""
    thread = Thread.objects.exclude(title=None).order_by("-created_at").first()
    if thread is None or thread.title is None:
        yield Finding("content", Level.OK, "There is no thread yet, so nothing to open.")
        return
    try:
        sealer = keys.thread_sealer(thread.owner_id, thread.id)
        title = content.unseal(sealer, thread.title, "thread", "title", thread.id)
        again = content.seal(sealer, title, "thread", "title", thread.id)
        same = content.unseal(sealer, again, "thread", "title", thread.id) == title
    except (Refusal, SealError) as refused:
        found = f"The title of the newest thread ({thread.id}) does not open: {type(refused).__name__}."
        yield Finding("content", Level.FAILURE, found, "Do keys and database belong together? See docs/operations.md.")
        return
    if same:
        yield Finding("content", Level.OK, "The newest thread's title opens, and what is sealed now opens again.")
    else:
        yield Finding("content", Level.FAILURE, "What is sealed does not come back the same.", "Report this as a bug.")


def queue() -> Iterator[Finding]:
    """Workers are alive, and nothing lies about."""
    alive = _workers()
    waiting, stalled = _row(_JOBS)
    (abandoned,) = _row(_ABANDONED, WAITING_SECONDS)
    counts = f"{alive} worker{'' if alive == 1 else 's'} alive, {waiting} jobs wait, {stalled} stalled"
    if not alive and (waiting or stalled or abandoned):
        found = f"{counts}, {abandoned} runs nobody executes."
        yield Finding(
            "queue", Level.FAILURE, found, "Start `manage.py worker`, or a web process with CONCURRENT_RUNS > 0."
        )
    elif not alive:
        yield Finding(
            "queue", Level.WARNING, f"{counts}.", "Nothing executes runs: start a process, if this one is to serve."
        )
    elif stalled or abandoned:
        found = f"{counts}, {abandoned} runs nobody executes."
        yield Finding(
            "queue", Level.WARNING, found, "They are taken up within a minute; look at the logs if they are not."
        )
    else:
        yield Finding("queue", Level.OK, f"{counts}.")


def event_log() -> Iterator[Finding]:
    """Events that nobody asks for any more are deleted by a periodic job."""
    (oldest,) = _row(_OLDEST_EVENT)
    if oldest is None:
        yield Finding("event log", Level.OK, "It is empty.")
    elif oldest > settings.EVENT_HOURS * 3600 + PURGE_SECONDS:
        advice = "The job chatapp.purge_events does not run: see the queue."
        yield Finding("event log", Level.WARNING, f"Its oldest events are {oldest / 3600:.1f} h old.", advice)
    else:
        yield Finding("event log", Level.OK, f"Its oldest events are {oldest / 60:.0f} min old.")


# Without these there is nothing to examine.
FIRST: Final[dict[str, Check]] = {"database": server, "tables": tables}
CHECKS: Final[dict[str, Check]] = {
    "clock": clock,
    "master keys": master_keys,
    "content": sealed_content,
    "audit": audit_key,
    "queue": queue,
    "event log": event_log,
}


def _workers() -> int:
    return int(_row(_WORKERS)[0])


def _row(statement: str, *values: float) -> tuple[Any, ...]:  # Any: what a column holds
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        row = cursor.fetchone()
    assert row is not None
    return tuple(row)
