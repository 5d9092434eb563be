"""Diagnose in plain words what is wrong with push: committed numbers go in, findings come out, the heaviest first.

A pure function of what it is handed: no clock, no file, no page.
"""
