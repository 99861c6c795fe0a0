"""Importance sampling of hyperparameters that are too many for a quadrature."""
