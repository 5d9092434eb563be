"""The demonstration: ``python -m config.demo``, or ``make demo``."""
