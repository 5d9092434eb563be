"""Turns chunks of log lines into push results: pyparsing grammars, compiled to one bytes expression each."""

from logwatch.parse.grammar import Grammar, load
from logwatch.parse.scan import Scanner

__all__ = ["Grammar", "Scanner", "load"]
