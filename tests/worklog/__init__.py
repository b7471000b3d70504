"""Tests of service_desk/worklog."""
