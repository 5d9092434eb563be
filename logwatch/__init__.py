"""Follow mesibo's push logs and count every result exactly once.

bytes of a file -> ``tail`` (one endless stream of whole lines) -> ``envelope`` (the format around a line) ->
``parse`` (a pyparsing grammar, compiled) -> ``catalogue`` (what the code means) -> ``pipeline`` (a batch of counts,
failures and new positions) -> ``ledger`` (one SQLite transaction) -> snapshot -> ``export`` and ``web``.
"""

__version__ = "0.1.0"
