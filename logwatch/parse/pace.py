"""Report how fast lines are read here: by machine code, by PCRE2's interpreter, or one by one without PCRE2."""

from structlog.typing import FilteringBoundLogger

from logwatch.compile import pcre2

INTERPRETED = "reading takes two to five times as long"
MISSING = "lines are read one by one, which takes up to ten times as long"


def tell(log: FilteringBoundLogger) -> None:
    """Log what slows reading down, if anything does: it takes longer, and the counts stay the same."""
    if not pcre2.version():
        remedy = "apt-get install libpcre2-8-0, or dnf install pcre2, then a restart"
        log.warning("pcre_missing", library=pcre2.LIBRARY, consequence=MISSING, remedy=remedy)
    elif not pcre2.makes_machine_code():
        log.info("pcre_interprets", why="this process may not make machine code", consequence=INTERPRETED)
