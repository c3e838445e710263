"""What a collector reads at /metrics, in Prometheus' text form.

Owns: names, units and help of the metrics. Doesn't own: the numbers, which are the parts' own plain counters.
No label of a metric names a person, a client or a track: only reasons, encodings, feeds.
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class Reading(msgspec.Struct, kw_only=True):
    """One reading of the server's counters."""

    clients: Mapping[str, int]  # by encoding
    events_in: int
    events_out: int
    drops: Mapping[str, int]  # by reason, everything that was refused, superseded or thrown away
    feed_events: Mapping[str, int]
    feed_refused: Mapping[tuple[str, str], int]
    tracks: int
    pages: int
    page_bytes_out: int
    lag_s: float
    history_bytes: int
    history_recording: bool


class _Collector(Collector):
    def __init__(self, read: Callable[[], Reading]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        """Return the families of one reading."""
        now = self._read()
        clients = GaugeMetricFamily("jointhq_clients", "Connected TAK clients.", labels=["encoding"])
        for encoding, count in now.clients.items():
            clients.add_metric([encoding], count)
        drops = CounterMetricFamily("jointhq_drops", "What was refused, superseded or thrown away.", labels=["reason"])
        for reason, count in now.drops.items():
            drops.add_metric([reason], count)
        feed_events = CounterMetricFamily("jointhq_feed_events", "Events a feed gave.", labels=["feed"])
        for feed, count in now.feed_events.items():
            feed_events.add_metric([feed], count)
        refused = CounterMetricFamily("jointhq_feed_refused", "Messages of a feed refused.", labels=["feed", "reason"])
        for (feed, reason), count in now.feed_refused.items():
            refused.add_metric([feed, reason], count)
        return [
            clients,
            drops,
            feed_events,
            refused,
            CounterMetricFamily("jointhq_events_in", "Events taken from clients and feeds.", value=now.events_in),
            CounterMetricFamily("jointhq_events_out", "Events written to TAK clients.", value=now.events_out),
            GaugeMetricFamily("jointhq_tracks", "Tracks in the picture.", value=now.tracks),
            GaugeMetricFamily("jointhq_pages", "Open pages.", value=now.pages),
            CounterMetricFamily("jointhq_page_bytes_out", "Bytes written to pages.", value=now.page_bytes_out),
            GaugeMetricFamily("jointhq_lag_seconds", "How late the server's own clock tick was.", value=now.lag_s),
            GaugeMetricFamily("jointhq_history_bytes", "Bytes of history on disk.", value=now.history_bytes),
            GaugeMetricFamily(
                "jointhq_history_recording", "1 while history is written.", value=int(now.history_recording)
            ),
        ]


def metrics_text(read: Callable[[], Reading]) -> Callable[[], bytes]:
    """Return a function that gives the metrics as text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(read))
    return lambda: generate_latest(registry)
