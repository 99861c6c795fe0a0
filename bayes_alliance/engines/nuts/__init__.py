"""The PyMC model of a design, sampled by NUTS."""
