"""Words, tables and records made from a fit."""
