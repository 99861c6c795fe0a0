"""The report as a whole: its sections, and the writers of a page and of a Word document."""
