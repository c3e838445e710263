"""Who wants to hear of a change hears of it, until he wants to no more."""

from collections.abc import Callable

from jointhq.base.listeners import Listeners


def test_each_hears_until_he_forgets() -> None:
    listeners, heard = Listeners(), list[str]()
    forget = listeners.add(lambda: heard.append("a"))
    listeners.add(lambda: heard.append("b"))
    listeners.tell()
    forget()
    forget()
    listeners.tell()
    assert heard == ["a", "b", "b"]


def test_one_may_end_his_own_and_anothers_listening_while_he_hears() -> None:
    listeners, heard = Listeners(), list[str]()
    ends = list[Callable[[], None]]()

    def once() -> None:
        heard.append("once")
        for end in ends:
            end()

    ends += [listeners.add(once), listeners.add(lambda: heard.append("never"))]
    listeners.add(lambda: heard.append("always"))
    listeners.tell()
    listeners.tell()
    assert heard == ["once", "always", "always"]


def test_the_same_callback_twice_hears_twice() -> None:
    listeners, heard = Listeners(), list[int]()

    def hear() -> None:
        heard.append(1)

    forget = listeners.add(hear)
    listeners.add(hear)
    forget()
    listeners.tell()
    assert heard == [1]
