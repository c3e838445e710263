"""The commands: `jointhq serve`, `demo`, `link`, `settings`, `journal`, `orbat`.

Owns: the command line and what it prints. Doesn't own: what the commands do (`app`, `settings`, `people`).
"""

import argparse
import asyncio
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
from jointhq.journal import commands
from jointhq.parts import projections
from jointhq.people.links import LINK_MINUTES, Links
from jointhq.settings import PAGE_URL_FILE, Loaded, describe, load, page_url, refuse_unknown

if TYPE_CHECKING:
    from jointhq.app import Server

log = structlog.get_logger("cli")

# What the demo is set to where nobody says otherwise.
DEMO = {
    "data": "data/demo",
    "tak_plain": "true",
    "label_policy": "DEMO-USA-JPN",
    "label_highest": "CUI",
    "label_default": "UNCLASSIFIED",
    "hq_organisation": "USFJ",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status: 0 done, 2 something to put right, which is said in one line."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    names = describe()
    flags = {name: value for name, value in vars(arguments).items() if name in names and value is not None}
    defaults = DEMO if arguments.verb == "demo" else {}
    verbs: dict[str, Callable[[Loaded, argparse.Namespace], int | None]] = {
        "serve": lambda loaded, _: _serve(loaded),
        "demo": lambda loaded, _: _demo(loaded),
        "link": lambda loaded, arguments: _link(loaded, arguments.user),
        "settings": lambda loaded, _: _settings(loaded),
        "journal": _journal,
        "orbat": _orbat,
        "backup": lambda loaded, arguments: commands.backup(Path(loaded.settings.data), arguments.target, _say),
        "restore": lambda loaded, arguments: commands.restore(arguments.source, Path(loaded.settings.data), _say),
    }
    try:
        refuse_unknown(os.environ)
        file = Path(arguments.config) if arguments.config else None
        loaded = load(flags, os.environ, file, defaults=defaults)
        _log_as(loaded.settings.log_format, loaded.settings.log_level)
        return verbs[arguments.verb](loaded, arguments) or 0
    except (JointHQError, OSError) as error:
        print(f"jointhq: {error}", file=sys.stderr)
        return 2


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
        ("backup", "copy everything this headquarters owns, running or not, and read the copy back"),
        ("restore", "put a backup, or an exported journal, into an empty data directory"),
    ):
        known = verbs.add_parser(verb, parents=[shared], help=meaning, description=meaning.capitalize() + ".")
        if verb == "link":
            known.add_argument(
                "--user", default="", metavar="NAME", help="whom it signs in; the administrator if left out"
            )
        elif verb in ("backup", "restore"):
            name = "target" if verb == "backup" else "source"
            known.add_argument(name, type=Path, metavar=name.upper(), help="the directory of the backup")
    journal = verbs.add_parser("journal", help="verify, export or rebuild the journal").add_subparsers(
        dest="act", required=True, metavar="ACT"
    )
    verify = journal.add_parser(
        "verify", parents=[shared], help="check every record; exit status 1 names the first bad one"
    )
    verify.add_argument("path", nargs="?", type=Path, help="data directory, journal file or export; default --data")
    export = journal.add_parser("export", parents=[shared], help="write all records to a file that verifies by itself")
    export.add_argument("file", type=Path, help="the file to write")
    rebuild = journal.add_parser("rebuild", parents=[shared], help="fold the journal anew")
    rebuild.add_argument("--check", action="store_true", required=True, help="compare with what the server held")
    orbat = verbs.add_parser("orbat", help="orders of battle, from and to the files of others").add_subparsers(
        dest="act", required=True, metavar="ACT"
    )
    into = orbat.add_parser(
        "import", parents=[shared], help="draft the change that a file is; exit status 1: look at what it says"
    )
    into.add_argument("file", type=Path, help="the file; - is standard input")
    into.add_argument("--dry-run", action="store_true", help="say what would change, and write nothing")
    into.add_argument("--label", default="", metavar="MARK", help="what the change is marked; default: as the file is")
    into.add_argument(
        "--map", action="append", default=[], metavar="FIELD=COLUMN", help="which column says what, as id=UIC; repeat"
    )
    out = orbat.add_parser("export", parents=[shared], help="write what is in force, with all its times, to a file")
    out.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")
    out.add_argument("--at", default="", metavar="TIME", help="as in force then alone, like 2024-07-28T09:00:00Z")
    for one in (into, out):
        one.add_argument("--format", default="", required=one is out, help="orbat-mapper, csv, xlsx, geojson, kml")
        one.add_argument("--user", default="", metavar="NAME", help="who does it; the administrator if left out")
    return parser


def _orbat(loaded: Loaded, arguments: argparse.Namespace) -> int:
    from jointhq import process  # noqa: PLC0415
    from jointhq.command import shell  # noqa: PLC0415
    from jointhq.command.orbat.times import read_time  # noqa: PLC0415

    async def act() -> int:
        async with process.reached(loaded) as client:
            token = Links(Path(loaded.settings.data), SystemClock()).issue(arguments.user)
            if arguments.act == "import":
                data = sys.stdin.buffer.read() if str(arguments.file) == "-" else arguments.file.read_bytes()
                return await shell.import_file(
                    client,
                    token,
                    data,
                    _say,
                    name=arguments.format,
                    columns=arguments.map,
                    label=arguments.label,
                    dry_run=arguments.dry_run,
                )
            at = read_time(arguments.at) if arguments.at else None
            if arguments.at and at is None:
                raise BadInput(f"{arguments.at!r} is no time; write it like 2024-07-28T09:00:00Z")
            say = _say if arguments.out else lambda text: print(text, file=sys.stderr)
            data, status = await shell.export_file(
                client, token, say, name=arguments.format, at_ms=at[0] if at else None
            )
            if arguments.out:
                arguments.out.write_bytes(data)
            else:
                sys.stdout.buffer.write(data)
            return status

    return asyncio.run(act())


def _journal(loaded: Loaded, arguments: argparse.Namespace) -> int:
    settings, data = loaded.settings, Path(loaded.settings.data)
    if arguments.act == "verify":
        return commands.verify(arguments.path or data, _say)
    if arguments.act == "export":
        return commands.export(settings.journal_url or data, arguments.file, _say)
    return commands.rebuild(data, projections(), _say)


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
    from jointhq import process  # noqa: PLC0415 - `jointhq link` and `settings` answer without it

    process.main(loaded, _announce)


def _demo(loaded: Loaded) -> None:
    from jointhq import process  # noqa: PLC0415

    process.main(loaded, _announce, demo=True)


def _announce(server: "Server") -> None:
    settings, site = server.settings, server.site
    text = (
        f"\n  {server.described.name} is up (jointhq {__version__}); stop it with Ctrl-C\n\n"
        f"  page      {server.page_url}{_sign_in(server)}\n"
        f"            signs you in once, within {LINK_MINUTES} minutes; another: jointhq link --data {settings.data}\n"
        f"  TAK TLS   {site.host}:{site.stream_port}; enrolment {site.enrol_port}, HTTP API {site.marti_port}\n"
        "  connect   on the page: your name, Connect a device (ATAK, WinTAK, iTAK, CloudTAK, pytak, node-tak)\n"
    )
    if settings.tak_plain:
        at = f"{settings.tak_host}:{server.tak_port}"
        text += (
            f"  TAK TCP   {at}, plain: nobody is asked who he is\n"
            f"            ATAK, WinTAK: add a TAK server, {settings.tak_host}, port {server.tak_port}, TCP, no SSL;"
            f" pytak tcp://{at}\n"
        )
    with contextlib.suppress(OSError):
        _say(text)


def _sign_in(server: "Server") -> str:
    """Return the fragment that signs in; nothing where no link can be made: the headquarters works without."""
    try:
        return f"#sign-in={Links(server.data, server.clock).issue()}"
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


def _link(loaded: Loaded, username: str) -> None:
    settings, data = loaded.settings, Path(loaded.settings.data)
    if not (data / "session.key").exists():
        raise BadInput(f"no headquarters has run on {data}; name its directory with --data")
    url = ""
    with contextlib.suppress(OSError):
        url = (data / PAGE_URL_FILE).read_text()
    _say(f"{url or page_url(settings)}#sign-in={Links(data, SystemClock()).issue(username)}")


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
