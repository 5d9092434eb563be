"""Counts push results in files and streams, once, with the daemon's own stages."""

from logwatch.report.count import Count, Input
from logwatch.report.source import Stream, Unreadable, open_path, open_stream

__all__ = ["Count", "Input", "Stream", "Unreadable", "open_path", "open_stream"]
