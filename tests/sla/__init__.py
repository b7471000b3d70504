"""Tests of service_desk/sla."""
