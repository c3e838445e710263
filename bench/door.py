"""What the door costs in the fan-out: many audiences and labels, to one audience that sees all there is.

Owns: the three casts and their figures. Doesn't own: the load (`scenarios`), certificates (`devices`).

All go over TLS: plain TCP knows nobody, so there is one audience. An audience is who may see the same: here by groups.
- one: everybody sees everything, under one label.
- eight: everybody sees everything, as one of eight audiences, under one label.
- two labels: half of the clients, in every audience, speak under a second label that four of the eight may see.
"""

import statistics
from collections.abc import Callable

from devices import Post, devices
from report import Figure, Section, figure, number
from runs import Row, Run, median, one_load

AUDIENCES = 8
CLIENTS, RATE_HZ = 200, 4.0
ALL, HALF = "Bench all", "Bench half"


def _audience(number_of: int) -> str:
    return f"Bench {number_of}"


def _sees_half(audience: int) -> bool:
    return audience < AUDIENCES // 2


ONE = [Post((ALL,), (ALL, HALF))]
EIGHT = [Post((ALL,), (ALL, _audience(n))) for n in range(AUDIENCES)]
TWO_LABELS = [
    Post((speaks,), (ALL, _audience(n), *((HALF,) if _sees_half(n) else ())))
    for speaks in (ALL, HALF)
    for n in range(AUDIENCES)
]


def _everything(_receiver: int, _publisher: int) -> bool:
    return True


def _two_labels(receiver: int, publisher: int) -> bool:
    """Tell whether a client may get what another says; `devices` says which client has which post."""
    post = TWO_LABELS[publisher % len(TWO_LABELS)]
    return not set(post.groups_in).isdisjoint(TWO_LABELS[receiver % len(TWO_LABELS)].groups_out)


CASTS: dict[str, tuple[list[Post], Callable[[int, int], bool]]] = {
    "one audience, one label": (ONE, _everything),
    "eight audiences, one label": (EIGHT, _everything),
    "eight audiences, two labels": (TWO_LABELS, _two_labels),
}


def door(run: Run) -> Section:
    section = Section("door", f"The door: {CLIENTS} TLS clients at {RATE_HZ:g} Hz, by who may see what")
    found: dict[str, list[Row]] = {name: [] for name in CASTS}
    for _ in range(run.repetitions):
        for name, (posts, sees) in CASTS.items():
            with devices(CLIENTS, posts) as made:
                row = one_load("jointhq", CLIENTS, RATE_HZ, run.seconds(8, 4), devices=made, sees=sees)
            found[name].append(row)
            run.say(f"  {name}: {row}")
    section.data = found
    cost = {name: median(rows, "srv_us_per_delivery") for name, rows in found.items()}
    for name, rows in found.items():
        section.figures.append(
            Figure(
                name, "",
                f"{number(median(rows, 'deliveries_s'))}/s of {number(_offered(rows))}/s, "
                f"p50 {number(median(rows, 'p50_ms'), 3)} ms, p99 {number(median(rows, 'p99_ms'), 3)} ms, "
                f"{number(cost[name], 3)} us CPU a delivery, {number(median(rows, 'srv_us_per_msg'), 3)} us an event",
            )
        )  # fmt: skip
    one, *others = cost
    for name in others:
        ratio = (cost[name] or 0) / (cost[one] or 1)
        section.figures.append(figure(f"CPU a delivery, {name}, to one audience", ratio or None, "", digits=3))
    hidden = sum(row["unseen"] for rows in found.values() for row in rows)
    section.figures.append(Figure("delivered to one who may not see it", "0", f"{hidden:,}", hidden == 0))
    return section


def _offered(rows: list[Row]) -> float:
    return statistics.median(row["expected"] / row["duration_s"] for row in rows)
