"""The commands: `jointhq serve`, `demo`, `link`, `settings`.

Owns: the command line and what it prints. Doesn't own: what the commands do (`app`, `settings`, `people`).
"""

import argparse
import contextlib
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from jointhq import __version__
from jointhq.base.clock import SystemClock
from jointhq.base.errors import BadInput, JointHQError
from jointhq.people.signin import LINK_MINUTES, SignIn
from jointhq.settings import PAGE_URL_FILE, Loaded, describe, load, page_url, refuse_unknown

if TYPE_CHECKING:
    from jointhq.app import Server

log = structlog.get_logger("cli")

DEMO_DATA = "data/demo"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status: 0 done, 2 something to put right, which is said in one line."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    names = describe()
    flags = {name: value for name, value in vars(arguments).items() if name in names and value is not None}
    defaults = {"data": DEMO_DATA} if arguments.verb == "demo" else {}
    verbs: dict[str, Callable[[Loaded], None]] = {
        "serve": _serve,
        "demo": _demo,
        "link": _link,
        "settings": _settings,
    }
    try:
        refuse_unknown(os.environ)
        file = Path(arguments.config) if arguments.config else None
        loaded = load(flags, os.environ, file, defaults=defaults)
        _log_as(loaded.settings.log_format, loaded.settings.log_level)
        verbs[arguments.verb](loaded)
    except (JointHQError, OSError) as error:
        print(f"jointhq: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jointhq", description="The server a joint headquarters runs on.")
    parser.add_argument("--version", action="version", version=f"jointhq {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--config", metavar="FILE", help="settings file; default DATA/jointhq.toml")
    for name, (default, meaning) in describe().items():
        flag = "--" + name.replace("_", "-")
        shared.add_argument(flag, dest=name, metavar="VALUE", help=f"{meaning} [{default}]".replace("%", "%%"))
    for verb, meaning in (
        ("serve", "run this headquarters"),
        ("demo", "run US Forces Japan as an exercise, with recorded real traffic"),
        ("link", "print a new one-time sign-in link for a headquarters, running or not"),
        ("settings", "print every setting with its value, its source and what it means"),
    ):
        verbs.add_parser(verb, parents=[shared], help=meaning, description=meaning.capitalize() + ".")
    return parser


class _LogFile:
    """Standard error as it is now. Where it is closed or full, lines are lost, never the work that says them."""

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()


def _log_as(form: str, level: str) -> None:
    renderer = structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(_LogFile()),  # type: ignore[arg-type]  # two methods are all it uses
        cache_logger_on_first_use=False,
    )


def _serve(loaded: Loaded) -> None:
    from jointhq import app  # noqa: PLC0415 - `jointhq link` and `settings` answer without it

    app.main(loaded, _announce)


def _demo(loaded: Loaded) -> None:
    from jointhq import app  # noqa: PLC0415

    app.main(loaded, _announce, demo=True)


def _announce(server: "Server") -> None:
    settings, name = server.settings, server.described.name
    at = f"{settings.tak_host}:{server.tak_port}"
    text = (
        f"\n  {name} is up (jointhq {__version__}); stop it with Ctrl-C\n\n"
        f"  page      {server.page_url}{_sign_in(server)}\n"
        f"            signs you in once, within {LINK_MINUTES} minutes; another: jointhq link --data {settings.data}\n"
        f"  TAK TCP   {at}\n"
        f"  connect   ATAK, WinTAK: add a TAK server, address {settings.tak_host}, port {server.tak_port},"
        " protocol TCP, no SSL\n"
        f"            pytak:        pytak tcp://{at}\n"
        "            node-tak, CloudTAK: they speak TLS alone, which comes with the next release\n"
    )
    if settings.tak_host in ("127.0.0.1", "localhost", "::1"):
        text += "\n            open to this machine alone; for others, on a network you trust: --tak-host 0.0.0.0\n"
    with contextlib.suppress(OSError):
        _say(text)


def _sign_in(server: "Server") -> str:
    """Return the fragment that signs in; nothing where no link can be made: the headquarters works without."""
    try:
        return f"#sign-in={server.sign_in.issue()}"
    except (JointHQError, OSError) as error:
        log.warning("no_link", reason=str(error))
        return ""


def _say(text: str) -> None:
    """Print at once. A standard output that fails is let go, else Python tries it again at exit and complains."""
    try:
        print(text, flush=True)
    except OSError:
        with contextlib.suppress(OSError), Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        raise


def _link(loaded: Loaded) -> None:
    settings, data = loaded.settings, Path(loaded.settings.data)
    if not (data / "session.key").exists():
        raise BadInput(f"no headquarters has run on {data}; name its directory with --data")
    url = ""
    with contextlib.suppress(OSError):
        url = (data / PAGE_URL_FILE).read_text()
    token = SignIn(data, SystemClock(), settings.web_session_hours).issue()
    _say(f"{url or page_url(settings)}#sign-in={token}")


def _settings(loaded: Loaded) -> None:
    settings, origins = loaded.settings, loaded.origins
    lines = [
        f"{name} = {getattr(settings, name)!r}  ({origins[name]})\n    {meaning}"
        for name, (_, meaning) in describe().items()
    ]
    lines += [f"feed {feed.get('id')!r}  ({origins['feeds']})\n    {feed}" for feed in loaded.feeds]
    _say("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
