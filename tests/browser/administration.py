"""What tests of people in the page share: what an administrator does besides, through the API of his page.

And what they forgive: the refusals that they provoke.
"""

import itertools
import re
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from tests.support.demo import Process

Open = Callable[..., Page]
NUMBERS = itertools.count(1)


def refused(open_page: Open) -> None:
    """Forget what the browser said about a refusal that the test provoked."""
    complaints: list[str] = open_page.complaints  # type: ignore[attr-defined]
    complaints[:] = [said for said in complaints if not re.search(r"status of 4\d\d|WebSocket", said)]


def ask(page: Page, method: str, path: str, body: Any = None) -> Any:
    """Call the API as this page's session: for what a test needs but isn't about."""
    answer = page.evaluate(
        """async ([method, path, body]) => {
            const answer = await fetch(path, { method, headers: { "content-type": "application/json" },
                body: body && JSON.stringify(body) });
            return [answer.status, await answer.text()];
        }""",
        [method, path, body],
    )
    assert answer[0] < 300, answer
    return page.evaluate("text => text ? JSON.parse(text) : null", answer[1])


def person_form(page: Page, name: str) -> dict[str, Any]:
    me = ask(page, "GET", "/api/session")
    policy = ask(page, "GET", "/api/people/choices")["policies"][0]
    levels = [level["code"] for level in policy["levels"]]
    return {
        "name": name,
        "username": name.lower().replace(" ", "."),
        "nation": me["nation"],
        "organisation": me["organisation"],
        "policy": policy["id"],
        "level": me["clearance"] if me["clearance"] in levels else levels[0],
        "cleared_until_ms": int(time.time() * 1000) + 86_400_000,
    }


def add_person(admin: Page, name: str, **more: Any) -> dict[str, Any]:
    added: dict[str, Any] = ask(admin, "POST", "/api/people", person_form(admin, name) | more)
    return added


def add_appointment(admin: Page, title: str, *persons: str, **more: Any) -> str:
    organisation = ask(admin, "GET", "/api/session")["organisation"]
    form = {"title": title, "organisation": organisation, "permissions": ["watch"], **more}
    row = ask(admin, "POST", "/api/appointments", form)
    for person in persons:
        path = f"/api/appointments/{row['id']}/assign"
        row = ask(admin, "POST", path, {"version": row["version"], "person": person})
    appointment: str = row["id"]
    return appointment


def link_for(admin: Page, hq: Process, person: str) -> str:
    form = {"purpose": "sign-in", "person": person, "minutes": 60}
    return f"{hq.url}#sign-in={ask(admin, 'POST', '/api/invitations', form)['token']}"


def officer(admin: Page, hq: Process, **more: Any) -> tuple[str, str, str]:
    """Add a person with an appointment of the own; return name, id and a link."""
    name = f"Watch Officer {next(NUMBERS)}"
    person = add_person(admin, name)["id"]
    add_appointment(admin, f"Desk of {name}", person, **more)
    return name, person, link_for(admin, hq, person)


def menu(page: Page, item: str) -> None:
    page.locator(".who").click()
    page.get_by_role("menuitem", name=item).click()


def until(what: Callable[[], Any]) -> Any:
    """Ask again until the answer is truthy."""
    ends = time.monotonic() + 20
    while not (answer := what()):
        assert time.monotonic() < ends, "it didn't come about in time"
        time.sleep(0.1)
    return answer
