"""Recording rules: how many results there were, by what and within which window; levels and shares the alerts share.

The counters never go down while a source is known (promise of the daemon), so ``increase`` over a window is a number
of pushes. Names follow ``level:metric:operations``; the level lists what is kept beside ``cluster``. Windows:
5 minutes for faults, 2 minutes where a page waits for it, 30 minutes and more for trends.
"""

from config.generate.codes import OVER_900
from config.generate.rules import Group, Record
from config.generate.thresholds import threshold as t

RESULTS = "mesibo_push_results_total"
JUDGED = 'class!~"token|rate_limited"'
"""Results that the accepted share judges: dead tokens are churn and rate limits mostly harmless (alerts of their own)."""
BAD = 'class!~"delivered|token|rate_limited"'
REFUSED = f'code=~"{OVER_900}",{JUDGED}'
"""Refusals by mesibo itself, without 911 and 914."""

TELLS_ALL = "unless on (cluster, source) mesibo_push_failures_only == 1"
"""Without the sources of which failures alone are known (a webhook without a log): their shares would all be of nothing."""

BY_HOST = "cluster, instance, source"
BY_CLUSTER = "cluster, source"


def increase(by: str, window: str, matchers: str = "", metric: str = RESULTS) -> str:
    """A number of results by labels within a window."""
    selector = f"{metric}{{{matchers}}}" if matchers else metric
    return f"sum by ({by}) (increase({selector}[{window}]))"


def ratio(part: str, whole: str) -> str:
    """A share; nothing where the whole is nothing, 0 where there is a whole but no part."""
    return f"({part} or 0 * {whole})\n/\n({whole} > 0 {TELLS_ALL})"


def _accepted(level: str, by: str, window: str) -> Record:
    good = increase(by, window, 'class="delivered"')
    return Record(f"{level}:mesibo_push_accepted:ratio_rate{window}", ratio(good, increase(by, window, JUDGED)))


def fast() -> list[Record]:
    """What faults are found by, evaluated right before the alerts of the same group."""
    return [
        Record(
            "cluster_source_platform_code_reason:mesibo_push_results:increase5m",
            increase(f"{BY_CLUSTER}, platform, code, reason", "5m"),
        ),
        Record(
            "instance_source_platform_class:mesibo_push_results:increase5m",
            increase(f"{BY_HOST}, platform, class", "5m"),
        ),
        Record(
            "instance_source_platform_class:mesibo_push_results:increase2m",
            increase(f"{BY_HOST}, platform, class", "2m"),
        ),
        *(
            Record(
                f"cluster_source_platform_class:mesibo_push_results:increase{window}",
                f"sum without (instance) (\n  instance_source_platform_class:mesibo_push_results:increase{window}\n)",
            )
            for window in ("5m", "2m")
        ),
        Record(
            "cluster_source_platform:mesibo_push_results:increase5m",
            "sum without (class) (cluster_source_platform_class:mesibo_push_results:increase5m)",
        ),
        Record(
            "cluster_source:mesibo_push_judged:increase2m",
            "sum without (platform, class) (\n"
            f"  cluster_source_platform_class:mesibo_push_results:increase2m{{{JUDGED}}}\n"
            ")",
        ),
        Record("cluster_source:mesibo_push_refused:increase2m", increase(BY_CLUSTER, "2m", REFUSED)),
        Record(
            "cluster_source:mesibo_push_refused:ratio_rate2m",
            f"cluster_source:mesibo_push_refused:increase2m\n/\n(cluster_source:mesibo_push_judged:increase2m > 0 {TELLS_ALL})",
        ),
        Record(
            "cluster_source:mesibo_push_accepted:ratio_rate5m",
            ratio(
                'sum without (platform, class) (cluster_source_platform_class:mesibo_push_results:increase5m{class="delivered"})',
                f"sum without (platform, class) (cluster_source_platform_class:mesibo_push_results:increase5m{{{JUDGED}}})",
            ),
        ),
        Record(
            "instance_source:mesibo_push_accepted:ratio_rate5m",
            ratio(
                'sum without (platform, class) (instance_source_platform_class:mesibo_push_results:increase5m{class="delivered"})',
                f"sum without (platform, class) (instance_source_platform_class:mesibo_push_results:increase5m{{{JUDGED}}})",
            ),
        ),
    ]


def _with_history(share: str, window: str) -> str:
    """A share only where there is enough traffic to call it history."""
    return f"{share}\nand on (cluster, source)\n{increase(BY_CLUSTER, window)} >= {t('spike.min_history')}"


def minutely() -> list[Record]:
    """Half hours and hours: cheap enough every minute, and no alert on them needs to be quicker."""
    limiter = "cluster, source, limiter"
    hits = "mesibo_push_rate_limit_hits_total"
    return [
        *(_accepted("cluster_source", BY_CLUSTER, window) for window in ("30m", "1h")),
        Record("cluster_source:mesibo_push_bad:increase1h", increase(BY_CLUSTER, "1h", BAD)),
        Record("cluster_source:mesibo_push_results:increase30m", increase(BY_CLUSTER, "30m")),
        Record(
            "cluster_source_platform_code_reason:mesibo_push_results:increase30m",
            increase(f"{BY_CLUSTER}, platform, code, reason", "30m"),
        ),
        Record(
            "cluster_source_platform_class:mesibo_push_results:increase30m",
            increase(f"{BY_CLUSTER}, platform, class", "30m"),
        ),
        Record(
            "cluster_source_platform:mesibo_push_results:increase30m",
            "sum without (class) (cluster_source_platform_class:mesibo_push_results:increase30m)",
        ),
        Record(
            "cluster_source:mesibo_push_refused:ratio_rate1h",
            _with_history(ratio(increase(BY_CLUSTER, "1h", REFUSED), increase(BY_CLUSTER, "1h", JUDGED)), "1h"),
        ),
        Record(
            "cluster_source_platform:mesibo_push_tokens:ratio_rate30m",
            'sum without (class) (cluster_source_platform_class:mesibo_push_results:increase30m{class="token"})\n/\n'
            f"(cluster_source_platform:mesibo_push_results:increase30m >= {t('spike.min_history')} {TELLS_ALL})",
        ),
        Record("cluster_source_limiter:mesibo_push_rate_limit_hits:increase30m", increase(limiter, "30m", "", hits)),
        Record(
            "cluster_source_limiter:mesibo_push_rate_limit_hits:ratio_rate30m",
            f"""
            cluster_source_limiter:mesibo_push_rate_limit_hits:increase30m{{limiter!="mesibo"}}
            / on (cluster, source, limiter)
            label_replace(
              cluster_source_platform:mesibo_push_results:increase30m >= {t("spike.min_history")} {TELLS_ALL},
              "limiter", "$1", "platform", "(.*)"
            )
            or
            cluster_source_limiter:mesibo_push_rate_limit_hits:increase30m{{limiter="mesibo"}}
            / on (cluster, source) group_left ()
            (cluster_source:mesibo_push_results:increase30m >= {t("spike.min_history")} {TELLS_ALL})
            """,
        ),
        Record("instance_source:mesibo_push_judged:increase15m", increase(BY_HOST, "15m", JUDGED)),
        Record("instance_source:mesibo_push_bad:increase15m", increase(BY_HOST, "15m", BAD)),
    ]


def slow() -> list[Record]:
    """Six hours and a day, over every series of every host: the dearest queries, so the rarest."""
    return [
        *(_accepted("cluster_source", BY_CLUSTER, window) for window in ("6h", "1d")),
        Record("cluster_source:mesibo_push_bad:increase6h", increase(BY_CLUSTER, "6h", BAD)),
        Record("cluster_source:mesibo_push_results:increase1d", increase(BY_CLUSTER, "1d")),
        Record(
            "cluster_source:mesibo_logwatch_lines:increase1d",
            increase(BY_CLUSTER, "1d", "", "mesibo_logwatch_lines_total"),
        ),
    ]


def groups() -> list[Group]:
    """The recording rules that are not evaluated together with alerts."""
    return [Group("mesibo-push-trends", list(minutely()), "1m"), Group("mesibo-push-days", list(slow()), "5m")]
