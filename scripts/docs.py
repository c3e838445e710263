"""Write docs/settings.md from the settings themselves; a test finds the page out of date."""

from pathlib import Path

import msgspec

from jointhq.feeds.config import FeedTable
from jointhq.settings import ENV_PREFIX, Group, describe

HEAD = """# Settings

Every setting can be written in `jointhq.toml` (in the data directory, or the file named by `--config`), given as an
environment variable, or as a flag; each is stronger than the one before. `tak_port` is `port` below `[tak]` in the
file, `{prefix}TAK_PORT` in the environment and `--tak-port` on the command line. `jointhq settings` prints what is in
force, and where each value came from.

```toml
[hq]
name = "Kanto relief headquarters"
name_ja = "関東救援本部"

[tls]
names = "hq.example"  # as clients reach this server

[[feeds]]             # as many as you like
id = "harbour"
kind = "ais"          # ais | sbs | readsb | adsb-csv
url = "udp://:10110"  # tcp://host:port, udp://:port, file:///path, http://host/data/aircraft.json
history_hours = 72
label = "OPEN"

[[groups]]            # what clients of this TAK group say
name = "Liaison"
label = "GUARDED//REL TO USA, JPN"
```

| setting | default | what it means |
|---|---|---|
"""

FEEDS = """
## Feeds

A `[[feeds]]` table each:

| key | default | what it means |
|---|---|---|
"""


GROUPS = """
## Groups

A `[[groups]]` table for each TAK group whose clients say something else than their listener's label:

| key | default | what it means |
|---|---|---|
"""


def main() -> None:
    """Write the page."""
    rows = [f"| `{name}` | `{default!r}` | {meaning} |\n" for name, (default, meaning) in describe().items()]
    for head, table in ((FEEDS, FeedTable), (GROUPS, Group)):
        rows.append(head)
        for name, (default, meaning) in describe(table).items():
            given = "must be given" if default is msgspec.NODEFAULT else f"`{default!r}`"
            rows.append(f"| `{name}` | {given} | {meaning} |\n")
    page = Path(__file__).parents[1] / "docs" / "settings.md"
    page.write_text(HEAD.format(prefix=ENV_PREFIX) + "".join(rows), "utf-8")


if __name__ == "__main__":
    main()
