"""Facts of the runbooks that follow from rules, thresholds and catalogue; the prose around them is written by hand.

A page holds a block between two marks; only that block is replaced. The index and the page of thresholds are generated
as a whole, the page of codes and steps has a block as well.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from config.generate import thresholds
from config.generate.codes import CATALOGUE, covered, spoken
from config.generate.markdown import filled, has_block, table
from config.generate.rules import WORDS, alerts, groups
from logwatch.catalogue import Entry

PAGES = Path(__file__).parent.parent.parent / "docs" / "runbooks"
SIDES = {
    "operator": "you: what is set up",
    "app": "you: the app or its backend",
    "mesibo": "mesibo",
    "provider": "Google or Apple",
    "device": "the user's device",
}
_READ = ("cause", "outage", "symptom", "single")  # roles in the order of the index: what is to be mended comes first


def files() -> dict[str, str]:
    """Return path -> text of the index, the thresholds and of each page that has a generated block."""
    found = {"docs/runbooks/thresholds.md": _thresholds(), "docs/runbooks/fault.md": _fault()}
    for path in sorted(PAGES.glob("*.md")):
        text = path.read_text()
        if has_block(text):
            blocks: dict[str, Callable[[], str]] = {
                "facts": partial(_facts, path.stem),
                "index": _index,
                "codes": _codes,
                "steps": _steps,
            }
            found[f"docs/runbooks/{path.name}"] = filled(text, blocks)
    return found


def _is_condition(expr: str, name: str) -> bool:
    return name.startswith("condition:") and name in expr


def _facts(page: str) -> str:
    mine = [alert for alert in alerts() if alert["alert"] == page]
    text = "## Facts\n\n"
    entries = [e for alert in mine for e in CATALOGUE.entries if e.name == alert["labels"].get("code_name")]
    if entries:
        rows = [[spoken(e), e.name, SIDES[e.side], e.meaning, e.remedy] for e in entries]
        text += table(["code", "name", "whose side", "meaning", "remedy"], rows) + "\n"
    for alert in mine[:1] if entries else mine:
        waits = f" after {alert['for']}" if "for" in alert else " at once"
        labels = alert["labels"]
        text += f"Severity **{labels['severity']}**{waits}; role in Alertmanager: {labels['role']}."
        text += " The rule of the first code, the others differ in the code alone:" if len(entries) > 1 else ""
        text += f"\n\n```promql\n{alert['expr']}\n```\n\n"
        if WORDS.TOLL in alert["expr"]:
            text += "[A page of its own](fault.md) says what is counted there, and from when on.\n\n"
        text += _records(partial(_is_condition, alert["expr"]))
    return text + "Each number has its reason in [thresholds](thresholds.md).\n"


def _records(wanted: Callable[[str], bool]) -> str:
    """Write the records of the push rules that are ``wanted`` by their name, with what each is."""
    rules = [rule for group in groups("push") for rule in group["rules"] if wanted(rule.get("record", ""))]
    return "".join(f"where `{rule['record']}` is\n\n```promql\n{rule['expr']}\n```\n\n" for rule in rules)


def _fault() -> str:
    return (
        "# A fault and its toll\n\nA code is a fault while enough pushes end with it: enough within 5 minutes, or most of"
        " the few of half an hour. Its toll is how many it has cost, until pushes go through again. Alerts on"
        f" codes that stop all pushes look at `{WORDS.TOLL}`,\n\n"
        + _records(lambda name: name in (f"{WORDS.FAULT}5m", WORDS.TOLL))
        + "Each number has its reason in [thresholds](thresholds.md). Generated: run `make generate`.\n"
    )


def _index() -> str:
    severities: dict[str, list[str]] = {}
    for alert in sorted(alerts(), key=lambda alert: _READ.index(alert["labels"]["role"])):
        severities.setdefault(alert["alert"], []).append(alert["labels"]["severity"])
    rows = [
        [f"[{name}]({name}.md)", "/".join(dict.fromkeys(found)), _happened(name)] for name, found in severities.items()
    ]
    return table(["alert", "severity", "what happened"], rows)


def _happened(alert: str) -> str:
    page = PAGES / f"{alert}.md"
    if not page.exists():
        raise SystemExit(
            f"error: the alert {alert} has no runbook\n  try: copy another page to docs/runbooks/{page.name}"
        )
    return page.read_text().split("**")[1]


def _page_of(entry: Entry) -> str:
    for name, _, fault in covered():
        if fault is entry:
            return f"[{name}]({name}.md)"
    by_class = {
        "token": "MesiboPushBadTokens",
        "payload": "MesiboPushPayloadRefused",
        "provider_fault": "MesiboPushProviderFailing",
        "network": "MesiboPushNoAnswer",
        "delivered": "accepted-but-not-shown",
        "rate_limited": "MesiboPushRateLimitedByMesibo"
        if entry.provider == "mesibo"
        else "MesiboPushRateLimitedByProvider",
    }
    page = by_class.get(entry.class_, "MesiboPushErrorBudgetBurn")
    return f"[{page}]({page}.md)"


def _codes() -> str:
    rows = []
    for e in CATALOGUE.entries:
        steps = ", ".join(map(str, e.steps)) or "-"
        rows.append([spoken(e), e.name, SIDES[e.side], steps, e.meaning, _page_of(e)])
    return table(["code", "name", "whose side", "steps", "meaning", "runbook"], rows)


def _steps() -> str:
    rows = []
    for step in range(1, 10):
        codes = [spoken(e) for e in CATALOGUE.entries if step in e.steps and e.provider in ("mesibo", "any")]
        rows.append([f"Step {step}", ", ".join(codes) or "-"])
    return table(["step", "codes that lead to it"], rows)


def _thresholds() -> str:
    rows = [[f"`{x.name}`", f"`{x.value}`", x.reason] for x in thresholds.load()]
    return (
        "# Thresholds\n\nEvery number the alerts depend on, from `config/thresholds.toml`, with its reason."
        " Generated: change the file and run `make generate`.\n\n"
    ) + table(["threshold", "value", "reason"], rows)
