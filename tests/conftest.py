"""What all tests share."""

import os

from hypothesis import HealthCheck, settings

# A busy machine is no finding. `make test` repeats the same examples everywhere; `make fuzz` looks for new ones.
settings.register_profile("test", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile(
    "fuzz", deadline=None, suppress_health_check=list(HealthCheck), max_examples=20_000, print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "test"))
