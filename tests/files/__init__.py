"""Tests of service_desk/files."""
