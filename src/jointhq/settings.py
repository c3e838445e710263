"""Every setting of a headquarters: its default, where its value came from, and what it means.

Owns: names, defaults, limits, and the order of strength: default < `jointhq.toml` < `JOINTHQ_*` < flag; how the
page's address follows from them.
Doesn't own: what is done with a value (`app`). A setting `tak_port` is `port` below `[tak]` in the file,
`JOINTHQ_TAK_PORT` in the environment and `--tak-port` on the command line.
"""

import math
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, get_type_hints

import msgspec
from msgspec import Meta

from jointhq.base.errors import BadInput

FILE_NAME: Final = "jointhq.toml"
PAGE_URL_FILE: Final = "page-url"  # in the data directory: where the server that runs, or ran last, has its page
ENV_PREFIX: Final = "JOINTHQ_"
ENV_OF_TESTS: Final = "JOINTHQ_SIM_"  # `make sim` and `make soak` set these; they are no settings
PORT_MAX: Final = 65_535
LOOPBACK: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - looked up only: where "everywhere" is reached

Port = Annotated[int, Meta(ge=0, le=PORT_MAX)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What one headquarters is set to. `jointhq settings` prints it with the source of each value."""

    data: Annotated[str, Meta(min_length=1, description="Directory of everything this headquarters owns.")] = "data"
    port_offset: Annotated[
        int, Meta(ge=0, le=50_000, description="Added to every port: several headquarters on one machine.")
    ] = 0
    hq_name: Annotated[str, Meta(description="Name of this headquarters, in English.")] = "Headquarters"
    hq_name_ja: Annotated[str, Meta(description="Name of this headquarters, in Japanese.")] = "司令部"
    hq_nation: Annotated[
        str,
        Meta(pattern="^[A-Z]{3}$", description="Nation that owns this headquarters, as three letters (ISO 3166-1)."),
    ] = "USA"
    hq_organisation: Annotated[
        str, Meta(min_length=1, max_length=64, description="Organisation that this headquarters is, by its short name.")
    ] = "HQ"
    label_policy: Annotated[
        str,
        Meta(
            min_length=1,
            description="Security policy that labels are written in: EXAMPLE, DEMO-USA-JPN or one of label_files.",
        ),
    ] = "EXAMPLE"
    label_files: Annotated[str, Meta(description="Further policy files (JSON), separated by commas.")] = ""
    label_highest: Annotated[
        str, Meta(min_length=1, description="Highest level that this headquarters may hold and show, as its mark.")
    ] = "OPEN"
    label_default: Annotated[
        str,
        Meta(
            min_length=1,
            description="Label, as a marking, of what its source gives no other: the headquarters' own records, feeds.",
        ),
    ] = "OPEN"
    web_host: Annotated[
        str, Meta(min_length=1, description="Address the page and its API listen on. Plain HTTP: leave it on loopback.")
    ] = "127.0.0.1"
    web_port: Annotated[Port, Meta(description="Port of the page and its API.")] = 8000
    web_tls: Annotated[
        bool, Meta(description="Serve the page over HTTPS, with a certificate of the headquarters' own authority.")
    ] = False
    web_session_hours: Annotated[int, Meta(ge=1, le=720, description="Hours until a sign-in on the page ends.")] = 12
    tls_host: Annotated[
        str,
        Meta(min_length=1, description="Address of the TLS listeners: TAK clients, their HTTP API, enrolment."),
    ] = "0.0.0.0"  # noqa: S104 - nobody gets in without a certificate, or a password to get one
    tls_names: Annotated[
        str,
        Meta(
            description="Names and addresses clients reach this server by, separated by commas: they stand in its"
            " certificate. Empty: this machine's own."
        ),
    ] = ""
    tls_handshake_s: Annotated[float, Meta(gt=0, le=120, description="Seconds a TLS handshake may take.")] = 15.0
    tls_certificate_days: Annotated[
        int, Meta(ge=1, le=3650, description="Days until a client's certificate must be renewed.")
    ] = 365
    tls_label: Annotated[
        str,
        Meta(description="Label of what TAK clients with a certificate say, at the least; empty: label_default."),
    ] = ""
    tak_tls_port: Annotated[Port, Meta(description="Port of TAK clients, TLS with client certificates.")] = 8089
    marti_port: Annotated[Port, Meta(description="Port of the TAK HTTP API, TLS with client certificates.")] = 8443
    enrol_port: Annotated[Port, Meta(description="Port where TAK clients get their certificate.")] = 8446
    tak_plain: Annotated[
        bool,
        Meta(
            description="Take TAK clients over plain TCP too, where nobody is asked who he is; every page then says so."
        ),
    ] = False
    tak_plain_label: Annotated[
        str,
        Meta(
            description="Label of what plain TAK clients say, and the highest of what they see; empty: label_default."
        ),
    ] = ""
    tak_host: Annotated[
        str, Meta(min_length=1, description="Address of the plain TAK listener: leave it on loopback.")
    ] = "127.0.0.1"
    tak_port: Annotated[Port, Meta(description="Port of TAK clients, plain TCP.")] = 8087
    tak_idle_timeout_s: Annotated[
        float,
        Meta(
            ge=0,
            le=86_400,
            description="Seconds without a byte, not even a ping, until a client is closed; 0 is never.",
        ),
    ] = 120.0
    tak_clients_max: Annotated[
        int, Meta(ge=1, le=50_000, description="TAK clients at a time; one more is refused and counted.")
    ] = 10_000
    tak_write_buffer_bytes: Annotated[
        int,
        Meta(
            ge=65_536,
            description="Bytes queued for one TAK client before it counts as lagging; beside"
            " tak_queue_bytes the bound of what a reader that stalls can cost. Ticks are shared: many such readers wait"
            " for the same bytes.",
        ),
    ] = 8 << 20
    tak_queue_bytes: Annotated[
        int,
        Meta(
            ge=65_536,
            description="Bytes of chat and other events, which are never dropped, that wait for a lagging TAK client"
            " before it is closed.",
        ),
    ] = 1 << 20
    journal_url: Annotated[
        str,
        Meta(
            description="Where the records are: empty for DATA/journal.sqlite, or postgresql://user@host/database"
            " (needs pip install jointhq[postgres])."
        ),
    ] = ""
    journal_accept_clock: Annotated[
        bool,
        Meta(
            description="Write on though this machine's clock stands before the last record: set it for one start,"
            " after somebody has looked at the clock."
        ),
    ] = False
    oidc_issuer: Annotated[
        str, Meta(description="Address of an OpenID provider that people may sign in with; empty: none.")
    ] = ""
    oidc_client_id: Annotated[str, Meta(description="What this headquarters is called at the OpenID provider.")] = ""
    oidc_client_secret_file: Annotated[
        str, Meta(description="File that holds the secret shared with the OpenID provider; empty: a public client.")
    ] = ""
    picture_tracks_max: Annotated[
        int, Meta(ge=1000, le=2_000_000, description="Tracks in the picture; a further one is refused and counted.")
    ] = 200_000
    picture_gone_after_s: Annotated[
        int, Meta(ge=1, description="Seconds from stale until a track leaves the picture.")
    ] = 600
    picture_tick_ms: Annotated[
        int, Meta(ge=50, le=5000, description="Milliseconds between two updates of the open pages.")
    ] = 200
    history_tak_days: Annotated[
        float, Meta(gt=0, le=3650, description="Days the history of TAK clients and units is kept.")
    ] = 30.0
    history_feed_hours: Annotated[
        float, Meta(gt=0, le=87_600, description="Hours the history of a feed is kept, unless the feed says otherwise.")
    ] = 24.0
    log_format: Annotated[str, Meta(pattern="^(text|json)$", description="Log lines as text or json.")] = "text"
    log_level: Annotated[
        str, Meta(pattern="^(debug|info|warning|error)$", description="Lowest level that is logged.")
    ] = "info"
    demo_speed: Annotated[
        float, Meta(gt=0, le=1000, description="How many times faster than real the demo plays recorded traffic.")
    ] = 1.0


class Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of a `[[groups]]` table: the label of what the clients of one TAK group say."""

    name: Annotated[str, Meta(min_length=1, max_length=64, description="Name of the TAK group.")]
    label: Annotated[
        str,
        Meta(min_length=1, max_length=200, description="Label of what its clients say, at the least."),
    ]


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """Settings, where each came from (`default`, a file's path, a variable, a flag), the feeds and groups of the file.

    `origins` holds the feeds' file as `feeds`.
    """

    settings: Settings
    origins: dict[str, str]
    feeds: list[dict[str, Any]]
    groups: list[Group] = []


def describe(struct: type[msgspec.Struct] = Settings) -> dict[str, tuple[Any, str]]:
    """Return each field's default and meaning, by name; `msgspec.NODEFAULT` where it must be given."""
    hints = get_type_hints(struct, include_extras=True)
    return {field.name: (field.default, _description(hints[field.name])) for field in msgspec.structs.fields(struct)}


def _description(hint: Any) -> str:
    return " ".join(meta.description for meta in hint.__metadata__ if isinstance(meta, Meta) and meta.description)


def page_url(settings: Settings) -> str:
    """Return where a browser on this machine finds the page."""
    host = LOOPBACK.get(settings.web_host, settings.web_host)
    scheme = "https" if settings.web_tls else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.web_port + settings.port_offset}/"


def refuse_unknown(variables: Iterable[str]) -> None:
    """Raise BadInput that names a `JOINTHQ_*` variable which is no setting: it is mistyped."""
    known = {ENV_PREFIX + name.upper() for name in describe()}
    for name in sorted(variables):
        if name.startswith(ENV_PREFIX) and not name.startswith(ENV_OF_TESTS) and name not in known:
            raise BadInput(f"there is no setting {name}; `jointhq settings` lists them all")


def load(
    flags: Mapping[str, str],
    env: Mapping[str, str],
    file: Path | None = None,
    *,
    defaults: Mapping[str, str] = MappingProxyType({}),
) -> Loaded:
    """Gather settings in rising strength. `flags` hold setting names; `file` defaults to DATA/jointhq.toml.

    `defaults` are a command's own, weaker than everything said. Raises BadInput that names the setting, its source and
    what it may be.
    """
    known = describe()
    from_env = {name: env[ENV_PREFIX + name.upper()] for name in known if ENV_PREFIX + name.upper() in env}
    if file is None:
        said = {"data": known["data"][0], **defaults, **from_env, **flags}
        file = Path(said["data"]) / FILE_NAME
        table = _read(file) if file.exists() else {}
    else:
        table = _read(file)
    feeds, groups = _tables(table, "feeds", file), _tables(table, "groups", file)
    values: dict[str, Any] = {}
    origins = dict.fromkeys(known, "default") | {"feeds": str(file)}
    layers: list[tuple[Mapping[str, Any], str]] = [
        (defaults, "default"),
        (_flat(table, file, known), str(file)),
        *(({name: text}, ENV_PREFIX + name.upper()) for name, text in from_env.items()),
        *(({name: text}, "--" + name.replace("_", "-")) for name, text in flags.items()),
    ]
    for layer, origin in layers:
        for name, value in layer.items():
            values[name] = _convert(name, value, origin)
            origins[name] = origin
    settings = Settings(**values)
    _check_ports(settings)
    try:
        return Loaded(settings=settings, origins=origins, feeds=feeds, groups=msgspec.convert(groups, list[Group]))
    except msgspec.ValidationError as error:
        raise BadInput(f"{file}: [[groups]]: {error}; a group's keys are name and label") from None


def _tables(table: dict[str, Any], name: str, file: Path) -> list[dict[str, Any]]:
    tables = table.pop(name, [])
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        raise BadInput(f"{file}: {name} must be written as [[{name}]] tables")
    return tables


def _check_ports(settings: Settings) -> None:
    for name in ("web_port", "tak_port", "tak_tls_port", "marti_port", "enrol_port"):
        port = getattr(settings, name)
        if port + settings.port_offset > PORT_MAX:
            raise BadInput(
                f"{name} = {port} with port_offset = {settings.port_offset} makes {port + settings.port_offset};"
                f" ports end at {PORT_MAX}"
            )


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise BadInput(f"can't read {file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} is not TOML: {error}") from None


def _flat(table: dict[str, Any], file: Path, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return `{"tak": {"port": 1}}` as `{"tak_port": 1}`."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        inner = {f"{key}_{k}": v for k, v in value.items()} if isinstance(value, dict) else {key: value}
        flat |= inner
    for name in flat.keys() - known.keys():
        raise BadInput(f"{file}: there is no setting {name!r}; `jointhq settings` lists them all")
    return flat


def _convert(name: str, value: Any, origin: str) -> Any:
    hint = get_type_hints(Settings, include_extras=True)[name]
    try:
        converted = msgspec.convert(value, hint, strict=False)
        if isinstance(converted, float) and not math.isfinite(converted):
            raise msgspec.ValidationError("Expected a finite number")  # nan passes every limit
    except msgspec.ValidationError as error:
        raise BadInput(f"{name} = {value!r} (from {origin}): {error}") from None
    return converted
