"""What is claimed: priors, specifications, the model library, and their compilation to arrays."""
