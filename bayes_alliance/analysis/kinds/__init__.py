"""Kinds of sensitivity analyses, a file each: what refuses an analysis, and what runs on a fit."""
