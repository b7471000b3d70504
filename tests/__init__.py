"""The tests mirror service_desk/ and connectors/."""
