"""Everything at once for as long as SOAK_SECONDS say: memory, descriptors, threads and counts must hold."""

import os
import statistics
import time

import bcrypt
import pytest
import trustme

from tests.helpers.running import Daemon, Site, until
from tests.service import soak

HOSTILE = (soak.Impatient, soak.Slow, soak.Many, soak.Rude, soak.Guesser)


class Secured(Daemon):
    """The daemon as a process; the soak asks it in its own ways."""

    @property
    def port(self):
        return int(self.url.rstrip("/").rpartition(":")[2])


@pytest.fixture
def served(tmp_path):
    """Return a site that is served over TLS with a password."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server = authority.issue_cert("localhost")
    server.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    server.private_key_pem.write_to_path(tmp_path / "key.pem")
    hashed = bcrypt.hashpw(soak.PASSWORD.encode(), bcrypt.gensalt(10)).decode()
    (tmp_path / "web.yml").write_text(
        f"tls_server_config: {{cert_file: cert.pem, key_file: key.pem}}\nbasic_auth_users: {{prometheus: {hashed}}}\n"
    )
    logs = tmp_path / "logs"
    logs.mkdir()
    site = Site(tmp_path)
    site.log = logs / "mesibo.log"
    site.log.touch()
    site.configure()
    # What was rotated away is kept open for so long; ten minutes of it would hide a descriptor that leaks
    site.config.write_text(site.config.read_text().replace("[follow]\n", "[follow]\nrelease_seconds = 5\n"))
    site.config.write_text(
        site.config.read_text().replace('listen = "127.0.0.1:0"', 'listen = "127.0.0.1:0"\nconfig_file = "web.yml"')
    )
    return site


def endure(site, programs, enough, *, every=50, look=0.5):
    """Play everything until ``enough`` returns, and return what was measured; how quick scrapes are is a figure.

    The log is treated every so many times that it is written to; what the process holds is looked at every ``look`` s.
    """
    daemon = programs(Secured, site.config)
    pid, authority = daemon.process.pid, site.directory / "ca.pem"
    scraper = soak.Scraper(daemon.port, authority)
    scraper.scrape()
    quiet = soak.Gauge(pid, 0)
    quiet.work()
    asked = soak.Scraper(daemon.port, authority)
    writer = soak.Writer(site.log, seed=7, counted=asked.lines, every=every)
    gauge = soak.Gauge(pid, look)
    hostile = [kind(daemon.port, authority) for kind in HOSTILE]
    reloader = soak.Reloader(site.config, pid)
    parts = [writer, scraper, gauge, *hostile, reloader]
    began = time.monotonic()
    for part in parts:
        part.start()
    enough(writer)
    lasted = time.monotonic() - began
    for part in parts:
        part.end()
    until(lambda: scraper.codes() == writer.written, f"{writer.written} is counted")
    until(lambda: soak.descriptors(pid) <= quiet.descriptors[0] + 12, "descriptors are let go")
    after = soak.Gauge(pid, 0)
    after.work()
    totals = {}
    for sample in scraper.samples():
        totals[sample.name] = totals.get(sample.name, 0) + sample.value
    print(  # noqa: T201  the figures are what a soak is for
        f"\n{lasted:.0f} s: {writer.lines} lines, {int(totals['mesibo_logwatch_rotations_total'])} rotations,"
        f" treated: {', '.join(f'{way} {n}' for way, n in writer.treated.items())},"
        f" {len(scraper.seconds)} scrapes (median {statistics.median(scraper.seconds) * 1000:.0f} ms,"
        f" 95 of 100 within {statistics.quantiles(scraper.seconds, n=20)[-1] * 1000:.0f} ms,"
        f" longest {max(scraper.seconds) * 1000:.0f} ms), {reloader.rounds} reloads,"
        f" hostile: {', '.join(f'{type(part).__name__} {part.rounds}' for part in hostile)};"
        f" memory {gauge.rss[0]:.1f} -> {gauge.rss[-1]:.1f} MB,"
        f" highest {max(gauge.rss):.1f}, growth {gauge.growth:+.2f};"
        f" descriptors {quiet.descriptors[0]} -> {after.descriptors[0]}, highest {max(gauge.descriptors)};"
        f" threads {quiet.threads[0]} -> {after.threads[0]}, highest {max(gauge.threads)}"
    )
    assert scraper.errors == []
    assert scraper.fallen == []
    assert totals["mesibo_logwatch_lines_total"] == writer.lines
    assert totals["mesibo_logwatch_lost_bytes_total"] == 0
    assert totals["mesibo_logwatch_missed_generations_total"] == 0
    assert totals["mesibo_logwatch_state_resets_total"] == 0
    # One thread hashes passwords from the first guess on; nothing else may be added
    assert max(gauge.threads) <= quiet.threads[0] + 2
    assert after.threads[0] <= quiet.threads[0] + 2
    assert max(gauge.rss) < 128
    assert "Traceback" not in daemon.output
    assert daemon.stop() == 0
    return gauge


@pytest.mark.integration
def test_everything_at_once_for_a_while(served, programs):
    """Busy log, rotation, scrapes, reloads and hostile clients, until each was done twice to the log: nothing grows."""

    def twice(writer):
        until(lambda: min(writer.treated.values()) >= 2, lambda: f"{writer.treated}", patience=400)

    gauge = endure(served, programs, twice, every=20)
    assert gauge.growth < 6


@pytest.mark.long
def test_everything_at_once_for_an_hour(served, programs):
    """The same for SOAK_SECONDS, an hour by default: memory stays where it was after the first quarter."""
    seconds = float(os.environ.get("SOAK_SECONDS", "3600"))
    gauge = endure(served, programs, lambda writer: writer.ended.wait(seconds), look=max(0.5, seconds / 400))
    assert gauge.growth < 2
