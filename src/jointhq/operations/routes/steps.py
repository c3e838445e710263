"""What is done to a thing by the last word of its path: an order is approved, an occurrence skipped.

Owns: `Step`, a row of a table; the routes that a table makes.
Doesn't own: the tables (the modules beside), what a step asks and does (`operations.rules`).
"""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.types import Guard
from msgspec import Struct

from jointhq.journal.acts import Outcome

Rule = Callable[..., Outcome]  # of a scene, who asks, an id, and the form


class Step(NamedTuple):
    """A step that a thing takes: the last word of its path, who may ask, its form, its rule."""

    verb: str
    guards: Sequence[Guard]
    form: type[Struct]
    rule: Rule
    does: str
    name: str = ""  # of the handler, where it isn't the verb's alone


def routes_of(path: str, do: Callable[..., Awaitable[Any]], *steps: Step) -> list[HTTPRouteHandler]:
    """Return the routes of the steps that the thing of a path takes.

    `do(request, <the path's id>, rule, data)` does one and returns how the thing stands then.
    """
    return [_route(path, do, step) for step in steps]


def _route(path: str, do: Callable[..., Awaitable[Any]], step: Step) -> HTTPRouteHandler:
    """Return the handler of a step: it asks and returns what `do` does, but takes the step's form as `data`."""

    async def handler(**asked: Any) -> Any:
        return await do(rule=step.rule, **asked)

    said = inspect.signature(do)
    asked = [one for one in said.parameters.values() if one.name != "rule"]
    vars(handler)["__signature__"] = said.replace(parameters=asked)
    handler.__annotations__ = {**do.__annotations__, "data": step.form}
    handler.__name__, handler.__doc__ = step.name or f"post_{step.verb}", step.does
    return post(f"{path}/{step.verb}", status_code=200, guards=step.guards)(handler)
