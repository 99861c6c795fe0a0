"""Reporting standards, item by item, filled in from what was done."""
