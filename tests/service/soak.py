"""Everything at once against one daemon: a busy log that rotates, scrapes, reloads, and clients of every bad kind."""

import base64
import contextlib
import gzip
import http.client
import os
import random
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import threading
import time
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.helpers.running import PATIENCE

PASSWORD = "right"


def descriptors(pid):
    """Count the open files of a process."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


class Part(threading.Thread):
    """Does its work again and again until it is ended."""

    pause = 0.0

    def __init__(self):
        super().__init__(daemon=True)
        self.ended = threading.Event()
        self.rounds = 0
        self.failed = []

    def run(self):
        while not self.ended.wait(self.pause):
            try:
                self.work()
            except (OSError, http.client.HTTPException) as error:  # the daemon ends what is rude
                self.refused(error)
            self.rounds += 1

    def refused(self, error):
        """Take note of a connection that was ended."""

    def end(self):
        self.ended.set()
        self.join()


class Writer(Part):
    """A mesibo that writes, and all that is done to its log in turn; knows what was written and what was destroyed."""

    pause = 0.05
    WAYS = ("rename", "copytruncate", "members", "copy", "banner", "clutter", "hole", "trim", "punch", "suffix")

    def __init__(self, log, seed, counted, every):
        super().__init__()
        self.log = log
        self.counted = counted  # asks how many lines have been counted
        self.every = every  # rounds between two treatments
        self.random = random.Random(seed)
        self.written = {}
        self.lines = 0
        self.treated = dict.fromkeys(self.WAYS, 0)
        self.file = log.open("ab", buffering=0)

    def work(self):
        lines = []
        for _ in range(self.random.randrange(1, 60)):
            self.lines += 1
            code = str(self.random.choice([200, 200, 200, 410, 903, 914]))
            stamp = time.strftime("%d%m-%H%M%S", time.gmtime())
            lines.append(f"E{stamp}-{self.lines % 1000:03} (17): push_on_complete: uid {self.lines} code {code}\n")
            self.written[code] = self.written.get(code, 0) + 1
        self.file.write("".join(lines).encode())
        if self.rounds % self.every == self.every - 1:
            way = self.WAYS[self.rounds // self.every % len(self.WAYS)]
            getattr(self, f"_{way}")()
            self.treated[way] += 1

    def end(self):
        super().end()
        self.file.close()

    def _reopen(self, mode="ab"):
        self.file.close()
        self.file = self.log.open(mode, buffering=0)
        self.file.seek(0, os.SEEK_END)

    def _beside(self, suffix):
        return self.log.with_name(self.log.name + suffix)

    def _shift(self):
        if self._beside(".6").exists() or self._beside(".6.gz").exists():
            self._until_counted()  # the next file is the last one that is kept
        for number in range(6, 0, -1):
            for packed in (".gz", ""):
                with contextlib.suppress(FileNotFoundError):
                    self._beside(f".{number}{packed}").rename(self._beside(f".{number + 1}{packed}"))

    def _until_counted(self):
        """Wait, as an operator does, until what is to be destroyed was counted."""
        deadline = time.monotonic() + PATIENCE
        while self.counted() < self.lines and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.2)  # and committed

    def _rename(self):
        self._shift()
        self.log.rename(self._beside(".1"))
        self._reopen()

    def _copytruncate(self):
        self._shift()
        shutil.copyfile(self.log, self._beside(".1"))
        os.truncate(self.log, 0)

    def _hole(self):
        """Truncate under a writer without O_APPEND, which goes on where it was."""
        self._reopen("r+b")
        self._copytruncate()

    def _members(self):
        self._rename()
        plain = self._beside(".1")
        content = plain.read_bytes()
        half = len(content) // 2
        packed = gzip.compress(content[:half]) + gzip.compress(content[half:]) + b"\0" * 512
        self._beside(".1.gz").write_bytes(packed)
        plain.unlink()

    def _copy(self):
        hidden = self.log.with_name(".mesibo.log.new")
        shutil.copyfile(self.log, hidden)
        hidden.rename(self.log)
        self._reopen()

    def _banner(self):
        self._rename()
        self.file.write(
            b"".join(b"Licence clause %03d: without any warranty, and so on and on.\n" % n for n in range(51))
        )
        self.lines += 51

    def _clutter(self):
        for link, target in (("-loop", "mesibo.log-loop"), (".broken", "nowhere")):
            with contextlib.suppress(FileExistsError):
                self._beside(link).symlink_to(target)
        self._beside("-nuls").write_bytes(b"\0" * self.random.randrange(1, 5000))

    def _trim(self):
        self._until_counted()
        kept = b"".join(self.log.read_bytes().splitlines(keepends=True)[-20:])
        self.log.write_bytes(kept)
        self._reopen()

    def _punch(self):
        self._until_counted()
        size = self.log.stat().st_size
        if size > 8192:
            subprocess.run(["fallocate", "-p", "-o", "0", "-l", str(size // 2), self.log], check=True)

    def _suffix(self):
        self._until_counted()
        self.log.rename(self._beside(f"~{self.lines}-kept"))
        self._reopen()


class Client(Part):
    """Something that connects; its address is its own, as it would be on a network."""

    address = "127.0.0.1"

    def __init__(self, port, authority):
        super().__init__()
        self.port = port
        self.context = ssl.create_default_context(cafile=authority)

    def plain(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=10, source_address=(self.address, 0))

    def secure(self):
        raw = self.plain()
        try:
            return self.context.wrap_socket(raw, server_hostname="localhost")
        except BaseException:
            raw.close()
            raise

    def request(self, head):
        with contextlib.closing(self.secure()) as connection:
            connection.sendall(head)
            while connection.recv(65536):
                pass


class Scraper(Client):
    """Prometheus: every second, in time, with the password; remembers how long it took and what fell."""

    address = "127.0.0.2"
    pause = 1.0

    def __init__(self, *args):
        super().__init__(*args)
        self.seconds = []
        self.highest = {}
        self.fallen = []
        self.errors = []
        token = base64.b64encode(f"prometheus:{PASSWORD}".encode()).decode()
        self.headers = {"Authorization": f"Basic {token}"}

    def scrape(self):
        connection = http.client.HTTPSConnection(
            "localhost", self.port, context=self.context, timeout=PATIENCE, source_address=(self.address, 0)
        )
        try:
            connection.request("GET", "/metrics", headers=self.headers)
            answer = connection.getresponse()
            assert answer.status == 200, answer.status
            return answer.read().decode()
        finally:
            connection.close()

    def samples(self):
        return [s for family in text_string_to_metric_families(self.scrape()) for s in family.samples]

    def codes(self):
        counts = {}
        for sample in self.samples():
            if sample.name == "mesibo_push_results_total" and sample.value:
                code = sample.labels["code"]
                counts[code] = counts.get(code, 0) + int(sample.value)
        return counts

    def lines(self):
        """Count the lines that were counted."""
        return sum(s.value for s in self.samples() if s.name == "mesibo_logwatch_lines_total")

    def work(self):
        before = time.monotonic()
        text = self.scrape()
        self.seconds.append(time.monotonic() - before)
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name.endswith("_total") and "source" in sample.labels:
                    key = (sample.name, *sorted(sample.labels.items()))
                    if sample.value < self.highest.get(key, 0):
                        self.fallen.append(key)
                    self.highest[key] = sample.value

    def refused(self, error):
        self.errors.append(repr(error))


class Impatient(Scraper):
    """Many scrapes at once, from somewhere else, without reading what they ask for to its end."""

    address = "127.0.0.3"
    pause = 0.1

    def work(self):
        with contextlib.closing(self.secure()) as connection:
            head = f"GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: {self.headers['Authorization']}\r\n\r\n"
            connection.sendall(head.encode() * 3)
            connection.recv(10)


class Slow(Client):
    """Holds a hundred connections that begin something and never end it, each at another point."""

    address = "127.0.0.4"
    pause = 0.05

    def __init__(self, *args):
        super().__init__(*args)
        self.held = []

    def work(self):
        kind = self.rounds % 4
        connection = self.secure() if kind == 3 else self.plain()
        connection.sendall(
            (b"", b"\x16\x03", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET / HTTP/1.1\r\nX:")[kind]
        )
        self.held.append(connection)
        if len(self.held) > 100:
            self.held.pop(0).close()

    def end(self):
        super().end()
        for connection in self.held:
            connection.close()


class Many(Client):
    """Connects and goes, as fast as a port scan, and leaves garbage behind."""

    address = "127.0.0.5"
    pause = 0.005

    def work(self):
        with contextlib.closing(self.plain()) as connection:
            if self.rounds % 3:
                connection.sendall(random.Random(self.rounds).randbytes(self.rounds % 2000))


class Rude(Client):
    """Complete handshakes, and then what no client should say."""

    address = "127.0.0.6"
    pause = 0.1
    SAYS = (
        b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /metrics?" + b"x=1&" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
        b"BREW /coffee HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n" + b"z" * 50_000,
        b"GET /../../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /%00%2e%2e/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"\0" * 10_000,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    )

    def work(self):
        self.request(self.SAYS[self.rounds % len(self.SAYS)])


class Guesser(Client):
    """Tries passwords."""

    address = "127.0.0.7"
    pause = 0.02

    def work(self):
        token = base64.b64encode(f"prometheus:guess {self.rounds}".encode()).decode()
        head = f"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Basic {token}\r\n\r\n"
        self.request(head.encode())


class Reloader(Part):
    """Reloads the configuration, now a good one, now a bad one."""

    pause = 2.0

    def __init__(self, config, pid):
        super().__init__()
        self.config = config
        self.good = config.read_text()
        self.pid = pid

    def work(self):
        bad = self.rounds % 3 == 2
        self.config.write_text(self.good + ("[nonsense]\n" if bad else f"[failures]\nkeep = {1000 + self.rounds}\n"))
        os.kill(self.pid, signal.SIGHUP)


class Gauge(Part):
    """Reads what the process holds."""

    def __init__(self, pid, pause):
        super().__init__()
        self.pause = pause
        self.pid = pid
        self.rss = []
        self.descriptors = []
        self.threads = []

    def work(self):
        status = dict(
            line.split(":", 1) for line in Path(f"/proc/{self.pid}/status").read_text().splitlines() if ":" in line
        )
        self.rss.append(int(status["VmRSS"].split()[0]) / 1024)
        self.threads.append(int(status["Threads"]))
        self.descriptors.append(descriptors(self.pid))

    @property
    def growth(self):
        """Return the megabytes between the median of the second and of the last quarter."""
        quarter = max(1, len(self.rss) // 4)
        return statistics.median(self.rss[-quarter:]) - statistics.median(self.rss[quarter : 2 * quarter])
