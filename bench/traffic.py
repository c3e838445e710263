"""Made-up traffic for the benchmarks of the picture: ships, aircraft and people over the western Pacific.

Owns: tracks that move as real ones do: constant speed with gusts, seldom turning, positions with a receiver's error,
reports at their own irregular times. Doesn't own: what is measured (`bench/history.py`, `bench/deltas.py`).
"""

import numpy as np

from jointhq.cot.event import Event

METRES_PER_DEGREE = 111_195.0


class Traffic:
    def __init__(self, tracks: int, seed: int = 1) -> None:
        self.random = random = np.random.default_rng(seed)
        self.tracks = tracks
        self.kind = random.choice(3, tracks, p=(0.35, 0.55, 0.10))  # aircraft, ship, person
        self.lat = random.uniform(20, 46, tracks)
        self.lon = random.uniform(120, 155, tracks)
        self.course = random.uniform(0, 360, tracks)
        self.speed = np.choose(
            self.kind,
            (random.uniform(60, 260, tracks), random.uniform(0, 11, tracks), random.uniform(0, 2, tracks)),
        )
        self.alt = np.where(self.kind == 0, random.uniform(300, 12_000, tracks), np.nan)
        self.climb = np.where((self.kind == 0) & (random.random(tracks) < 0.3), random.uniform(-10, 10, tracks), 0.0)
        self.uids = [f"{('icao', 'mmsi', 'ANDROID')[kind]}-{i:07d}" for i, kind in enumerate(self.kind)]
        self.callsigns = [f"{('ANA', 'MARU ', 'TEAM ')[kind]}{i % 9973}" for i, kind in enumerate(self.kind)]

    def step(self, seconds: float) -> None:
        """Let everyone move."""
        random, n = self.random, self.tracks
        turning = random.random(n) < 0.03
        self.course = (self.course + np.where(turning, random.normal(0, 20, n), random.normal(0, 0.3, n))) % 360
        self.speed = np.maximum(0, self.speed + random.normal(0, 0.01, n) * self.speed)
        self.alt = np.clip(self.alt + self.climb * seconds, 100, 13_000)
        metres = self.speed * seconds
        self.lat = np.clip(self.lat + metres * np.cos(np.radians(self.course)) / METRES_PER_DEGREE, -80, 80)
        east = metres * np.sin(np.radians(self.course)) / METRES_PER_DEGREE / np.cos(np.radians(self.lat))
        self.lon = (self.lon + east + 180) % 360 - 180

    def events(self, indices: list[int], now_ms: int, jitter_ms: int = 1000) -> list[Event]:
        """Return a report of each of these tracks: about now, with the errors of its receiver."""
        n = len(indices)
        index = np.array(indices)
        lat = np.round(self.lat[index] + self.random.normal(0, 3e-5, n), 6)
        lon = np.round(self.lon[index] + self.random.normal(0, 3e-5, n), 6)
        speed = np.round(self.speed[index] / 0.05144) * 0.05144  # tenths of a knot
        course = np.round(self.course[index], 1)
        alt = np.round(self.alt[index] / 7.62) * 7.62  # 25 feet
        age = self.random.integers(0, jitter_ms, n)
        columns = zip(
            indices,
            lat.tolist(),
            lon.tolist(),
            speed.tolist(),
            course.tolist(),
            alt.tolist(),
            age.tolist(),
            strict=True,
        )
        return [
            Event(
                uid=self.uids[i],
                type=("a-n-A-C-F", "a-n-S-X-M", "a-f-G-U-C")[self.kind[i]],
                how="m-g",
                time_ms=now_ms - late,
                start_ms=now_ms - late,
                stale_ms=now_ms - late + 60_000,
                lat=y,
                lon=x,
                hae_m=None if z != z else z,
                callsign=self.callsigns[i],
                course_deg=c,
                speed_ms=v,
            )
            for i, y, x, v, c, z, late in columns
        ]
