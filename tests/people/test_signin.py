"""One-time links and sessions."""

import os

import pytest

from jointhq.base.clock import ManualClock
from jointhq.base.errors import BadInput, NotSignedIn
from jointhq.people.signin import KEY_BYTES, LINK_MINUTES, SignIn


@pytest.fixture
def clock():
    return ManualClock()


def test_a_link_works_once(tmp_path, clock):
    sign_in = SignIn(tmp_path, clock)
    token = sign_in.issue()
    sign_in.check(sign_in.redeem(token))
    with pytest.raises(NotSignedIn):
        sign_in.redeem(token)


def test_a_link_made_by_another_process_of_the_same_headquarters_works(tmp_path, clock):
    running = SignIn(tmp_path, clock)
    running.check(running.redeem(SignIn(tmp_path, clock).issue()))


def test_a_link_ends(tmp_path, clock):
    sign_in = SignIn(tmp_path, clock)
    token = sign_in.issue()
    clock.advance(LINK_MINUTES * 60)
    with pytest.raises(NotSignedIn):
        sign_in.redeem(token)
    sign_in.issue()
    assert len(list((tmp_path / "sign-in-links").iterdir())) == 1  # what has ended is cleared away


def test_a_session_outlives_a_restart_and_ends(tmp_path, clock):
    first = SignIn(tmp_path, clock, session_hours=1)
    cookie = first.redeem(first.issue())
    SignIn(tmp_path, clock, session_hours=1).check(cookie)
    clock.advance(3600)
    with pytest.raises(NotSignedIn):
        first.check(cookie)


@pytest.mark.parametrize("forged", ["", "x", "a.b.c", "..", "é.1.é"])
def test_nothing_else_is_a_session_or_a_link(tmp_path, clock, forged):
    sign_in = SignIn(tmp_path, clock)
    with pytest.raises(NotSignedIn):
        sign_in.check(forged)
    with pytest.raises(NotSignedIn):
        sign_in.redeem(forged)
    cookie = sign_in.redeem(sign_in.issue())
    name, ends, signature = cookie.split(".")
    with pytest.raises(NotSignedIn):
        sign_in.check(f"{name}.{int(ends) + 1}.{signature}")
    with pytest.raises(NotSignedIn):
        SignIn(tmp_path / "other", clock).check(cookie)


def test_nothing_on_disk_opens_the_page(tmp_path, clock):
    sign_in = SignIn(tmp_path, clock)
    token = sign_in.issue()
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert token.encode() not in file.read_bytes()
            assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("cut_short", [b"", b"x" * (KEY_BYTES - 1)])
def test_a_key_that_a_full_disk_cut_short_signs_nothing(tmp_path, clock, cut_short):
    (tmp_path / "session.key").write_bytes(cut_short)
    sign_in = SignIn(tmp_path, clock)
    key = (tmp_path / "session.key").read_bytes()
    assert len(key) == KEY_BYTES
    assert not key.startswith(b"x")
    SignIn(tmp_path, clock).check(sign_in.redeem(sign_in.issue()))


def test_a_full_disk_is_one_clear_line_and_leaves_nothing_half_written(tmp_path, clock, monkeypatch):
    sign_in = SignIn(tmp_path / "a", clock)

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for attempt in (sign_in.issue, lambda: SignIn(tmp_path / "b", clock)):
        with pytest.raises(BadInput, match=r"can't write to the data directory .*: No space left on device"):
            attempt()
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == ["session.key"]
