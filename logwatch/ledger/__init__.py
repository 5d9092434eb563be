"""Keep positions and counts in one SQLite file, changed by one transaction at a time."""
