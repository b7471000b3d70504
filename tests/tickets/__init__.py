"""Tests of service_desk/tickets."""
