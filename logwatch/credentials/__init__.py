"""Check push credentials before they break: for which app, until when, and which code each fault will cause.

Files are read in a short-lived process of their own (``python -m logwatch.credentials``): the library that reads
certificates costs 18 MB of memory, a hostile file may hang or crash it, and keys are gone when it ends. Everything
else sees a ``Verdict``, which holds no key material.
"""
