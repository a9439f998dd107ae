"""Property tests without a clock: a busy machine is no counter-example.

On a build server the examples are the same on every run; elsewhere hypothesis keeps looking.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeat", parent=settings.get_profile("search"), derandomize=True)
settings.load_profile("repeat" if os.environ.get("CI") else "search")
