"""What all tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no finding. `make test` repeats the same examples everywhere; `make fuzz` looks for new ones.
settings.register_profile("test", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile(
    "fuzz", deadline=None, suppress_health_check=list(HealthCheck), max_examples=20_000, print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "test"))

# Whoever runs the tests may have settings of his own, and a proxy: all that is asked here is on this machine.
for name in list(os.environ):
    if name.lower() in ("http_proxy", "https_proxy", "all_proxy") or (
        name.startswith("JOINTHQ_") and not name.startswith("JOINTHQ_SIM_")
    ):
        del os.environ[name]

# Files go to the workers of `make test` in this order: what takes longest first, so that none is left at the end.
LONG = (
    "browser/test_people.py",
    "browser/test_story.py",
    "browser/test_structure.py",
    "browser/test_page.py",
    "browser/test_orders.py",
    "canary/test_canary.py",
    "clients/test_hostile.py",
    "journal/test_kill.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first; the order is otherwise as it was."""
    here = Path(__file__).parent
    places = {here / name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path, len(LONG)))
