"""Tests of service_desk/knowledge."""
