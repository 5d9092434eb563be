"""Make what follows from rules, catalogue and thresholds: the shipped rules, dashboards, runbook facts, man pages.

``python -m config.generate`` writes the files; with ``--check`` it writes nothing and lists those that differ. Only
development needs it: what it writes is committed, and operators install that.
"""
