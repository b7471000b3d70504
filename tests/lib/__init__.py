"""Tests of service_desk/lib."""
