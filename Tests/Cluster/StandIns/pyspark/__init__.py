"""Stands in for PySpark in tests without a cluster."""
