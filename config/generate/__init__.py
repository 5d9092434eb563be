"""Makes from the catalogue and the thresholds what follows from them: rules, their tests, dashboards, runbook facts.

``python -m config.generate`` writes the files; with ``--check`` it writes nothing and lists those that differ. Only
development needs it: what it writes is committed, and operators install that.
"""
