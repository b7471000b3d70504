"""Tests of service_desk/billing."""
