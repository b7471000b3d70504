"""Tests of service_desk/alerts."""
