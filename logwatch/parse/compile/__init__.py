"""Compile pyparsing grammars to regexes over bytes; no log, no envelope and no result is known here."""
