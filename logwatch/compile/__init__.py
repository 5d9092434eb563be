"""Compile pyparsing expressions to regexes over bytes, or say why not; no log, no envelope, no result is known here.

``from_pyparsing`` and ``from_regex`` make a small PEG tree of ``nodes``. ``to_regex`` prints it for one line, which
``line_pattern`` matches by ``re``, and ``shared_groups`` for whole chunks, which ``chunk_pattern`` reads by ``pcre2``.
"""
