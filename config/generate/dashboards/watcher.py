"""The watcher's own health: does it read everything, understand it, and keep it."""

from grafana_foundation_sdk.builders import dashboard as d

from config.generate.dashboards.parts import HOST, SELECT, board, lines, number, query, rows, steps
from config.generate.thresholds import threshold as t

PER_SOURCE = "{{instance}} {{source}}"


def dashboard() -> d.Dashboard:
    """Return the whole dashboard."""
    rate = "$__rate_interval"
    good, bad = (None, "green"), (1, "red")
    made = board("watcher", "Whether mesibo-logwatch itself reads, understands and keeps everything.")
    for panel in (
        number(
            "Daemons down",
            "Targets that do not answer.",
            f'count(up{{job="mesibo-logwatch",{HOST}}} == 0) or vector(0)',
            "short",
            steps(good, bad),
            "0",
        ),
        number(
            "Sources without a log",
            "A log that is not there yet is no error; it is one when it should be.",
            f"count(mesibo_logwatch_source_up{{{SELECT}}} == 0) or vector(0)",
            "short",
            steps(good, (1, "orange")),
            "0",
        ),
        number(
            "Unread",
            "Bytes that are written but not counted yet.",
            f"sum(mesibo_logwatch_lag_bytes{{{SELECT}}})",
            "bytes",
            steps(good, (t("watcher.lag_bytes"), "red")),
            "no source",
        ),
        number(
            "Lost",
            "Bytes that disappeared before they were read, in the chosen time.",
            f"sum(increase(mesibo_logwatch_lost_bytes_total{{{SELECT}}}[$__range]))",
            "bytes",
            steps(good, bad),
            "no source",
        ),
        number(
            "Push lines not understood",
            "In their place, but without a result, in the chosen time.",
            f'sum(increase(mesibo_logwatch_unparsed_lines_total{{{SELECT},cause!="misplaced"}}[$__range]))',
            "short",
            steps(good, (1, "orange"), (100, "red")),
            "no source",
        ),
        number(
            "Failed commits",
            "Counted again and again until they succeed; numbers stand still meanwhile.",
            f"sum(increase(mesibo_logwatch_commit_failures_total{{{HOST}}}[$__range]))",
            "short",
            steps(good, bad),
            "no daemon",
        ),
    ):
        made = made.with_panel(panel)
    for panel in (
        lines(
            "Lines read",
            "A second, of every kind.",
            "short",
            query(f"sum by (instance, source) (rate(mesibo_logwatch_lines_total{{{SELECT}}}[{rate}]))", PER_SOURCE),
        ),
        lines(
            "Unread bytes",
            "A backlog that stays is a reader or a disk that hangs.",
            "bytes",
            query(f"mesibo_logwatch_lag_bytes{{{SELECT}}}", PER_SOURCE),
        ),
        lines(
            "Push lines without a result, by cause",
            "A minute. misplaced: the marker behind an unknown prefix, or in somebody's message.",
            "short",
            query(f"sum by (cause) (rate(mesibo_logwatch_unparsed_lines_total{{{SELECT}}}[{rate}])) * 60", "{{cause}}"),
        ),
        lines(
            "Events of webhooks, by what became of them",
            "A minute. repeated: taken before; no_code, ambiguous, unreadable: not understood.",
            "short",
            query(
                f"sum by (outcome) (rate(mesibo_logwatch_webhook_events_total{{{SELECT}}}[{rate}])) * 60", "{{outcome}}"
            ),
            empty="no webhook",
        ),
        lines(
            "Lines that pyparsing had to match",
            "Share of all lines; slow, not wrong.",
            "percentunit",
            query(
                f"sum by (instance, source) (rate(mesibo_logwatch_fallback_lines_total{{{SELECT}}}[{rate}]))"
                f" / (sum by (instance, source) (rate(mesibo_logwatch_lines_total{{{SELECT}}}[{rate}])) > 0)",
                PER_SOURCE,
            ),
        ),
        lines(
            "How long a commit takes",
            "The 99th of a hundred, over 5 minutes.",
            "s",
            query(f"instance:mesibo_logwatch_commit_duration_seconds:p99_rate5m{{{HOST}}}", "{{instance}}"),
            empty="nothing to commit",
        ),
        lines(
            "Rotations, lost bytes, missed files",
            "In 5 minutes.",
            "short",
            query(f"sum by (kind) (increase(mesibo_logwatch_rotations_total{{{SELECT}}}[5m]))", "rotation: {{kind}}"),
            query(f"sum(increase(mesibo_logwatch_lost_bytes_total{{{SELECT}}}[5m]))", "lost bytes"),
            query(f"sum(increase(mesibo_logwatch_missed_generations_total{{{SELECT}}}[5m]))", "missed files"),
            query(f"sum(increase(mesibo_logwatch_missed_entries_total{{{SELECT}}}[5m]))", "missed journal entries"),
        ),
        lines(
            "Memory",
            "Resident.",
            "bytes",
            query(f'process_resident_memory_bytes{{job="mesibo-logwatch",{HOST}}}', "{{instance}}"),
        ),
        lines(
            "CPU",
            "Of one core.",
            "percentunit",
            query(f'rate(process_cpu_seconds_total{{job="mesibo-logwatch",{HOST}}}[{rate}])', "{{instance}}"),
        ),
    ):
        made = made.with_panel(panel)
    return made.with_panel(
        rows(
            "Versions",
            "What runs where.",
            query(f"mesibo_logwatch_build_info{{{HOST}}}", instant=True),
            empty="no daemon is scraped",
            height=6,
        )
    )
