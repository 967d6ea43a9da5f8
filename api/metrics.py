"""How the service is doing, in the text that Prometheus reads.

Owns the names of the metrics. Does not know how anything is counted.
"""

from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from engine.engine import Engine

METRICS_PATH: Final = "/metrics"
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def exposition(engine: Engine) -> bytes:
    """Spell all metrics as they stand."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Counts(engine))
    return generate_latest(registry)


class _Counts(Collector):
    """The counts of the engine, read when they are asked for."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._outcomes = engine.outcomes
        self._sink = engine.sink

    def collect(self) -> Iterator[Metric]:
        """Give every metric once."""
        yield _counter(
            "release_health_accepted_rows",
            "Session updates and pre-counted rows that are on disk.",
            sum(self._outcomes.accepted().values()),
        )
        rejected = CounterMetricFamily(
            "release_health_rejected",
            "What arrived and was not taken, by reason.",
            labels=["reason"],
        )
        for reason, rejection in sorted(self._outcomes.rejected().items()):
            rejected.add_metric([reason], rejection.quantity)
        yield rejected
        counts = self._sink.counts()
        waiting = "Rows that wait to be written."
        yield GaugeMetricFamily("release_health_queued_rows", waiting, value=counts.queued_rows)
        yield _counter("release_health_commits", "Transactions that were kept.", counts.commits)
        failed = "Transactions that failed; what they held is tried again one by one."
        yield _counter("release_health_failed_commits", failed, counts.failures)
        spent = "Seconds spent in the transactions that were kept."
        yield _counter("release_health_commit_seconds", spent, counts.commit_seconds)
        waiting = "Rows that are on disk and do not show in answers yet."
        yield GaugeMetricFamily("release_health_unfolded_rows", waiting, value=counts.unfolded_rows)
        failed = "Attempts to let such rows show that failed; it is tried again."
        yield _counter("release_health_failed_folds", failed, counts.failed_folds)
        yield from self._upkeep()

    def _upkeep(self) -> Iterator[Metric]:
        counts = self._engine.upkeep.counts()
        gone = "Rows of sessions that were deleted because they were too old."
        yield _counter("release_health_expired_session_rows", gone, counts.expired_sessions)
        gone = "Session updates that were deleted with their sessions."
        yield _counter("release_health_expired_updates", gone, counts.expired_updates)
        failed = "Tasks of upkeep that failed; they are tried again."
        yield _counter("release_health_upkeep_failures", failed, counts.failures)
        failed = "Failures after which the database file had to be opened again."
        yield _counter("release_health_reopened", failed, self._engine.reopened)
        sizes = self._engine.sizes()
        yield GaugeMetricFamily("release_health_file_bytes", "Bytes of the file.", value=sizes[0])
        yield GaugeMetricFamily("release_health_log_bytes", "Bytes of its log.", value=sizes[1])


def _counter(name: str, meaning: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(name, meaning, value=value)
