"""From a design to a posterior: by NUTS, and the frequentist twin by REML."""
