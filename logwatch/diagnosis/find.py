"""Turn what the last hour shows into findings: the course of each failure, the accepted share, and what is unread."""

from logwatch.catalogue import CHURN, Entry, either, number_of
from logwatch.diagnosis import credentials, dates, watching, weight, witness
from logwatch.diagnosis.course import Course, courses
from logwatch.diagnosis.facts import Facts, Finding
from logwatch.diagnosis.weight import MANY, MUCH
from logwatch.diagnosis.words import NOISE, cause, pushes
from logwatch.ledger.buckets import MINUTE
from logwatch.words import HOUR, clock, dated, names, number, share, span

NEARLY_ALL = 0.95

_STALE = 120.0  # seconds without a new one that are worth mentioning


def diagnose(facts: Facts) -> tuple[Finding, ...]:
    """Return all findings, the most serious first; never empty."""
    findings = [
        *watching.findings(facts),
        *dates.findings(facts),
        *credentials.findings(facts),
        *witness.findings(facts),
    ]
    noise: dict[tuple[str, bool], list[Course]] = {}
    known = courses(facts)
    for course in known:
        if course.rank.severity == "info":
            noise.setdefault((course.entry.class_, course.sources <= facts.silent), []).append(course)
        else:
            findings.append(_finding(course, facts))
    findings += [_noise(class_, alike, facts) for (class_, _), alike in noise.items()]
    findings += _accepted(facts, findings, known)
    if not findings:
        findings.append(_nothing(facts))
    return tuple(sorted(findings, key=lambda finding: (-finding.rank.weight, -finding.pushes, finding.key)))


def failures(facts: Facts) -> list[Finding]:
    """Return the findings about serious failures, which take nothing but results."""
    return [_finding(course, facts) for course in courses(facts) if course.rank.severity != "info"]


def _finding(course: Course, facts: Facts) -> Finding:
    now, over = facts.now, course.over
    heard = witness.agreed(course, facts)
    entry = heard.entry if heard else course.entry
    what = f"{heard.words} (webhook)" if heard else _cause(course)
    since = clock(course.since, now)
    count = number(course.pushes)
    if over:
        whose = pushes(course.platforms, count=course.pushes)
        within = " of the last hour" if course.since < now - HOUR else ""
        title = f"{what}; it ended at {clock(course.last, now)}: {count} {whose}{within} had failed."
    elif course.total:
        every = f"{pushes(course.platforms, every=True)}{_of_source(course, facts)}"
        title = f"{what}: {every} since {since} has failed ({_failed(course, now)})."
    elif course.weighty_share >= MUCH:
        title = f"{what}: {count} of {number(course.among)} {pushes(course.platforms)} in the last hour."
    else:
        title = f"{what}: {count} {pushes(course.platforms, count=course.pushes)} in the last hour."
    return Finding(
        key=f"{course.entry.name}:{'+'.join(sorted(course.platforms))}",
        rank=course.rank,
        title=title,
        side=_side(course, entry),
        remedy=entry.remedy,
        evidence=_evidence(course, facts, over=over),
        steps=entry.steps,
        code=number_of(course.codes[0]),
        pushes=course.pushes,
        since=course.since,
        cause=what,
        rows=tuple(course.rows),
        last=course.last,
        ended=course.last if over else None,
    )


def _noise(class_: str, alike: list[Course], facts: Facts) -> Finding:
    """Sum up in one finding all failures that occur in small numbers every day, whatever their codes."""
    alike.sort(key=lambda course: (-course.pushes, course.entry.name))  # the same in each process
    first = alike[0].entry
    count = sum(course.pushes for course in alike)
    of = (
        0
        if alike[0].sources <= facts.silent
        else sum(s.count for r, s in facts.hour.items() if r.source not in facts.silent)
    )
    evidence = []
    for course in alike:
        named = f"{'/'.join(course.codes)} {course.entry.reason}".rstrip()
        whose = pushes(course.platforms, count=course.pushes)
        evidence.append(f"{number(course.pushes)} {whose} with {named}: {course.entry.title}.")
    held = "was" if count == 1 else "were"
    return Finding(
        key=f"few:{class_}" if of else f"few-alone:{class_}",
        rank=weight.noise(class_),
        title=NOISE[class_].format(
            f"{number(count)} {pushes((), count=count)}", share(count / of) if of else "an unknown share", held
        ),
        side=either(_side(course, course.entry) for course in alike),
        remedy=first.remedy,
        evidence=tuple(evidence),
        steps=first.steps,
        code=number_of(alike[0].codes[0]),
        pushes=count,
    )


def _side(course: Course, entry: Entry) -> str:
    """Return whose side ``entry`` is on: of one platform that may be its provider's, of several either one's."""
    return entry.whose(*course.platforms) if len(course.platforms) == 1 else entry.whose()


def _failed(course: Course, now: float) -> str:
    """Count what failed since it began, as far as the last hour shows it."""
    return number(course.pushes_since) + (" in the last hour" if course.since < now - HOUR else "")


def _of_source(course: Course, facts: Facts) -> str:
    """Name the sources of a course if other sources have pushes of its platforms without that failure."""
    others = any(row.platform in course.platforms and row.source not in course.sources for row in facts.hour)
    of = "source" if len(course.sources) == 1 else "sources"
    return f" of {of} {names(course.sources)}" if others else ""


def _cause(course: Course) -> str:
    if course.entry.class_ == "provider_fault":
        who = _side(course, course.entry)
        return f"{who}'s push service fails" if who in ("Google", "Apple") else "The push service fails"
    if course.entry.name == "mesibo_bad_push_token" and course.weighty_share >= MANY:
        return "The app sets push tokens that cannot be used: suspect the app build, or Firebase tokens on iOS"
    return cause(course.entry, course.codes)


def _evidence(course: Course, facts: Facts, *, over: bool) -> tuple[str, ...]:
    now = facts.now
    named = " and ".join(course.codes) + (f" {course.entry.reason}" if course.entry.reason else "")
    failed = f"{number(course.pushes)} of {number(course.among)} {pushes(course.platforms)}"
    of_read = ", of what could be read" if facts.blind else ""
    lines = [
        f"Code {named}: {failed} in the last hour ({share(course.share)}{of_read})."
        if course.among
        else f"Code {named}: {number(course.pushes)} in the last hour, out of an unknown number of pushes."
    ]
    lines += witness.evidence(course, facts)
    ago = f", the last one {span(now - course.last)} ago" if over or now - course.last > _STALE else ""
    if course.fall and over:
        ago = f", and fell to {share(course.fall.before)} at {clock(course.last, now)}"
    if course.rise:
        before, after = share(course.rise.before), share(course.rise.after)
        lines.append(f"It began at {dated(course.first)}, when its share rose from {before} to {after}{ago}.")
    else:
        lines.append(f"The first of this run was logged at {dated(course.first)}{ago}.")
    if course.total and not over:
        lines.append(f"Nothing of the same platform{_of_source(course, facts)} was accepted since.")
    if len(facts.status) > 1:
        lines.append(f"Seen in {names(course.sources)}.")
    return tuple(lines)


def _accepted(facts: Facts, findings: list[Finding], known: list[Course]) -> list[Finding]:
    """Return the good news if nearly all pushes are accepted: whoever misses some must look beyond mesibo (Step 9).

    There is none beside failures that stop pushes, limits that hold many back, or many dying tokens; with
    unread lines, or a log that is not about the present, it becomes a statement about a part.
    """
    if any(f.severity == "critical" and f.pushes and not f.key.startswith("unparsed:") for f in findings):
        return []
    if any(_waves(course) for course in known):
        return []
    good = all_ = 0
    for row, seen in facts.hour.items():
        class_ = facts.catalogue.entry(*row.kind).class_
        if row.source in facts.silent or class_ in CHURN:
            continue
        all_ += seen.count
        good += seen.count if class_ == "delivered" else 0
    if not all_ or good / all_ < NEARLY_ALL:
        return []
    how = "All pushes" if good == all_ else f"Nearly all pushes ({share(good / all_)})"
    counted = f"{number(good)} of {number(all_)} results in the last hour, dead tokens and rate limits left out"
    pushing = {row.source for row in facts.hour}
    unread = sum(sight.hour.unread for sight in facts.sights.values())
    aged = sorted(n for n in pushing if facts.trouble or n not in facts.status or watching.stale(n, facts))
    stamps = (seen.last for row, seen in facts.hour.items() if row.source in aged and seen.last is not None)
    last = clock(max(stamps, default=facts.now), facts.now)
    if facts.blind or any(finding.key.startswith("unparsed:") for finding in findings):
        how_read = "all pushes" if good == all_ else f"{share(good / all_)} of the pushes"
        title = f"Of what could be read, {how_read} are accepted by Google and Apple."
        if len(aged) == len(pushing):
            title = f"Of what could be read up to {last}, {how_read} were accepted by Google and Apple."
        return [_partly_accepted(title, "accepted-of-read", counted)]
    if aged:
        title = f"{how} up to {last} were accepted by Google and Apple; nothing newer is known."
        if len(aged) < len(pushing):
            title = f"{how} are accepted by Google and Apple; of {names(aged)} nothing newer than {last} is known."
        return [_partly_accepted(title, "accepted-until", counted)]
    return [_good_news(how, f"{counted}{f', of what could be read ({number(unread)} could not)' if unread else ''}.")]


def _waves(course: Course) -> bool:
    """Return whether so many pushes are held back, or lost to dead tokens, that good news would mislead."""
    return course.entry.class_ in CHURN and not course.over and course.weighty_share >= MUCH


def _good_news(how: str, counted: str) -> Finding:
    """State that pushes are accepted, and where to look if some are missed all the same."""
    return Finding(
        key="accepted",
        rank=weight.ACCEPTED,
        title=f"{how} are accepted by Google and Apple. If somebody still misses them, the cause lies beyond mesibo,"
        " on the way to the device or on it.",
        side="the device, Google or Apple",
        remedy="Android: exempt the app from battery optimisation, and check that it was not force-stopped or closed by"
        " a task manager; if it is not opened for days, the system holds pushes back. iOS: turn Low Power Mode off and"
        " Background App Refresh on; Apple may delay or drop silent pushes. Both: try another network, and check"
        " whether other apps receive pushes.",
        evidence=(counted,),
        steps=(9,),
        code=200,
        pushes=0,
    )


def _partly_accepted(title: str, key: str, counted: str) -> Finding:
    """State how many pushes were accepted, without calling that good."""
    return Finding(
        key=key,
        rank=weight.ACCEPTED_OF_READ,
        title=title,
        side="nobody",
        remedy="First fix what is shown above: this concerns only some of the pushes.",
        evidence=(f"{counted}.",),
    )


def _nothing(facts: Facts) -> Finding:
    last, title = facts.pushed_at, "No push was logged in the last hour."
    if last is not None and last - MINUTE > facts.now - HOUR:  # its whole minute is in the last hour
        # The ledger cannot be read, or had no minutes for them by a clock that was ahead and has been set back
        title = "What the last hour's pushes came to is not known now."
    return Finding(
        key="waiting",
        rank=weight.NOTHING,
        title=title,
        side="nobody",
        remedy="mesibo pushes only to users whose app is suspended and disconnected. Send a test push (Step 8) to see"
        " whether one is logged.",
        evidence=() if last is None else (f"The last one was logged at {dated(last)}.",),
        steps=(8, 5),
    )
