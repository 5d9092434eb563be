"""Find what became of one user's pushes: in order, each with its meaning, and what all of them together say."""

from logwatch.story.address import alike
from logwatch.story.pushes import UserPush, logged_push, together
from logwatch.story.stored import stored_forms, stored_pushes
from logwatch.story.verdict import Conclusion, conclude

__all__ = ["Conclusion", "UserPush", "alike", "conclude", "logged_push", "stored_forms", "stored_pushes", "together"]
