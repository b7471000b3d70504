"""The tests of safeguards. `calm`: how properties are tried on a machine that others use at the same time."""

from hypothesis import HealthCheck, settings

calm = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
