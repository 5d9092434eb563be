"""What is typed at a terminal answers at once: a command loads what it uses, and not what stands beside that."""

import json
import subprocess
import sys

import pytest

LINE = "E2611-080000-123 (17): push_on_complete: uid 4711 type apn code 903\n"
SERVICE = {  # what only the daemon, its page and what it keeps are made of
    "asyncio",
    "logwatch.daemon",
    "logwatch.export",
    "logwatch.journal.follow",
    "logwatch.ledger.batch",
    "logwatch.ledger.reader",
    "logwatch.pipeline",
    "logwatch.tail.tail",
    "logwatch.web",
    "logwatch.webhook.source",
    "prometheus_client",
    "sqlite3",
    "ssl",
    "structlog",
    "tornado",
}
LOADED = """
import json, sys
from logwatch.__main__ import main
try:
    main()
finally:
    json.dump(sorted(sys.modules), sys.stderr)
"""


def loaded(*arguments: str) -> set[str]:
    """Run a command in a process of its own; return the modules that it has loaded by its end."""
    done = subprocess.run([sys.executable, "-c", LOADED, *arguments], capture_output=True, text=True, check=True)
    return set(json.loads(done.stderr))


@pytest.mark.parametrize(
    ("arguments", "others"),
    [
        (("report", "{log}"), {"logwatch.credentials", "logwatch.diagnosis", "logwatch.story"}),
        (("report", "{log}", "--format", "json"), {"logwatch.credentials", "logwatch.diagnosis", "logwatch.story"}),
        (("explain", "912"), {"logwatch.envelope", "logwatch.parse", "logwatch.report", "pyparsing"}),
        (("--help",), {"logwatch.catalogue", "logwatch.config", "rich"}),
        (("--version",), {"logwatch.catalogue", "logwatch.config", "rich"}),
    ],
    ids=["report", "report as JSON", "explain", "help", "version"],
)
def test_a_command_loads_nothing_of_the_service(tmp_path, arguments, others):
    """Neither the follower, the ledger, the page nor their libraries are loaded for an answer without them."""
    log = tmp_path / "mesibo.log"
    log.write_text(LINE)
    assert loaded(*(each.format(log=log) for each in arguments)) & (SERVICE | others) == set()
