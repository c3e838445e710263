"""The text in force: an order with its changes read as one, and what is open of it.

Owns: which part of which order applies at a moment, the tasks not done, the requests not decided; all of what may be
seen. Doesn't own: what was written (`operations.views.orders`).
"""

from collections.abc import Callable, Iterator

import msgspec

from jointhq.operations.records import orders as r
from jointhq.operations.views.addressees import Addressee, answered
from jointhq.operations.views.orders import Annex, Order, Orders
from jointhq.release.label import Label

May = Callable[[Label | None], bool]  # whether what has this label may be seen
Dominates = Callable[[Label | None, Label | None], bool]  # whether who may see the first may see the second


class InForce(msgspec.Struct, frozen=True, kw_only=True):
    """A base order with its changes as one text: each part with the order that it stands in."""

    paragraphs: tuple[tuple[str, r.Paragraph], ...]  # order, paragraph
    tasks: tuple[tuple[str, r.Task], ...]
    ended: tuple[str, ...]  # tasks that are no more
    orders: tuple[str, ...]  # the base, and the changes that were applied


def in_force(orders: Orders, base: Order, may: May, now_ms: int) -> InForce:
    """Return the text of an order as its changes in force left it, of what `may` be seen."""
    texts: dict[str, tuple[str, r.Paragraph]] = {}
    tasks: dict[str, tuple[str, r.Task]] = {}
    ended: list[str] = []
    layers = _layers(orders, base, may, now_ms)
    for order in layers:
        texts |= {one.name: (order.id, one) for one in order.written.paragraphs}
        ended += [task_id for task_id in order.written.ends_tasks if tasks.pop(task_id, None) is not None]
        tasks |= {task.id: (order.id, task) for task in order.written.tasks}
    return InForce(
        paragraphs=tuple(texts[name] for name in r.PARAGRAPHS if name in texts),
        tasks=tuple(tasks.values()),
        ended=tuple(ended),
        orders=tuple(one.id for one in layers),
    )


def _layers(orders: Orders, base: Order, may: May, now_ms: int) -> list[Order]:
    """Return an order and its changes in force, in the order in which they apply."""
    changes = [one for one in orders.changes_of(base.id) if one.state_at(now_ms) == "in_force" and may(one.label)]
    return [base, *sorted(changes, key=lambda one: (one.effective_ms, one.issued_ms, one.number))]


def annexes_in_force(orders: Orders, base: Order, may: May, dominates: Dominates, now_ms: int) -> list[Annex]:
    """Return the annexes of an order as its changes in force left them, of what `may` be seen.

    An annex of a change stands for those of its letter that its readers all may see: who could not see one has not
    ended it, and for who sees both it is still there.
    """
    there = list[Annex]()
    for order in _layers(orders, base, may, now_ms):
        own = [one for one in orders.annexes_of(order.id) if may(one.label)]
        ended = {one.id for one in there for new in own if new.letter == one.letter and dominates(new.label, one.label)}
        there = [one for one in there if one.id not in ended] + [one for one in own if not one.ends]
    return sorted(there, key=lambda one: one.letter)


# -- what is open


def open_tasks(orders: Orders, may: May, now_ms: int) -> Iterator[tuple[Order, r.Task, Addressee]]:
    """Yield the tasks in force that were ordered, not yet done, and not refused, as far as `may` be seen."""
    live = {one.order: None for one in orders.live_addressees()}
    for base in {orders.orders[one].written.base or one: None for one in live}:
        for order_id, task in in_force(orders, orders.orders[base], may, now_ms).tasks:
            order = orders.orders[order_id]
            for addressee in (orders.addressees[one] for one in order.addressees):
                steps = tuple(step for step in addressee.steps if may(step.label))
                shown = msgspec.structs.replace(addressee, steps=steps)
                open_ = shown.phase == "order" and answered(steps) not in ("havco", "cantco")
                if open_ and order_id in live and task.id in shown.tasks:
                    yield order, task, shown


def open_requests(orders: Orders, may: May) -> Iterator[tuple[Order, Addressee]]:
    """Yield the requests that were neither taken on nor declined, as far as `may` be seen."""
    for addressee in orders.live_addressees():
        steps = (step.what for step in addressee.steps if may(step.label))
        if addressee.role == "request" and not {"accepted", "declined"} & set(steps):
            yield orders.orders[addressee.order], addressee
