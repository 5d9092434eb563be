"""Tells what became of one user's pushes: in order, each with its meaning, and what all of them together say."""

from logwatch.story.address import alike, spellings
from logwatch.story.pushes import UserPush, kept, logged, together
from logwatch.story.stored import Stored, stored_forms
from logwatch.story.verdict import Told, tell

__all__ = ["Stored", "Told", "UserPush", "alike", "kept", "logged", "spellings", "stored_forms", "tell", "together"]
