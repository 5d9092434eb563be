"""Compile pyparsing expressions to regexes over bytes, or say why not; knows nothing of logs, envelopes or results.

``from_pyparsing`` and ``from_regex`` build a small PEG tree of ``nodes``. ``to_regex`` writes it as a regex for a line,
which ``line_pattern`` runs with ``re``, and as one for whole chunks, which ``chunk_pattern`` runs with ``pcre2``.
"""
