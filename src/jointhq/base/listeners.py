"""Who wants to hear of a change.

Owns: telling each, until he wants to hear no more. Doesn't own: what a change is.
"""

from collections.abc import Callable


class Listeners:
    """Callbacks, told in the order in which they came. They must be quick."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._callbacks: dict[object, Callable[[], None]] = {}

    def add(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back at every change; return what ends that."""
        key = object()
        self._callbacks[key] = callback

        def forget() -> None:
            self._callbacks.pop(key, None)

        return forget

    def tell(self) -> None:
        """Tell all who listen now: one may end his listening, or another's, meanwhile."""
        for key, callback in list(self._callbacks.items()):
            if key in self._callbacks:
                callback()
