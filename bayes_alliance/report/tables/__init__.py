"""Tables for a manuscript, in one record each: HTML, LaTeX, Word and a data frame."""
