"""What this process counts, for Prometheus: the objects, and the page that they make.

Labels have bounded values only: never an id, never content. What happens for every token is an integer in `tally`,
which is read when someone asks; nothing else is touched more than a few times in a run.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
REGISTRY: Final = CollectorRegistry()
LAG_SECONDS: Final = 0.5

_WAITS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_MOMENTS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

FIRST_TEXT: Final = Histogram(
    "everthread_first_text_seconds",
    "From accepting a message to the first text of its answer, in runs answered at their first attempt.",
    buckets=_WAITS,
    registry=REGISTRY,
)
QUEUE_WAIT: Final = Histogram(
    "everthread_queue_wait_seconds",
    "From accepting a message to claiming its run, on the database's clock.",
    buckets=_WAITS,
    registry=REGISTRY,
)
RUNS_ENDED: Final = Counter(
    "everthread_runs_ended", "Runs that this process ended, by outcome.", ["outcome"], registry=REGISTRY
)
RUNS_LET_GO: Final = Counter(
    "everthread_runs_let_go",
    "Runs that this process did not end: taken over, handed over, or their thread deleted.",
    registry=REGISTRY,
)
RECOVERIES: Final = Counter(
    "everthread_runs_recovered", "Runs that this process took up after another attempt at them.", registry=REGISTRY
)
MODEL_ERRORS: Final = Counter(
    "everthread_model_errors",
    "Calls of a model that gave no whole answer, by kind and by what they were for.",
    ["kind", "purpose"],
    registry=REGISTRY,
)
TOKENS: Final = Counter(
    "everthread_model_tokens",
    "Tokens by what the provider reports, by direction (in, out) and by what they were for.",
    ["direction", "purpose"],
    registry=REGISTRY,
)
FLUSH: Final = Histogram(
    "everthread_event_log_flush_seconds",
    "Writing the pending events of all runs of this process in one statement.",
    buckets=_MOMENTS,
    registry=REGISTRY,
)
FLUSH_FAILURES: Final = Counter(
    "everthread_event_log_flush_failures", "Flushes that failed and were tried again.", registry=REGISTRY
)
LOOP_LAG: Final = Histogram(
    "everthread_event_loop_lag_seconds",
    "How much later than asked for the event loop came back, sampled twice a second.",
    buckets=_MOMENTS,
    registry=REGISTRY,
)

# Set when the page is asked for.
RUNS: Final = Gauge(
    "everthread_runs",
    "Live runs in the database, by state. Every process tells the same.",
    ["state"],
    registry=REGISTRY,
)
OLDEST_QUEUED: Final = Gauge(
    "everthread_oldest_queued_run_seconds", "Age of the oldest queued run in the database.", registry=REGISTRY
)
DATABASE_UP: Final = Gauge(
    "everthread_database_up", "Whether the live runs could be counted a moment ago.", registry=REGISTRY
)
EXECUTING: Final = Gauge("everthread_runs_executing", "Runs that this process executes.", registry=REGISTRY)
SOCKETS: Final = Gauge("everthread_sockets_open", "Sockets connected to this process.", registry=REGISTRY)
DRAINING: Final = Gauge("everthread_draining", "Whether this process is stopping.", registry=REGISTRY)
REDIS_UP: Final = Gauge(
    "everthread_redis_up", "Whether events travel over Redis; 1 without REDIS_URL too.", registry=REGISTRY
)
POOL_SIZE: Final = Gauge(
    "everthread_database_pool_connections", "Open connections, by pool.", ["pool"], registry=REGISTRY
)
POOL_FREE: Final = Gauge(
    "everthread_database_pool_free", "Open connections that nobody uses, by pool.", ["pool"], registry=REGISTRY
)
POOL_MAX: Final = Gauge(
    "everthread_database_pool_limit", "Connections that the pool may open, by pool.", ["pool"], registry=REGISTRY
)
POOL_WAITING: Final = Gauge(
    "everthread_database_pool_waiting", "Who waits for a connection, by pool.", ["pool"], registry=REGISTRY
)


@dataclass(slots=True)
class Tally:
    """Counts of what happens too often for more than an addition. Written on one thread, the event loop's."""

    events: int = 0


tally: Final = Tally()


class _Tallied(Collector):
    """The tally as Prometheus wants it."""

    def collect(self) -> Iterator[CounterMetricFamily]:
        yield CounterMetricFamily(
            "everthread_events_published", "Events and notices handed to the hub.", value=tally.events
        )


REGISTRY.register(_Tallied())
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)


def page() -> bytes:
    """Everything in Prometheus' text format."""
    return generate_latest(REGISTRY)


def count_claim(attempt: int, waited: float) -> None:
    """A run that this process took, `waited` seconds after it was accepted."""
    if attempt == 1:
        QUEUE_WAIT.observe(waited)
    else:
        RECOVERIES.inc()


def count_end(outcome: str, spent: Iterable[tuple[str, int, int]]) -> None:
    """A run that this process ended (`outcome` is one of `Run.State`), and what it used: purpose, tokens in and out."""
    RUNS_ENDED.labels(outcome).inc()
    for each in spent:
        count_tokens(*each)


def count_tokens(purpose: str, given: int, made: int) -> None:
    """Tokens that one call of a model used. `purpose` is one of `ModelCall.Purpose`."""
    TOKENS.labels("in", purpose).inc(given)
    TOKENS.labels("out", purpose).inc(made)


async def watch_loop() -> None:
    """Measure for ever how late the event loop is."""
    while True:
        before = time.monotonic()
        await asyncio.sleep(LAG_SECONDS)
        LOOP_LAG.observe(max(0.0, time.monotonic() - before - LAG_SECONDS))
