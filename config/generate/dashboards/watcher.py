"""The watcher's own health: does it read everything, understand it, and keep it."""

from grafana_foundation_sdk.builders import dashboard as d
from grafana_foundation_sdk.builders import stat, table, timeseries

from config.generate.dashboards.parts import HOST, SELECT, board, counted, lines, number, rows, steps
from config.generate.rules import WORDS
from config.generate.thresholds import threshold as t

PER_SOURCE = "{{instance}} {{source}}"
PROCESS = f'job="mesibo-logwatch",{HOST}'


_RATE = "$__rate_interval"
_LINES = counted("rate", "mesibo_logwatch_lines_total", _RATE)
_GOOD, _BAD = (None, "green"), (1, "red")


def dashboard() -> d.Dashboard:
    """Return the whole dashboard."""
    made = board("watcher", "Whether mesibo-logwatch itself reads, understands and keeps everything.")
    for panel in (*_numbers(), *_courses()):
        made.with_panel(panel)
    return made


def _numbers() -> tuple[stat.Panel, ...]:
    """Return what tells at a glance that something is wrong."""
    return (
        number(
            "Daemons down",
            "Targets that do not answer.",
            "short",
            f"count(up{{{PROCESS}}} == 0) or vector(0)",
            steps(_GOOD, _BAD),
            "0",
        ),
        number(
            "Sources without a log",
            "A log that is not there yet is no error; it is one when it should be.",
            "short",
            f"count(max by ({WORDS.HOST}) (mesibo_logwatch_source_up{{{SELECT}}}) == 0) or vector(0)",
            steps(_GOOD, (1, "orange")),
            "0",
        ),
        number(
            "Unread",
            "Bytes that are written but not counted yet.",
            "bytes",
            f"sum(max by ({WORDS.HOST}) (mesibo_logwatch_lag_bytes{{{SELECT}}}))",
            steps(_GOOD, (t("watcher.lag_bytes"), "red")),
            "no source",
        ),
        number(
            "Lost",
            "Bytes that disappeared before they were read, in the chosen time.",
            "bytes",
            f"sum({counted('increase', 'mesibo_logwatch_lost_bytes_total', '$__range')})",
            steps(_GOOD, _BAD),
            "no source",
        ),
        number(
            "Push lines not understood",
            "In their place, but without a result, in the chosen time.",
            "short",
            f"sum({counted('increase', 'mesibo_logwatch_unparsed_lines_total', '$__range', WORDS.WITHIN)})",
            steps(_GOOD, (1, "orange"), (100, "red")),
            "no source",
        ),
        number(
            "Failed commits",
            "Counted again and again until they succeed; numbers stand still meanwhile.",
            "short",
            f"sum(max by (cluster, instance) (increase(mesibo_logwatch_commit_failures_total{{{HOST}}}[$__range])))",
            steps(_GOOD, _BAD),
            "no daemon",
        ),
    )


def _courses() -> tuple[timeseries.Panel | table.Panel, ...]:
    """Return what tells since when, and why."""
    return (
        lines(
            "Lines read",
            "A second, of every kind.",
            "short",
            {PER_SOURCE: f"sum by (instance, source) ({_LINES})"},
        ),
        lines(
            "Unread bytes",
            "A backlog that stays is a reader or a disk that hangs.",
            "bytes",
            {PER_SOURCE: f"max by ({WORDS.HOST}) (mesibo_logwatch_lag_bytes{{{SELECT}}})"},
        ),
        lines(
            "Push lines without a result, by cause",
            "A minute. misplaced: the marker behind an unknown prefix, or in somebody's message.",
            "short",
            {"{{cause}}": f"sum by (cause) ({counted('rate', 'mesibo_logwatch_unparsed_lines_total', _RATE)}) * 60"},
        ),
        lines(
            "Events of webhooks, by what became of them",
            "A minute. repeated: taken before; no_code, ambiguous, unreadable: not understood.",
            "short",
            {
                "{{outcome}}": f"sum by (outcome) ({counted('rate', 'mesibo_logwatch_webhook_events_total', _RATE)}) * 60"
            },
            "no webhook",
        ),
        lines(
            "Lines that pyparsing had to match",
            "Share of all lines; slow, not wrong.",
            "percentunit",
            {
                PER_SOURCE: f"sum by (instance, source) ({counted('rate', 'mesibo_logwatch_fallback_lines_total', _RATE)})"
                f" / (sum by (instance, source) ({_LINES}) > 0)"
            },
        ),
        lines(
            "How long a commit takes",
            "The 99th of a hundred, over 5 minutes.",
            "s",
            {"{{instance}}": f"instance:mesibo_logwatch_commit_duration_seconds:p99_rate5m{{{HOST}}}"},
            "nothing to commit",
        ),
        lines(
            "Rotations, lost bytes, missed files",
            "In 5 minutes.",
            "short",
            {
                "rotation: {{kind}}": f"sum by (kind) ({counted('increase', 'mesibo_logwatch_rotations_total', '5m')})",
                "lost bytes": f"sum({counted('increase', 'mesibo_logwatch_lost_bytes_total', '5m')})",
                "missed files": f"sum({counted('increase', 'mesibo_logwatch_missed_generations_total', '5m')})",
                "missed journal entries": f"sum({counted('increase', 'mesibo_logwatch_missed_entries_total', '5m')})",
            },
        ),
        lines("Memory", "Resident.", "bytes", {"{{instance}}": f"process_resident_memory_bytes{{{PROCESS}}}"}),
        lines(
            "CPU",
            "Of one core.",
            "percentunit",
            {"{{instance}}": f"rate(process_cpu_seconds_total{{{PROCESS}}}[{_RATE}])"},
        ),
        rows(
            "Versions",
            "What runs where.",
            f"mesibo_logwatch_build_info{{{HOST}}}",
            empty="no daemon is scraped",
            height=6,
        ),
    )
