"""How often somebody may try to sign in.

Owns: counting failures by name and by address, and the answer that says when to come back.
Doesn't own: what a failure is (`people.access`).
"""

import ipaddress
from collections import OrderedDict
from typing import Final

from jointhq.base.clock import Clock
from jointhq.base.errors import JointHQError

WINDOW_S: Final = 300.0  # failures older than that are forgotten
BY_NAME_MAX: Final = 10  # failures for one name in a window: 2,880 guesses a day; a passkey or a link still works
BY_ADDRESS_MAX: Final = 50  # from one address: a room of people behind one router mistypes less
KEYS_MAX: Final = 20_000  # names and addresses remembered, each; the oldest are forgotten first


class TooManyAttempts(JointHQError):
    """Too many have failed; nothing was looked at. `retry_after_s` says when to try again."""

    code = "too_many_attempts"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"too many attempts; try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class Attempts:
    """The failures of the last minutes. In memory: a restart forgives, and takes longer than guessing gains."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._names: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._addresses: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def begin(self, address: str, name: str = "") -> None:
        """Count an attempt as failed before it is looked at, so that many at once gain nothing. TooManyAttempts."""
        entries = self._entries(address, name)
        waits = [self._wait_s(table, key, most) for table, key, most in entries]
        if longest := max(waits):
            raise TooManyAttempts(longest)
        for table, key, _ in entries:
            self._add(table, key, 1)

    def succeeded(self, address: str, name: str = "") -> None:
        """Take it back: it did not fail."""
        for table, key, _ in self._entries(address, name):
            self._add(table, key, -1)

    def _entries(self, address: str, name: str) -> list[tuple[OrderedDict[str, tuple[float, int]], str, int]]:
        entries = [(self._addresses, network(address), BY_ADDRESS_MAX)]
        return [*entries, (self._names, name.casefold(), BY_NAME_MAX)] if name else entries

    def _wait_s(self, table: OrderedDict[str, tuple[float, int]], key: str, most: int) -> int:
        since_s, count = table.get(key, (0.0, 0))
        left_s = since_s + WINDOW_S - self._clock.monotonic_s()
        return max(1, round(left_s)) if count >= most and left_s > 0 else 0

    def _add(self, table: OrderedDict[str, tuple[float, int]], key: str, count: int) -> None:
        now_s = self._clock.monotonic_s()
        since_s, before = table.get(key, (now_s, 0))
        if now_s >= since_s + WINDOW_S:
            since_s, before = now_s, 0
        table[key] = (since_s, max(0, before + count))
        if len(table) > KEYS_MAX:
            table.popitem(last=False)


def network(address: str) -> str:
    """Return what one attacker surely has of an address: all of IPv4, the first 64 bits of IPv6."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 6 and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
    return str(parsed.ipv4_mapped or parsed) if parsed.version == 6 else str(parsed)
