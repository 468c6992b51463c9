"""What every test shares: no test asserts a time, and shared machines are slow at moments."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")

os.environ.pop("HINOMI_TOKEN", None)  # Whoever runs the tests acts by their account.
