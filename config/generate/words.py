"""The words of alert texts: Go templates that Prometheus fills in when an alert fires."""

COUNT = '{{ $value | printf "%.0f" }}'
PERCENT = "{{ $value | humanizePercentage }}"
PLACE = (
    "source {{ $labels.source }}{{ with $labels.cluster }} of cluster {{ . }}{{ end }}"
    "{{ with $labels.instance }} on host {{ . }}{{ end }}"
)
INSTANCE = "{{ $labels.instance }}{{ with $labels.cluster }} (cluster {{ . }}){{ end }}"


def hosts(matchers: str = "", window: str = "5m", labels: tuple[str, ...] = ("cluster", "source", "platform")) -> str:
    """A phrase that names the hosts concerned and how many pushes each had, at the time of the page.

    The alert itself is about a cluster, because an app's credentials are: one page, however many hosts say the same.
    """
    same = ",".join(f"{label}=%q" for label in labels)
    values = " ".join(f"$labels.{label}" for label in labels)
    more = ("," + matchers).replace('"', '\\"') if matchers else ""
    query = f"topk(5, sum by (instance) (increase(mesibo_push_results_total{{{same}{more}}}[{window}])) > 0.5)"
    return (
        f'{{{{ range $i, $h := printf "{query}" {values} | query | sortByLabel "instance" }}}}'
        '{{ if $i }}, {{ else }} Hosts: {{ end }}{{ $h.Labels.instance }} ({{ $h.Value | printf "%.0f" }})'
        "{{ end }}"
    )


def share(metric: str, whole: str, matchers: str, labels: tuple[str, ...] = ("cluster", "source", "platform")) -> str:
    """A phrase with the share that these results are of all; empty where it cannot be known."""
    same = ",".join(f"{label}=%q" for label in labels)
    values = " ".join(f"$labels.{label}" for label in labels)
    escaped = matchers.replace('"', '\\"')
    query = f"sum({metric}{{{same},{escaped}}}) / (sum({whole}{{{same}}}) > 0)"
    return (
        f'{{{{ with printf "{query}" {values} {values} | query }}}}'
        "{{ . | first | value | humanizePercentage }}{{ end }}"
    )
