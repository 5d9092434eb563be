"""How people write a user's address, and how a log does: a plus that is missing and capitals make no other user."""


def alike(asked: str, logged: str) -> bool:
    """Return whether two addresses are of one user."""
    return _core(asked) == _core(logged)


def spellings(address: str) -> tuple[str, ...]:
    """Return the forms in which a log may have an address, itself first.

    A stored mask or hash is of one spelling: whoever looks for it has to try each.
    """
    bare = address.lstrip("+")
    forms = (address, bare, f"+{bare}") if bare.isdigit() else (address,)
    return tuple(dict.fromkeys((*forms, *(form.lower() for form in forms))))


def _core(address: str) -> str:
    return address.lstrip("+").lower()
