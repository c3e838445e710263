"""One real pytak client that enrols and streams over TLS: JSON lines in on stdin, JSON lines out on stdout.

Owns: giving pytak its enrolment link or its package. Everything that follows is pytak's own: the key, the request, the
certificate's cache, the connection. Doesn't own: what must arrive (the tests say).

In and out as `tak_pytak`, and {"kind": "enrolled", "certificate"} once there is a certificate.
"""

import asyncio
import os
import sys
from configparser import ConfigParser

os.environ["HOME"] = sys.argv[3]  # pytak keeps its certificates below it

import pytak
from pytak.client_functions import create_tls_client, read_pref_package, resolve_tak_url
from tak_pytak import Commands, Receiver, say  # type: ignore[import-not-found]


async def main(how: str, what: str) -> None:
    settings = await resolve_tak_url(what) if how == "link" else read_pref_package(what)
    if how == "package":  # the connection is verified: the package says whom to trust
        settings["PYTAK_TLS_DONT_CHECK_HOSTNAME"] = "0"
        settings["COT_URL"] = settings["COT_URL"].replace("ssl://", "tls://")
    say(kind="enrolled", certificate=settings["PYTAK_TLS_CLIENT_CERT"])
    parser = ConfigParser(interpolation=None)
    parser["pytak"] = {name: value for name, value in settings.items() if value is not None}
    config = parser["pytak"]
    tool = pytak.CLITool(config)
    reader, writer = await create_tls_client(config, pytak.client_functions.urlparse(config["COT_URL"]))
    tool.add_tasks(
        {
            pytak.TXWorker(tool.tx_queue, config, writer),
            pytak.RXWorker(tool.rx_queue, config, reader),
            Receiver(tool.rx_queue, config),
            Commands(tool.tx_queue, config),
        }
    )
    await tool.run()


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1], sys.argv[2]))
    except (EOFError, ConnectionError):  # stdin ended, or the server left (IncompleteReadError is an EOFError too)
        say(kind="closed")
