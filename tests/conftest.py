"""Property tests without a clock: a busy machine is no counter-example.

The examples are the same on every run. With SEARCH_EXAMPLES=1 hypothesis looks for new ones, and
for more of them: do that after a change to the mathematics.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "repeat", parent=settings.get_profile("search"), derandomize=True, max_examples=60
)
settings.load_profile("search" if os.environ.get("SEARCH_EXAMPLES") else "repeat")
