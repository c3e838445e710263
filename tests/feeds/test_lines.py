"""Lines survive however the network cuts them; one that doesn't end is given up and counted."""

from hypothesis import given
from hypothesis import strategies as st

from jointhq.feeds.lines import LINE_BYTES_MAX, LineCutter

line = st.binary(min_size=1, max_size=50).filter(lambda raw: raw.strip() and not set(raw) & set(b"\r\n\x00"))


@given(st.lists(line), st.integers(1, 40), st.sampled_from([b"\n", b"\r\n", b"\r", b"\r\n\r\n"]))
def test_lines_survive_however_they_are_cut(lines: list[bytes], cut: int, end: bytes) -> None:
    data = b"".join(each + end for each in lines)
    cutter, got = LineCutter(), list[bytes]()
    for at in range(0, len(data), cut):
        whole, dropped = cutter.receive(data[at : at + cut])
        assert dropped == 0
        got += whole
    assert got == lines
    assert cutter.finish() == ([], 0)


@given(st.integers(1, 3000), st.integers(1, 700))
def test_a_line_too_long_is_dropped_once_and_the_next_is_whole(length: int, cut: int) -> None:
    data = b"x" * length + b"\nnext\n"
    cutter, got, lost = LineCutter(), list[bytes](), 0
    for at in range(0, len(data), cut):
        whole, dropped = cutter.receive(data[at : at + cut])
        got, lost = got + whole, lost + dropped
    too_long = length > LINE_BYTES_MAX
    assert got == ([b"next"] if too_long else [b"x" * length, b"next"])
    assert lost == too_long


def test_the_end_of_a_file_ends_its_last_line() -> None:
    cutter = LineCutter()
    assert cutter.receive(b"a\nb") == ([b"a"], 0)
    assert cutter.finish() == ([b"b"], 0)


def test_memory_is_bounded_while_no_line_ends() -> None:
    cutter = LineCutter()
    for _ in range(100):
        cutter.receive(b"x" * 100_000)
    assert len(cutter._rest) <= LINE_BYTES_MAX
