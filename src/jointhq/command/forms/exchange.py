"""What an import of a file answers.

Owns: these shapes. Doesn't own: paths (`command.exchange`), formats (`command.orbat`).
"""

from msgspec import Struct


class KeptRow(Struct, frozen=True, kw_only=True):
    """What a file says and has no home here: its path in the file, and how often it is said."""

    path: str
    count: int


class ProblemRow(Struct, frozen=True, kw_only=True):
    """What of a file was put right or left behind, and what to do."""

    code: str
    where: str
    message: str


class ImportBody(Struct, frozen=True, kw_only=True):
    """What an import would do, or has drafted: then `change` is its id. Counts are of the file, `mapping` of a table.

    `added`, `changed` and `same` are units; of those that are not named in the file nothing is said.
    """

    format: str
    change: str
    title: str
    label: str
    acts: int
    added: int
    changed: int
    same: int
    units: int
    relations: int
    places: int
    times: int
    kept: list[KeptRow]
    problems: list[ProblemRow]
    problems_total: int
    mapping: dict[str, str]
    columns: list[str]  # headings of a table, to choose from
