"""Tests of service_desk/handover."""
