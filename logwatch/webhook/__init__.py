"""mesibo's push webhook as a witness: what a call says of failed pushes, read by paths of fields and never guessed.

``paths`` finds values in JSON, ``fields`` is the file that names the paths, ``read`` turns a body into a ``Call``,
``inbox`` hands calls from the HTTP thread to the reading loop, ``source`` is the loop's end of it, and ``take`` adds a
call to a batch.
"""

from logwatch.webhook.fields import Fields, against_samples
from logwatch.webhook.fields import load as load_fields
from logwatch.webhook.inbox import Inbox
from logwatch.webhook.read import NotACall, WrongSecret, read
from logwatch.webhook.source import NO_LINES, Webhook, WebhookStatus, silent_on_success, witnesses
from logwatch.webhook.take import OUTCOMES, take

__all__ = [
    "NO_LINES",
    "OUTCOMES",
    "Fields",
    "Inbox",
    "NotACall",
    "Webhook",
    "WebhookStatus",
    "WrongSecret",
    "against_samples",
    "load_fields",
    "read",
    "silent_on_success",
    "take",
    "witnesses",
]
