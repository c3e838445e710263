"""What `jointhq orbat import` and `export` do: what the page does, by the same paths, as somebody who signs in.

Owns: the words they say and their exit status: 0 all was carried, 1 something of a file was put right or left behind.
What can't be done at all raises BadInput, as everywhere. Doesn't own: the command line (`cli`), reaching the
headquarters (`app`), the paths (`command.exchange`).
"""

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

import httpx

from jointhq.base.errors import BadInput
from jointhq.command.orbat import formats
from jointhq.command.orbat.value import Report
from jointhq.people.directory import PLAN, WATCH

Say = Callable[[str], None]

TIMEOUT_S: Final = 120  # the largest file takes seconds; a busy machine some more
LINES_MAX: Final = 40  # of problems; the rest is counted


@contextlib.asynccontextmanager
async def signed_in(client: httpx.AsyncClient, token: str, *permissions: str) -> AsyncIterator[httpx.AsyncClient]:
    """Sign in by a one-time link, in an appointment with these permissions; sign out behind."""
    await _asked(client, "POST", "/api/sign-in", json={"token": token})
    try:
        session = (await _asked(client, "GET", "/api/session")).json()
        if not set(permissions) <= set(session["permissions"]):
            mine = [one for one in session["appointments"] if set(permissions) <= set(one["permissions"])]
            if not mine:
                raise BadInput(
                    f"{session['username']} has no appointment with {' and '.join(permissions)};"
                    " name another person with --user"
                )
            free = next((one for one in mine if one["holder"] is None), mine[0])
            await _asked(client, "POST", "/api/appointments/take", json={"appointment": free["id"]})
        yield client
    finally:
        with contextlib.suppress(BadInput, httpx.HTTPError):
            await _asked(client, "POST", "/api/sign-out")


async def _asked(client: httpx.AsyncClient, method: str, path: str, **more: Any) -> httpx.Response:
    try:
        answer = await client.request(method, path, timeout=TIMEOUT_S, **more)
    except httpx.HTTPError as error:
        raise BadInput(f"the headquarters doesn't answer: {error}; is it the one of this --data?") from None
    if answer.is_error:
        try:
            message = answer.json()["message"]
        except (ValueError, KeyError, TypeError):
            message = f"HTTP {answer.status_code}"
        raise BadInput(str(message))
    return answer


async def import_file(
    client: httpx.AsyncClient,
    token: str,
    data: bytes,
    say: Say,
    *,
    name: str = "",
    columns: Sequence[str] = (),
    label: str = "",
    dry_run: bool = False,
) -> int:
    """Draft the change that a file is; say what was carried and what was not."""
    query: dict[str, Any] = {"format": name, "map": list(columns), "label": label, "dry_run": str(dry_run).lower()}
    async with signed_in(client, token, PLAN, WATCH) as session:
        answer = await _asked(session, "POST", "/api/command/import", params=query, content=data)
    body = answer.json()
    say(f"{body['format']}: {_counts(body)}")
    if body["mapping"]:
        say("columns: " + ", ".join(f"{field} = {column}" for field, column in body["mapping"].items()))
    say(f"{body['added']} units are new, {body['changed']} change, {body['same']} stay; {body['acts']} acts")
    _say_kept([(one["path"], one["count"]) for one in body["kept"]], say)
    for one in body["problems"][:LINES_MAX]:
        say(f"look: {one['where']}: {one['message']}" if one["where"] else f"look: {one['message']}")
    if body["problems_total"] > LINES_MAX:
        say(f"look: and {body['problems_total'] - LINES_MAX} more")
    if dry_run:
        say("nothing was written; without --dry-run this becomes a draft")
    else:
        say(f"drafted as change {body['change']}, {body['title']!r}: compare, submit and have it approved on the page")
    return 1 if body["problems_total"] else 0


async def export_file(
    client: httpx.AsyncClient, token: str, say: Say, *, name: str, at_ms: int | None = None
) -> tuple[bytes, int]:
    """Return the file of what the asker sees, and the exit status; say what it carries."""
    query: dict[str, Any] = {"format": name, **({"times": "all"} if at_ms is None else {"at": at_ms})}
    async with signed_in(client, token, WATCH) as session:
        data = (await _asked(session, "GET", "/api/command/export", params=query)).content
    orbat = formats.read(data, name).orbat
    report = formats.carried(orbat, name)
    say(f"{name}: {_report(report)}; marked {orbat.mark}")
    _say_kept([(one.path, one.count) for one in report.kept], say, "in the file, but shown by this program alone")
    return data, 0


def _counts(body: dict[str, Any]) -> str:
    return ", ".join(f"{body[what]} {what}" for what in ("units", "relations", "places", "times")) + " carried"


def _report(report: Report) -> str:
    return _counts({name: getattr(report, name) for name in ("units", "relations", "places", "times")})


def _say_kept(kept: list[tuple[str, int]], say: Say, what: str = "kept beside the units, without a home here") -> None:
    if kept:
        say(f"{what}: " + ", ".join(f"{path} ({count})" for path, count in kept))
