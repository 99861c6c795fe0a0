"""One file a figure: a data function that returns the numbers, a drawing function that draws."""
