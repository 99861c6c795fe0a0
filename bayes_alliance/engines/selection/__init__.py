"""Publication selection by step functions of p, for effects or for whole samples."""
