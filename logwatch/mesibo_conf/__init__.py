"""Find the mesibo.conf that a source's mesibo reads, and read one thing in it: whether push results are logged."""

from logwatch.mesibo_conf.place import USUAL, PushLogging, places, push_logging

__all__ = ["USUAL", "PushLogging", "places", "push_logging"]
