"""From a file to a checked table of effect sizes."""
