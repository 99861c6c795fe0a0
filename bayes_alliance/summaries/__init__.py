"""Answers read off a posterior; nothing here samples."""
