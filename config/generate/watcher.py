"""Alerts on the watcher itself: whoever pages others must say when it is blind."""

from config.generate.codes import CATALOGUE, OVER_900
from config.generate.rules import Alert, Record
from config.generate.thresholds import threshold as t
from config.generate.words import COUNT, INSTANCE, PERCENT, PLACE

JOB = "mesibo-logwatch"
UP = f'up{{job="{JOB}"}}'
MARKED = "cluster, instance, source"


def presence() -> list[Alert]:
    """Down, absent, restarting."""
    return [
        Alert(
            "MesiboLogwatchDown",
            f"{UP} == 0",
            "critical",
            "A mesibo-logwatch does not answer; nobody watches the pushes of that host.",
            f"Prometheus cannot scrape {INSTANCE}. Nothing is lost meanwhile: it goes on where it stopped. What to do on the"
            " host: systemctl status mesibo-logwatch, journalctl -u mesibo-logwatch, mesibo-logwatch check, then doctor.",
            for_=t("watcher.down_for"),
        ),
        Alert(
            "MesiboLogwatchAbsent",
            f"""
            absent({UP})
            or
            count by (cluster) ({UP} offset 1h) unless count by (cluster) ({UP})
            """,
            "critical",
            "Prometheus no longer has a mesibo-logwatch to scrape.",
            f"No target of job {JOB}{{{{ with $labels.cluster }}}} in cluster {{{{ . }}}}{{{{ end }}}} is left. What to do:"
            " look at /targets of Prometheus and at the file that lists the hosts. If the cluster was retired on purpose,"
            " this ends within an hour.",
            for_=t("watcher.absent_for"),
        ),
        Alert(
            "MesiboLogwatchRestarting",
            f'changes(process_start_time_seconds{{job="{JOB}"}}[30m]) >= {t("watcher.restarts")}',
            "warning",
            "mesibo-logwatch restarts again and again.",
            f"{COUNT} starts within 30 minutes on {INSTANCE}. What to do: journalctl -u mesibo-logwatch shows why it ended;"
            " mesibo-logwatch check shows what is wrong with what it is given.",
        ),
    ]


def reading() -> list[Alert]:
    """Files that are not there, not read in time, or lost."""
    return [
        Alert(
            "MesiboLogwatchSourceDown",
            "mesibo_logwatch_source_up == 0",
            "warning",
            "The log of a source is not there or cannot be read.",
            f"Nothing to read for {PLACE}. What to do: mesibo-logwatch doctor on the host says whether path, permission or"
            " container is missing. A mesibo that is stopped with docker run --rm takes its log with it.",
            for_=t("watcher.source_down_for"),
        ),
        Alert(
            "MesiboLogwatchLagging",
            f"""
            min_over_time(mesibo_logwatch_lag_bytes[10m]) > {t("watcher.lag_bytes")}
            or
            mesibo_logwatch_source_caught_up == 0 and mesibo_logwatch_lag_bytes > {t("watcher.lag_bytes")}
            """,
            "warning",
            "mesibo-logwatch cannot keep up with the log; all its numbers are late.",
            f"{{{{ $value | humanize1024 }}}}B of log are unread, {PLACE}. What to do: CPU and disk of the host, the"
            " fallback share on the watcher dashboard, and whether commits fail.",
            for_="10m",
        ),
        Alert(
            "MesiboLogwatchLostBytes",
            "increase(mesibo_logwatch_lost_bytes_total[15m]) > 0",
            "warning",
            "A part of the log disappeared before it was read.",
            f"{{{{ $value | humanize1024 }}}}B were cut away or deleted unread, {PLACE}; pushes in them are not counted."
            " What to do: rotate by rename (not copytruncate), keep one rotated file, and see whether the daemon was down.",
        ),
        Alert(
            "MesiboLogwatchMissedGenerations",
            "increase(mesibo_logwatch_missed_generations_total[15m]) > 0",
            "warning",
            "A whole log file came and went without being read.",
            f"{COUNT} files, {PLACE}; pushes in them are not counted. What to do: keep more rotated files (Docker: max-file"
            " of at least 3) or larger ones, so that one outlives a restart of the watcher.",
        ),
        Alert(
            "MesiboLogwatchMissedEntries",
            "increase(mesibo_logwatch_missed_entries_total[15m]) > 0",
            "warning",
            "Lines of mesibo never came to the journal, or were deleted there before they were read.",
            f"{COUNT} entries that Docker numbered are missing, {PLACE}; pushes in them are not counted. What to do:"
            " journalctl -u systemd-journald shows whether messages were suppressed; raise the rate limit of docker.service"
            " (LogRateLimitIntervalSec=0) or the journal's SystemMaxUse.",
        ),
    ]


BEHIND = 'cause=~"misplaced|unenveloped"'
"""Causes that lie in front of the marker: something else writes the beginning of the line."""
WITHIN = 'cause!~"misplaced|unenveloped"'
PROPOSE = (
    "What to do on the host: mesibo-logwatch doctor shows how such lines begin, and this command with the path of the"
    " log: mesibo-logwatch grammar propose LOG --name mine --output /etc/mesibo-logwatch/grammars. Then set grammar ="
    ' "mine" in the source, mesibo-logwatch check, reload.'
)


def _unread(window: str, matchers: str = "") -> str:
    return f"sum by ({MARKED}) (increase(mesibo_logwatch_unparsed_lines_total{{{matchers}}}[{window}]))".replace(
        "{}", ""
    )


def records() -> list[Record]:
    """Of the push lines of a source, how many were not read, and which share of all: what the page rests on."""
    found = []
    for window in ("2m", "1h"):
        results = f"sum by ({MARKED}) (increase(mesibo_push_results_total[{window}]))"
        count = f"instance_source:mesibo_logwatch_unread:increase{window}"
        found.append(Record(count, _unread(window)))
        found.append(
            Record(
                f"instance_source:mesibo_logwatch_unread:ratio_rate{window}",
                f"{count}\n/\n(({count} + on ({MARKED}) {results}) > 0)",
            )
        )
    return found


def parsing() -> list[Alert]:
    """Push lines that give no number, and numbers without a meaning."""
    results = f"sum by ({MARKED}) (increase(mesibo_push_results_total[1h]))"
    known = "|".join(sorted({str(e.code) for e in CATALOGUE}))
    unread = "instance_source:mesibo_logwatch_unread"
    page, least = t("watcher.unparsed_page_share"), t("watcher.unparsed_min")
    # lately, so that the page ends soon after the lines are read again
    most = f"""
        (
          {unread}:ratio_rate2m >= {page} and {unread}:increase2m >= {least}
          or
          {unread}:ratio_rate1h >= {page} and {unread}:increase1h >= {least} and {_unread("15m")} > 0
        )
        """
    mostly_behind = f"{_unread('1h', BEHIND)} > 0.5 * {unread}:increase1h"

    def some(matchers: str, share: float) -> str:
        part = _unread("1h", matchers)
        return f"""
        {part} / ({part} + on ({MARKED}) {results}) >= {share}
        and {part} >= {least}
        and {_unread("15m", matchers)} > 0
        """

    read = f"{PERCENT} of the push lines gave no result, {PLACE}."
    return [
        Alert(
            "MesiboLogwatchUnparsedLines",
            f"{most}unless {mostly_behind}",
            "critical",
            "Most push lines cannot be read; the alerts about pushes are blind.",
            f"{read} mesibo may have changed its format. {PROPOSE}",
            for_="1m",
        ),
        Alert(
            "MesiboLogwatchUnparsedLines",
            some(WITHIN, t("watcher.unparsed_share")),
            "warning",
            "Some push lines cannot be read.",
            f"{read} mesibo may have changed its format. {PROPOSE}",
            for_="5m",
        ),
        Alert(
            "MesiboLogwatchMisplacedLines",
            f"{most}and {mostly_behind}",
            "critical",
            "Most push lines stand behind a prefix that is not known; the alerts about pushes are blind.",
            f"{read} Something (docker logs -t, compose, syslog) writes before mesibo's own prefix. {PROPOSE}",
            for_="1m",
        ),
        Alert(
            "MesiboLogwatchMisplacedLines",
            some(BEHIND, t("watcher.misplaced_share")),
            "warning",
            "Push lines stand behind a prefix that the grammar does not know.",
            f"{read} Something (docker logs -t, compose, syslog) writes before mesibo's own prefix, or users write the"
            f" marker into messages that are logged. {PROPOSE}",
            for_="5m",
        ),
        Alert(
            "MesiboLogwatchCatalogueLacksCode",
            f"""
            sum by (cluster, source, platform, code) (
              increase(mesibo_push_results_total{{class="unknown",code!~"{known}|{OVER_900}"}}[1h])
            ) >= 1
            """,
            "info",
            "A push ended with a code that the catalogue does not know.",
            f"{COUNT} pushes of platform {{{{ $labels.platform }}}} ended with code {{{{ $labels.code }}}} within an hour,"
            f" {PLACE}. What to do: find out what it means and add it to your catalogue; then classes and remedies hold.",
        ),
        Alert(
            "MesiboLogwatchFallback",
            f"""
            increase(mesibo_logwatch_fallback_lines_total[1h])
            / (increase(mesibo_logwatch_lines_total[1h]) > 10000) >= {t("watcher.fallback_share")}
            """,
            "info",
            "The grammar is slow; many lines go through pyparsing itself.",
            f"{PERCENT} of lines, {PLACE}. Numbers are right, catching up is slow. What to do: mesibo-logwatch grammar check"
            " says what could not be compiled.",
            for_="30m",
        ),
        Alert(
            "MesiboLogwatchOversizedLines",
            "increase(mesibo_logwatch_oversized_lines_total[1h]) > 0",
            "info",
            "Lines are longer than max_line_bytes; only their beginning was read.",
            f"{COUNT} lines within an hour, {PLACE}. What to do: raise follow.max_line_bytes if push lines are among them.",
        ),
    ]


def state() -> list[Alert]:
    """Commits, configuration and the ledger."""
    return [
        Alert(
            "MesiboLogwatchCommitsFailing",
            f"""
            increase(mesibo_logwatch_commit_failures_total[5m]) > 0
            and on (instance) increase(mesibo_logwatch_commits_total[{t("watcher.checkpoint_stale")}]) == 0
            """,
            "critical",
            "mesibo-logwatch cannot write its state; its numbers stand still.",
            f"{COUNT} commits failed within 5 minutes and none succeeded on {INSTANCE}. Nothing is lost: lines are read again"
            " once it works. What to do: free space and permissions of the state directory (df, mesibo-logwatch doctor).",
            for_="2m",
        ),
        Alert(
            "MesiboLogwatchCommitsFailing",
            "increase(mesibo_logwatch_commit_failures_total[5m]) > 0",
            "warning",
            "Writing the state fails now and then.",
            f"{COUNT} commits failed within 5 minutes on {INSTANCE}; others succeeded. What to do: free space and disk errors"
            " of the state directory (df, dmesg, mesibo-logwatch doctor).",
        ),
        Alert(
            "MesiboLogwatchStateReset",
            """
            increase(mesibo_logwatch_state_resets_total[1h]) > 0
            or
            mesibo_logwatch_state_resets_total > 0
            and on (instance) time() - process_start_time_seconds < 3600
            """,
            "warning",
            "mesibo-logwatch lost its state and started anew at the end of the files.",
            f"The ledger of {INSTANCE} could not be used and was set aside; pushes between its last commit and now may be"
            " missing, and totals began at 0. What to do: keep the file that was set aside, check the disk, read the journal.",
        ),
        Alert(
            "MesiboLogwatchReloadFailed",
            "mesibo_logwatch_config_last_reload_successful == 0",
            "warning",
            "The last reload failed; mesibo-logwatch runs with the configuration before it.",
            f"On {INSTANCE}. What to do: mesibo-logwatch check lists every problem; mend them and reload again.",
            for_="1m",
        ),
    ]


def exports() -> list[Alert]:
    """Failures that do not reach the place where a fleet's logs are searched."""
    return [
        Alert(
            "MesiboLogwatchExportFailing",
            """
            min_over_time(mesibo_logwatch_export_lag_events[15m]) > 0
            and increase(mesibo_logwatch_export_events_total[15m]) == 0
            """,
            "warning",
            "Failures are no longer sent to where they are searched.",
            f"{COUNT} failures wait for {{{{ $labels.destination }}}} on {INSTANCE}, and none was taken for 15 minutes. They"
            " are kept while the error log holds them. What to do: the daemon's own log says why (journalctl -u"
            " mesibo-logwatch); address, token and certificates of [[export]].",
        ),
        Alert(
            "MesiboLogwatchExportDropping",
            "increase(mesibo_logwatch_export_dropped_total[15m]) > 0",
            "warning",
            "Failures are missing where they are searched.",
            f"{COUNT} failures never reached {{{{ $labels.destination }}}} from {INSTANCE}: it refused them, or they were more"
            " than the error log keeps. All of them are counted in the metrics. What to do: the daemon's own log names what"
            " was refused; raise failures.keep where a storm or an absence was too long.",
        ),
    ]


def webhooks() -> list[Alert]:
    """Events that cannot be read, and a log that lacks what its webhook tells."""
    events = f"sum by ({MARKED}) (increase(mesibo_logwatch_webhook_events_total"
    unread = events + '{outcome=~"no_code|ambiguous|unreadable"}[1h]))'
    pushes = events + '{outcome=~"no_code|ambiguous|unreadable|failure|accepted"}[1h]))'
    told = "sum by (cluster, instance) (increase(mesibo_push_witness_events_total[1h]))"
    failed = 'sum by (cluster, instance) (increase(mesibo_push_results_total{class!="delivered"}[1h]))'
    logged = f"({failed} or 0 * {told})"
    return [
        Alert(
            "MesiboLogwatchWebhookUnreadable",
            f"""
            {unread} / {pushes} >= {t("watcher.webhook_unread_share")}
            and {unread} >= {t("watcher.webhook_unread_min")}
            """,
            "warning",
            "Push events of a webhook cannot be read.",
            f"{PERCENT} of the push events of the last hour gave no result, {PLACE}. What to do: mesibo-logwatch doctor shows"
            " how such an event is built; name the paths of its fields in a file of your own (webhook.fields), then"
            " mesibo-logwatch check.",
        ),
        Alert(
            "MesiboPushWitnessesDisagree",
            f"""
            ({told} - {logged}) / {told} >= {t("watcher.witness_share")}
            and {told} - {logged} >= {t("watcher.witness_min")}
            """,
            "warning",
            "mesibo's webhook tells failed pushes that its log does not have.",
            f"{PERCENT} of the failures that the webhook told in the last hour are not in the log, on {INSTANCE}. What to do:"
            " lines of the log may be missing or misread, or another mesibo calls here as well; the status page says which"
            " codes it is.",
            for_="10m",
        ),
    ]


def alerts() -> list[Alert]:
    """All of them."""
    return [*presence(), *reading(), *parsing(), *state(), *exports(), *webhooks()]
