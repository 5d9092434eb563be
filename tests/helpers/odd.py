"""Put a value that nobody expects at any place of another one."""

import copy


def places(value, here=()):
    """Yield the place of every value within a value."""
    yield here
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*here, key))


def put(value, place, odd):
    """Return a copy of a value with ``odd`` at a place."""
    if not place:
        return odd
    changed = inner = copy.deepcopy(value)
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = odd
    return changed
