"""Maximum likelihood and REML of the same model."""
