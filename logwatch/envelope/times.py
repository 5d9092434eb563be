"""Regexes for the times that envelopes write, every field in its range, and for colours."""

_DAY_31 = "0[1-9]|[12][0-9]|3[01]"
_DAY_30 = "0[1-9]|[12][0-9]|30"
DATE = f"(?:19|20)[0-9]{{2}}-(?:(?:0[13578]|1[02])-(?:{_DAY_31})|(?:0[469]|11)-(?:{_DAY_30})|02-(?:0[1-9]|[12][0-9]))"
RECENT_DATE = (
    f"(?:20[0-9][0-9]-(?:(?:0[13578]|1[02])-(?:{_DAY_31})|(?:0[469]|11)-(?:{_DAY_30})|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    "|20(?:[02468][048]|[13579][26])-02-29)"
)
"""Existing days of this century."""
CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)"
USUAL_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
"""Without leap seconds."""
OFFSET = "(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"
RFC3339 = rf"{DATE}T{CLOCK}(?:\.[0-9]{{1,9}})?{OFFSET}"
MONTH_DAY = (
    "(?:(?:Jan|Mar|May|Jul|Aug|Oct|Dec) (?: [1-9]|0[1-9]|[12][0-9]|3[01])"
    "|(?:Apr|Jun|Sep|Nov) (?: [1-9]|0[1-9]|[12][0-9]|30)|Feb (?: [1-9]|0[1-9]|[12][0-9]))"
)

COLOUR_REST = r"\[[0-9;:]*[mK]"
"""What follows the escape character of an SGR sequence, which sets a terminal's colours, or of EL, which grep writes
behind each (erase the rest of the line). The parts of a colour are joined by semicolons or, as in journalctl's since
systemd 258, by colons (ISO 8613-6)."""
COLOURS = rf"(?:\x1b{COLOUR_REST})*"
