"""Make the bytes of a mesibo log from a seed, a mix and the time, and count exactly what they contain."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate, count, cycle
from random import Random

from logwatch.catalogue import Catalogue
from logwatch.catalogue.summary import Summary
from logwatch.model import EnvelopeKind, Seen
from logwatch.simulate import docker
from logwatch.simulate.outcomes import Outcome, everything, ordinary
from logwatch.simulate.sayings import Push, Saying, Speaker

_VARIANTS = 3000  # different wordings of all push results together; a running number makes each line unique
_FEWEST = 12  # of one result
_MILLISECONDS = tuple(b"%03d" % number for number in range(1000))
_SHIFTS = b"4172 903415 26 771853 5009 08 6411 302887".split()  # decimals of Docker's time after the milliseconds
# as in real logs, github.com/mesibo/messenger-app-backend/issues/9
_START_UP = (
    (b"E", b" (1): starting mesibo"),
    (b"E", b" (1): PID: 1"),
    (b"E", b" (1): build date: Wed Jul  1 07:08:08 2020 UTC"),
    (b"E", b" (1): build number: 2518"),
    (b"E", b" (1): Local IP count: 2"),
    (b"E", b" (12): TLS Certificate Path: /certs"),
    (b"**C**", b" (12): Unable to load certificate: /certs/cert.pem"),
    (b"E", b" (1): Mesibo On-Premise App ID: 8676"),
    (b"I", b" (1): Starting mesibo"),
    (b"E", b" (1): ==> ready to connect users now!"),
)


@dataclass(frozen=True, slots=True)
class Mix:
    """What the lines are about; shares from 0 to 1."""

    push: float = 0.5  # of all lines
    failures: float = 0.06  # of the push lines
    hostile: float = 0.002  # of all lines: forged, torn, over-long, in other alphabets
    everything: bool = False  # every result of the catalogue equally often, instead of an ordinary day


@dataclass(slots=True)
class _Pool:
    """The sayings to choose from, and the weight of each."""

    sayings: list[Saying] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)

    def add(self, sayings: Sequence[Saying], weight: float) -> None:
        self.sayings += sayings
        self.weights += [weight / len(sayings)] * len(sayings)


class Mesibo:
    """Writes a log; the same seed, mix and calls give the same bytes."""

    def __init__(
        self,
        seed: int,
        *,
        envelope: EnvelopeKind = "plain",
        mix: Mix | None = None,
        tell: Callable[[float, Push], None] | None = None,
    ) -> None:
        """Prepare everything that it may log; ``tell`` is called with the time of each push and the push itself."""
        self._tell = tell
        self._random = Random(seed)  # noqa: S311  repeatable on purpose
        self._docker = envelope == "docker"
        self._catalogue = Catalogue.load()
        self._speaker = Speaker(self._random)
        self._numbers = count(1000 + self._random.randrange(1000))
        self._truth = Summary()
        mix = mix or Mix()
        pool = _Pool()
        outcomes = everything(self._catalogue) if mix.everything else ordinary(mix.failures)
        total = sum(outcomes.values())
        push = mix.push - mix.hostile / 2
        for outcome, weight in outcomes.items():
            variants = max(_FEWEST, round(_VARIANTS * weight / total))
            if weight and push > 0:
                pool.add([self._speaker.push(outcome) for _ in range(variants)], push * weight / total)
        if mix.hostile:
            pool.add([*self._speaker.hostile(), *self._speaker.hostile()], mix.hostile)
        if mix.push < 1:
            pool.add(self._speaker.others(), max(0.0, 1 - mix.push - mix.hostile / 2))
        self._sayings = pool.sayings
        self._cumulative = list(accumulate(pool.weights))
        self._more = [saying.lines - 1 for saying in self._sayings]
        self._single = next(i for i, more in enumerate(self._more) if not more)
        self._forms = list(map(_form, self._sayings))
        self._struck_by: dict[Outcome, list[int]] = {}

    @property
    def lines(self) -> int:
        """How many lines were written so far."""
        return self._truth.lines

    def truth(self) -> dict[str, object]:
        """Return the counts of what has been written so far, in the shape of ``report --format json``."""
        return self._truth.as_dict(self._catalogue)

    def start_up(self, at: float, most: int | None = None) -> bytes:
        """Return what a mesibo logs when it starts, at most ``most`` lines of it."""
        said = _START_UP[:most]
        self._truth.lines += len(said)
        stamp = self._stamps([round(at * 1000)])[0]
        lines = b"".join(b"%b%b%b\n" % (level, stamp, text) for level, text in said)
        return docker.records(lines, self._times([round(at * 1000)])[0]) if self._docker else lines

    def say(self, lines: int, at: float, step: float = 0.0, instead: Sequence[Outcome] = ()) -> bytes:
        """Return exactly ``lines`` lines, the first at ``at`` (seconds since the epoch), each ``step`` seconds later.

        Every push of the platform of an outcome in ``instead`` ends with that outcome.
        """
        if lines <= 0:
            return b""
        chosen = self._random.choices(range(len(self._cumulative)), cum_weights=self._cumulative, k=lines)
        written = lines + sum(map(self._more.__getitem__, chosen))
        while written > lines:
            written -= 1 + self._more[chosen.pop()]
        chosen += [self._single] * (lines - written)
        for outcome in instead:
            chosen = self._struck(chosen, outcome)
        return self._write(chosen, [round((at + number * step) * 1000) for number in range(len(chosen))])

    def _struck(self, chosen: list[int], outcome: Outcome) -> list[int]:
        """Replace pushes of the outcome's platform with pushes that end with it."""
        others, found = self._of(outcome), []
        for index in chosen:
            result = self._sayings[index].result
            mine = result is not None and result.platform == outcome.platform and not self._more[index]
            found.append(self._random.choice(others) if mine else index)
        return found

    def _of(self, outcome: Outcome) -> list[int]:
        """Return the indexes of some sayings of one outcome, which the first call makes."""
        if outcome not in self._struck_by:
            sayings = [self._speaker.push(outcome) for _ in range(_FEWEST)]
            self._struck_by[outcome] = list(range(len(self._sayings), len(self._sayings) + len(sayings)))
            self._sayings += sayings
            self._more += [0] * len(sayings)
            self._forms += map(_form, sayings)
        return self._struck_by[outcome]

    def _write(self, chosen: list[int], milliseconds: list[int]) -> bytes:
        self._account(chosen, milliseconds)
        if self._tell is not None:
            for index, at in zip(chosen, milliseconds, strict=True):
                if (push := self._sayings[index].push) is not None:
                    self._tell(at / 1000, push)
        forms = map(self._forms.__getitem__, chosen)
        parts = zip(forms, self._stamps(milliseconds), self._numbers, strict=False)  # the numbers never end
        lines = [form % (stamp, number) for form, stamp, number in parts]
        if self._docker:
            lines = list(map(docker.records, lines, self._times(milliseconds)))
        return b"".join(lines)

    def _account(self, chosen: list[int], milliseconds: list[int]) -> None:
        """Count what is about to be written; times rise, so first and last are those of the first and last line."""
        last = dict(zip(chosen, milliseconds, strict=True))
        first = dict(zip(reversed(chosen), reversed(milliseconds), strict=True))
        for index, times in Counter(chosen).items():
            saying = self._sayings[index]
            self._truth.lines += times * saying.lines
            self._truth.push_lines += times * (saying.unparsed or saying.result is not None)
            self._truth.unparsed += times * saying.unparsed
            self._truth.misplaced += times * saying.misplaced
            if saying.result is not None:
                seen = Seen(times, first[index] / 1000, last[index] / 1000)
                self._truth.add({saying.result: seen}, self._catalogue)

    @staticmethod
    def _stamps(milliseconds: list[int]) -> list[bytes]:
        seconds = {second: _second("%d%m-%H%M%S-", second) for second in {ms // 1000 for ms in milliseconds}}
        return [seconds[ms // 1000] + _MILLISECONDS[ms % 1000] for ms in milliseconds]

    @staticmethod
    def _times(milliseconds: list[int]) -> list[bytes]:
        """Return Docker's times: RFC 3339 with nanoseconds, without the zeros at the end, which Go leaves out."""
        seconds = {second: _second("%Y-%m-%dT%H:%M:%S.", second) for second in {ms // 1000 for ms in milliseconds}}
        shifts = cycle(_SHIFTS)
        return [
            seconds[ms // 1000] + _MILLISECONDS[ms % 1000] + shift + b"Z"
            for ms, shift in zip(milliseconds, shifts, strict=False)
        ]


def _second(pattern: str, second: int) -> bytes:
    return datetime.fromtimestamp(second, UTC).strftime(pattern).encode()


def _form(saying: Saying) -> bytes:
    """Return a saying as a format for %, of stamp and number."""
    return saying.level + b"%b" + _literally(saying.before) + b"%d" + _literally(saying.behind) + b"\n"


def _literally(text: bytes) -> bytes:
    return text.replace(b"%", b"%%")
