"""Turns chunks of log lines into push results: pyparsing grammars, compiled to one bytes expression each."""
