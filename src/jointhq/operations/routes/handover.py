"""The HTTP face of handing a watch over.

Owns: its paths and guards. Doesn't own: shapes (`operations.forms.handover`), rules; taking the appointment is people's
own.
"""

from typing import Any, Final

from litestar import Request, get, post

from jointhq.base import dtg
from jointhq.journal.acts import Outcome
from jointhq.operations.forms.handover import HandoverRow, OfferForm
from jointhq.operations.ground import Ground
from jointhq.operations.operations import Operations
from jointhq.operations.routes.files import operations_of
from jointhq.operations.rules import handover as rules
from jointhq.operations.views import handover as views
from jointhq.people import sessions
from jointhq.people.directory import LOG, WATCH, Session
from jointhq.people.fence import Ground as Fence
from jointhq.people.guards import people_of, permitted, session_of, signed_in

Ask = Request[Any, Any, Any]


def _scene(ops: Operations, g: Ground) -> rules.Scene:
    return rules.Scene(g, ops.handovers, ops.log, ops.reports, ops.sources)


@get("/api/operations/handovers", guards=[permitted(WATCH)])
async def get_handovers(request: Ask) -> list[HandoverRow]:
    """List the handovers that are there for the asker, the latest first."""
    ops = operations_of(request)
    return views.rows(ops.ground(), session_of(request).reader, ops.handovers)


@get("/api/operations/handovers/offered", guards=[signed_in])
async def get_offered(request: Ask) -> list[HandoverRow]:
    """List the offers that the asker may accept, with an appointment or without."""
    ops = operations_of(request)
    return views.offered_to(ops.ground(), session_of(request), ops.handovers)


@post("/api/operations/handovers/compose", status_code=200, guards=[permitted(LOG)])
async def post_compose(request: Ask, data: OfferForm) -> HandoverRow:
    """Return what would be offered; nothing is written."""
    ops, actor = operations_of(request), session_of(request)
    g = ops.ground()
    body, label = rules.compose(_scene(ops, g), actor, data)
    made = views.Handover(id="", body=body, label=label, person=actor.person, offered_ms=g.now_ms)
    return views.row(g, actor.reader, made, state="composed")


@post("/api/operations/handovers", guards=[permitted(LOG)])
async def post_offer(request: Ask, data: OfferForm) -> HandoverRow:
    """Offer one's watch."""
    ops, handover_id = operations_of(request), operations_of(request).new_id()
    await ops.act(session_of(request), lambda g, now: rules.offer(_scene(ops, g), now, handover_id, data))
    return views.row(ops.ground(), session_of(request).reader, ops.handovers.handovers[handover_id])


@post("/api/operations/handovers/{handover_id:str}/withdraw", status_code=204, guards=[permitted(LOG)])
async def post_withdraw(request: Ask, handover_id: str) -> None:
    """Take one's offer back."""
    ops = operations_of(request)
    await ops.act(session_of(request), lambda g, now: rules.withdraw(_scene(ops, g), now, handover_id))


@post("/api/operations/handovers/{handover_id:str}/accept", status_code=204, guards=[signed_in])
async def post_accept(request: Ask, handover_id: str) -> None:
    """Take the watch on: the asker holds the appointment from now on, in this session."""
    ops = operations_of(request)

    def take(g: Fence, now: Session) -> Outcome:
        offer = rules.acceptable(_scene(ops, ops.ground()), now, handover_id)
        note = f"Handover / 引継ぎ {dtg.write(offer.offered_ms)}"  # what it says stays under its own label
        appointment = offer.body.appointment
        return sessions.take(g, now, appointment, note, handover=offer.id, offered_by=offer.person)

    async with ops.held():
        await people_of(request).do(take, session_of(request))


HANDOVER_ROUTES: Final = [get_handovers, get_offered, post_compose, post_offer, post_withdraw, post_accept]
