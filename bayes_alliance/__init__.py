"""Bayesian multilevel meta-analysis of correlations."""

__version__ = "0.1.0"
