"""The daemon itself reads logs in every envelope at once, exactly, over kill -9 and a restart."""

import json
import signal

import pytest

from logwatch import envelope as envelopes
from tests.helpers.running import Daemon, get, total, until
from tests.helpers.wrapping import UNTIMED, WRAP, YEARLESS, at, envelope_of, log

pytestmark = pytest.mark.integration

NAMES = [*WRAP, "plain"]
CODES = [200, 403, 410, 903]
FORGED = "E2511-100000-999 (17): push_on_complete: uid 4711 type fcm code 912"


def texts(first, count):
    """Write pushes, a hostile text among them, and an answer over several lines at the end."""
    lines = [
        f"E{at(i):%d%m-%H%M%S}-{i % 1000:03} (17): push_on_complete: uid {i} type fcm code {CODES[i % len(CODES)]}"
        for i in range(first, first + count)
    ]
    lines.insert(count // 2, f"E2511-100000-001 (17): on_message: from 1: {FORGED}")
    return [
        *lines,
        "E2511-100000-001 (17): push_on_complete: uid 1 type fcm code 404 {",
        '  "status": "NOT_FOUND"',
        "}",
    ]


def written(name, lines):
    return log(name, lines) if name != "plain" else "".join(line + "\n" for line in lines).encode()


def test_every_envelope_is_counted_exactly_and_dated(tmp_path):
    """A source each: counts, reasons, times of the lines, what was decided; and nothing twice after kill -9."""
    config = tmp_path / "logwatch.toml"
    (tmp_path / "state").mkdir()
    sources = "".join(f'[[source]]\nname = "{name}"\npaths = ["{tmp_path}/{name}/*.log"]\n' for name in NAMES)
    config.write_text(
        f'{sources}[web]\nlisten = "127.0.0.1:0"\n[state]\ndirectory = "{tmp_path}/state"\ncommit_seconds = 0.1\n'
    )
    logs = {name: tmp_path / name / "m.log" for name in NAMES}
    for name, path in logs.items():
        path.parent.mkdir()
        path.write_bytes(written(name, texts(0, 60)))

    def counted(daemon):
        """Return the results of each source, of one scrape: with so many sources it is a large one."""
        metrics = daemon.metrics()
        return {name: int(total(metrics, "mesibo_push_results_total", source=name)) for name in NAMES}

    daemon = Daemon(config)
    for number, pushes in enumerate((61, 122, 183)):
        if number:
            daemon.stop(signal.SIGKILL)
            for name, path in logs.items():
                with path.open("ab") as file:
                    file.write(written(name, texts(60 * number, 60)))
            daemon = Daemon(config)
        until(
            lambda: counted(daemon) == dict.fromkeys(NAMES, pushes),  # noqa: B023  asked within the turn
            lambda: counted(daemon),  # noqa: B023
        )
    metrics = daemon.metrics()
    told = json.loads(get(daemon.url + "api/v1/status"))["sources"]
    for name in NAMES:
        assert total(metrics, "mesibo_push_results_total", source=name, code="404", reason="NOT_FOUND") == 3
        assert total(metrics, "mesibo_push_results_total", source=name, code="912") == 0
        assert total(metrics, "mesibo_logwatch_unparsed_lines_total", source=name, cause="misplaced") == 3
        assert total(metrics, "mesibo_logwatch_undated_lines_total", source=name) == 0
        (labels,) = [
            dict(key[1]) for key in metrics if key[0] == "mesibo_logwatch_source_info" and ("source", name) in key[1]
        ]
        kind = envelopes.label(envelope_of(name))
        assert labels == {"source": name, "input": "file", "envelope": kind, "grammar": "mesibo"}
        assert [source["envelope"] for source in told if source["name"] == name] == [kind]
        last = metrics["mesibo_push_last_result_timestamp_seconds", (("class", "delivered"), ("source", name))]
        assert abs(last - at(176).timestamp()) < 1 or name in (*UNTIMED, *YEARLESS, "plain")
    daemon.stop()
