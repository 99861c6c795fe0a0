"""Numbers of the three-level normal model: arrays in, arrays out; nothing here knows a table."""
