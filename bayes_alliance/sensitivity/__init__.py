"""What carries the answer: the analysis without each sample, and other variations."""
