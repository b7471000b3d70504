"""Tests of service_desk/estate."""
