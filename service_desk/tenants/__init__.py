"""Client companies, their people and their ERP connections."""
