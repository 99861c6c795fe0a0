"""The face: one call from a table to a fit, and a fit that binds the verbs."""
