"""Looks at push credentials before they break: for which app, until when, and which code each fault will cause.

What is read stays in a short process of its own (``python -m logwatch.credentials``): the library that reads
certificates costs 18 MB of memory, a hostile file may hang or crash it, and keys are gone when it ends. Everything
else sees a ``Verdict``, which holds no key material.
"""
