"""Follow a container or a unit in systemd's journal, by journalctl and its cursor: each entry once, gaps detected.

Glossary. An *entry* is what journald keeps; a *message* is what a program wrote as one line, in one entry or in several
parts; a *run* is journalctl from its start to its end; a *cursor* is journald's name for an entry.
"""
