"""Paragraphs of methods and results in APA style, with their references."""
