"""Columns and blocks: what was packed comes out again, and broken bytes are refused."""

import contextlib
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from jointhq.picture import blocks
from jointhq.picture.columns import pack, quantise, restore, unpack
from tests.picture.support import places

ints = st.integers(-(2**63), 2**63 - 1)
columns = st.lists(ints | st.integers(-300, 300), max_size=50).map(lambda values: np.array(values, np.int64))


@given(columns)
def test_a_column_comes_out_as_it_went_in(values: Any) -> None:
    packed = b"x" + pack(values)
    out, end = unpack(packed, 1, len(values))
    assert out.tolist() == values.tolist()
    assert end == len(packed)


@given(columns.filter(len), st.data())
def test_half_a_column_is_refused(values: Any, data: Any) -> None:
    packed = pack(values)
    cut = data.draw(st.integers(0, max(0, len(packed) - 1)))
    with pytest.raises(ValueError, match="does not fit"):
        unpack(packed[:cut], 0, len(values))


@given(st.lists(st.none() | st.floats(), max_size=20))
def test_what_is_unknown_stays_unknown_and_the_rest_is_near(values: list[float | None]) -> None:
    steps = quantise(np.array(values, np.float64), 10, -100, 1000)
    for value, got in zip(values, restore(steps, 10, -100).tolist(), strict=True):
        if value is None or not math.isfinite(value):
            assert math.isnan(got)
        else:
            assert abs(got - min(max(value, -100), 1000)) <= 0.0501


@given(hnp.arrays(np.int64, st.tuples(st.just(blocks.LINES), st.integers(0, 60)), elements=ints))
def test_a_block_comes_out_as_it_went_in(rows: Any) -> None:
    assert np.array_equal(blocks.decode(blocks.encode(rows)), rows)


@given(st.binary(max_size=200), st.integers(0, 10**6))
def test_a_broken_block_is_refused(junk: bytes, at: int) -> None:
    with pytest.raises(ValueError, match=r"b"):
        blocks.decode(junk)
    rows = np.arange(50 * blocks.LINES).reshape(blocks.LINES, 50)
    broken = bytearray(blocks.encode(rows))
    broken[at % len(broken)] ^= 0x55
    with contextlib.suppress(ValueError):  # a bit that means nothing may flip
        assert np.array_equal(blocks.decode(bytes(broken)), rows)


PLACE = ("lat", "lon", "hae_m", "course_deg", "speed_ms")
times = st.integers(0, 2**41)
hot_rows = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3), times, times, times, places), max_size=60)


def hot(said: list[Any]) -> Any:
    rows = np.zeros(len(said), blocks.HOT)
    for i, (key, kind, received_ms, time_ms, stale_ms, place) in enumerate(said):
        rows[i] = (
            key,
            kind,
            0,
            b"",
            received_ms,
            time_ms,
            stale_ms,
            *(math.nan if place[name] is None else place[name] for name in PLACE),
        )
    return rows


def test_a_hot_row_is_packed_as_numpy_reads_it() -> None:
    assert blocks.HOT.itemsize == blocks.HOT_ROW.size
    packed = blocks.HOT_ROW.pack(7, 1, 2, 3, 4, 5, 1.5, 2.5, 3.5, 4.5, 5.5)
    (row,) = np.frombuffer(packed, blocks.HOT).tolist()
    assert row == (7, 1, 2, b"\0\0", 3, 4, 5, 1.5, 2.5, 3.5, 4.5, 5.5)


@given(hot_rows)
def test_a_table_says_what_the_rows_said(said: list[Any]) -> None:
    rows = hot(said)
    table = blocks.decode(blocks.encode(blocks.table(rows)))
    assert blocks.lat(table).tolist() == rows["lat"].tolist()
    assert blocks.lon(table).tolist() == rows["lon"].tolist()
    for got, name, floor, top, error in (
        (blocks.alt_m(table), "alt_m", -12_000, 1e7, 0.0501),
        (blocks.course_deg(table), "course_deg", 0, 360, 0.0501),
        (blocks.speed_ms(table), "speed_ms", 0, 20_000, 0.00501),
    ):
        expected = np.clip(rows[name], floor, top)
        assert np.array_equal(np.isnan(got), np.isnan(expected))
        assert np.all(np.isnan(got) | (np.abs(got - expected) <= error))


@given(hot_rows.filter(len), st.integers(1, 20))
def test_splitting_keeps_every_row_and_each_track_whole(said: list[Any], block_rows: int) -> None:
    rows = blocks.table(hot(said))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_ROWS", block_rows)
        parts, keys, numbers = blocks.split(rows)
    joined = np.concatenate(parts, axis=1)
    for key in range(10):
        assert joined[:, joined[blocks.KEY] == key].tolist() == rows[:, rows[blocks.KEY] == key].tolist()
    assert joined.shape == rows.shape
    for key, number in zip(keys.tolist(), numbers.tolist(), strict=True):
        inside = [n for n, part in enumerate(parts) if key in part[blocks.KEY]]
        assert inside == [number]


@given(hot_rows)
def test_latest_is_the_last_that_was_not_late(said: list[Any]) -> None:
    rows = blocks.table(hot(said))
    expected = {column[blocks.KEY]: column for column in rows.T.tolist() if column[blocks.KIND] != blocks.LATE}
    got = blocks.latest(rows).T.tolist()
    assert {column[blocks.KEY]: column for column in got} == expected
    assert len(got) == len(expected)
