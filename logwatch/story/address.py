"""Compare addresses of users as people and logs write them: a missing plus sign or capital letters do not matter."""


def alike(asked: str, logged: str) -> bool:
    """Return whether two addresses are of one user."""
    return _core(asked) == _core(logged)


def spellings(address: str) -> tuple[str, ...]:
    """Return the forms in which a log may write an address, the given one first.

    A stored mask or hash is that of one spelling, so a search has to try each.
    """
    bare = address.lstrip("+")
    forms = (address, bare, f"+{bare}") if bare.isdigit() else (address,)
    return tuple(dict.fromkeys((*forms, *(form.lower() for form in forms))))


def _core(address: str) -> str:
    return address.lstrip("+").lower()
