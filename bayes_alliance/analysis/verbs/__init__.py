"""Verbs of a fit that vary something and run again, a file a topic."""
