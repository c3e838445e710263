"""What a load is aimed at and how it goes about it.

Owns: the options of the generator and their limits; refusing any target but this machine.
Doesn't own: the load itself (`scenarios`).
"""

import argparse
import ipaddress
import ssl
from dataclasses import dataclass, fields

CLIENTS_MAX = 10_000
DURATION_S_MAX = 600.0
MESSAGES_S_MAX = 500_000


@dataclass(frozen=True)
class Options:
    """Where, over what, how fast; the defaults suit a server that keeps up."""

    host: str = "127.0.0.1"
    port: int = 8087
    wire: str = "xml"  # xml; tak: protobuf after negotiation; tak-raw: protobuf at once
    tls: bool = False
    cafile: str = ""
    cert: str = ""  # {} stands for the number of the certificate, where there are several
    certs: int = 1  # client i uses certificate i modulo this
    key: str = ""
    key_password: str = ""
    server_name: str = ""
    procs: int = 1  # generator processes
    nice: int = 0  # how far they stand back for other processes
    avoid_core: int = -1  # the core that is left to the server; -1: none
    tag: str = ""  # in every uid and callsign; empty: random
    pad: int = 0  # extra bytes in every event
    drain: float = 10.0  # s to wait for late deliveries
    drain_quiet: float = 2.0  # s without any, and we stop waiting
    settle: float = 20.0  # s at most until the first positions have gone round
    settle_min: float = 0.0  # s at least
    quiet: float = 0.7  # s without a byte: settled
    connect_timeout: float = 15.0
    connect_concurrency: int = 50
    connect_pace: float = 0.0  # s after each connection
    connect_spread: float = 0.0  # s over which the clients of one block come, evenly
    connect_retry: float = 0.0  # s until one that was closed before its first byte comes again; 0: never
    connect_block: int = 1000  # connections between two looks at the memory of the machine
    ident_delay: float = 0.0  # s from connecting to the first position, for servers that lose it otherwise
    ident_delay_per_client: float = 0.0
    pause: float = 1.0  # s between two loads
    min_free_gb: float = 2.0  # stop connecting when the machine has less than this free

    def __post_init__(self) -> None:
        address = ipaddress.ip_address("127.0.0.1" if self.host == "localhost" else self.host)
        if not address.is_loopback:
            raise SystemExit("the load goes to loopback addresses only")

    def ssl_context(self, client: int = 0) -> ssl.SSLContext | None:
        if not self.tls:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.cafile:
            context.load_verify_locations(self.cafile)
            context.check_hostname = bool(self.server_name)
        else:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.cert:
            context.load_cert_chain(self.cert.format(client % self.certs), self.key or None, self.key_password or None)
        return context


def add_arguments(parser: argparse.ArgumentParser) -> None:
    for field in fields(Options):
        flag = "--" + field.name.replace("_", "-")
        if field.type is bool or field.type == "bool":
            parser.add_argument(flag, action="store_true")
        else:
            parser.add_argument(flag, type=type(field.default), default=field.default)  # type: ignore[arg-type]


def from_arguments(args: argparse.Namespace) -> Options:
    return Options(**{field.name: getattr(args, field.name) for field in fields(Options)})
