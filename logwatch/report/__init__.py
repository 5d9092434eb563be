"""Count push results in files and streams, once, with the daemon's own stages."""

from logwatch.report.count import Count, LogSettings
from logwatch.report.source import Stream, Unreadable, open_path, open_stream

__all__ = ["Count", "LogSettings", "Stream", "Unreadable", "open_path", "open_stream"]
