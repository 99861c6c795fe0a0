"""The exact engine: everything but the taus integrates out, and quadrature does the rest."""
