"""Compile pyparsing expressions to regexes over bytes, or say why not; no log, no envelope, no result is known here.

``from_pyparsing`` and ``from_regex`` make a small PEG tree of ``nodes``, ``to_regex`` prints it: for one line by
``line_pattern``, for whole chunks by ``chunk_pattern``. ``specialise`` narrows a tree to the ways that lines take it.
"""
