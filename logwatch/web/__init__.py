"""Serve read-only views of what is on disk over HTTP."""
