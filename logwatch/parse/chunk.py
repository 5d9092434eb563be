"""What is done with a chunk as a whole, at the speed of the bytes and collections types: gather, measure."""


def gather(data: bytes, marker: bytes) -> list[bytes]:
    """Give only the lines that contain the marker, without their newlines; ``data`` ends in one, or is empty."""
    lines: list[bytes] = []
    at = data.find(marker)
    while at >= 0:
        end = data.find(b"\n", at)
        lines.append(data[data.rfind(b"\n", 0, at) + 1 : end])
        at = data.find(marker, end)
    return lines


def has_longer(data: bytes, most: int) -> bool:
    """Tell whether some line is longer than ``most`` bytes, in steps of that length."""
    at = 0
    while at + most < len(data):
        at = data.rfind(b"\n", at, at + most + 1) + 1
        if not at:
            return True
    return False
