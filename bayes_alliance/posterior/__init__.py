"""The posterior as a thing one can ask: a DataTree, marginals and where it came from."""
