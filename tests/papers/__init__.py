"""Tests of service_desk/papers."""
