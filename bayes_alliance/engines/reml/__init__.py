"""Maximum likelihood and restricted maximum likelihood of the three-level model."""
