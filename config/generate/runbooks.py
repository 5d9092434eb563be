"""Facts of the runbooks that follow from rules, thresholds and catalogue; the prose around them is written by hand.

A page holds a block between two marks; only that block is replaced. The index and the page of thresholds are generated
as a whole, the page of codes and steps has a block as well.
"""

import re
from pathlib import Path

from config.generate import credentials, faults, outages, rates, thresholds, watcher
from config.generate.codes import CATALOGUE, Entry
from config.generate.rules import Alert, tidy

PAGES = Path(__file__).parent.parent.parent / "docs" / "runbooks"
MARKS = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
SIDES = {
    "operator": "you: what is set up",
    "app": "you: the app or its backend",
    "mesibo": "mesibo",
    "provider": "Google or Apple",
    "device": "the user's device",
}


def alerts() -> list[Alert]:
    """Every alert, in the order of the rule files."""
    return [*faults.alerts(), *outages.alerts(), *rates.alerts(), *credentials.alerts(), *watcher.alerts()]


def files() -> dict[str, str]:
    """Path -> text of the index, the thresholds and of each page that has a generated block."""
    found = {"docs/runbooks/thresholds.md": _thresholds()}
    for path in sorted(PAGES.glob("*.md")):
        text = path.read_text()
        if MARKS.search(text):
            found[f"docs/runbooks/{path.name}"] = MARKS.sub(lambda m, p=path: m[1] + _block(m[2], p.stem) + m[3], text)
    return found


def _block(kind: str, page: str) -> str:
    return {"facts": lambda: _facts(page), "index": _index, "codes": _codes, "steps": _steps}[kind]()


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [
        "| " + " | ".join(row) + " |" for row in ([head, ["---"] * len(head)] + [[_cell(c) for c in r] for r in rows])
    ]
    return "\n".join(lines) + "\n"


def _facts(page: str) -> str:
    mine = [alert for alert in alerts() if alert.alert == page]
    text = "## Facts\n\n"
    entries = [e for a in mine for e in CATALOGUE if e.name == a.labels.get("code_name")]
    if entries:
        rows = [[e.spoken, e.name, SIDES[e.side], e.meaning, e.remedy] for e in entries]
        text += _table(["code", "name", "whose side", "meaning", "remedy"], rows) + "\n"
    shown: set[str] = set()
    for alert in mine[:1] if entries else mine:
        waits = f" after {alert.for_}" if alert.for_ != "0s" else " at once"
        held = f", held for {alert.keep}" if alert.keep != "0s" else ""
        text += f"Severity **{alert.severity}**{waits}{held}; role in Alertmanager: {alert.role}."
        text += " The rule of the first code, the others differ in the code alone:" if len(entries) > 1 else ""
        text += f"\n\n```promql\n{tidy(alert.expr)}\n```\n\n"
        shown.add(alert.severity)
    return text + "Each number has its reason in [thresholds](thresholds.md).\n"


def _index() -> str:
    rows, seen = [], set()
    for alert in alerts():
        if alert.alert in seen:
            continue
        seen.add(alert.alert)
        severities = "/".join(dict.fromkeys(a.severity for a in alerts() if a.alert == alert.alert))
        title = (PAGES / f"{alert.alert}.md").read_text().split("**")[1]
        rows.append([f"[{alert.alert}]({alert.alert}.md)", severities, title])
    return _table(["alert", "severity", "what happened"], rows)


def _spoken_steps(entry: Entry) -> str:
    return ", ".join(map(str, entry.steps)) or "-"


def _page_of(entry: Entry) -> str:
    for name, _, covered in faults.covered():
        if covered.name == entry.name:
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
    page = by_class.get(entry.cls, "MesiboPushErrorBudgetBurn")
    return f"[{page}]({page}.md)"


def _codes() -> str:
    rows = [[e.spoken, e.name, SIDES[e.side], _spoken_steps(e), e.meaning, _page_of(e)] for e in CATALOGUE]
    return _table(["code", "name", "whose side", "steps", "meaning", "runbook"], rows)


def _steps() -> str:
    rows = []
    for step in range(1, 10):
        codes = [e.spoken for e in CATALOGUE if step in e.steps and e.provider in ("mesibo", "any")]
        rows.append([f"Step {step}", ", ".join(codes) or "-"])
    return _table(["step", "codes that lead to it"], rows)


def _thresholds() -> str:
    rows = [[f"`{x.group}.{x.name}`", f"`{x.value}`", x.reason] for x in thresholds.load()]
    return (
        "# Thresholds\n\nEvery number the alerts depend on, from `config/thresholds.toml`, with its reason."
        " Generated: change the file and run `make generate`.\n\n"
    ) + _table(["threshold", "value", "reason"], rows)
