"""A mesibo of another dialect: from lines that nobody can read to right counts in three commands."""

import json
import signal

import pytest

from tests.end_to_end.test_bad_input import logwatch
from tests.helpers import dialects
from tests.helpers.running import Daemon, until

pytestmark = pytest.mark.integration


def test_three_commands_lead_from_unread_lines_to_right_counts(programs, site):
    """Propose, set the grammar, reload: the daemon counts what it reads from then on, and each code is right."""
    sheet = dialects.sheet("json_lines", 3, hostile=0)
    site.log.write_text("\n".join(sheet.lines) + "\n")
    daemon = programs(Daemon, site.config)
    unparsed = sum(sheet.counts.values())
    until(lambda: daemon.total("mesibo_logwatch_unparsed_lines_total") == unparsed, "the lines are seen, and unread")
    assert daemon.codes() == {}

    grammars = site.directory / "grammars"
    status, output = logwatch(
        programs, "grammar", "propose", "--config", site.config, "--name", "mine", "--output", grammars
    )
    assert status == 0, output

    site.configure(f"[grammars]\ndirectories = [{json.dumps(str(grammars))}]\n", source='grammar = "mine"')
    daemon.process.send_signal(signal.SIGHUP)
    daemon.said("reloaded")

    later = dialects.sheet("json_lines", 4, hostile=0.3)
    with site.log.open("a") as log:
        log.write("\n".join(later.lines) + "\n")
    wanted = later.counts.copy()
    for _, code in later.told:
        wanted[code] += 1
    until(
        lambda: daemon.codes() == {str(code): count for code, count in wanted.items()},
        lambda: f"{daemon.codes()} is {wanted}",
    )
