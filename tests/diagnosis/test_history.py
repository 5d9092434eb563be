"""What is found at one look after another becomes one incident: its begin, its end, and what it cost."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatch.diagnosis.afterwards import to_its_end
from logwatch.diagnosis.facts import Finding, Rank
from logwatch.diagnosis.incidents import fold, within
from logwatch.ledger.incidents import GAP_SECONDS, Incident
from logwatch.ledger.keys import ResultRow

NOW = 1_763_806_500.0
ROW = ResultRow("mesibo", "apns", "903", "")
OTHER = ResultRow("mesibo", "fcm", "903", "")
KEY = "mesibo_certificate_expired:apns"


def found(severity="critical", since=NOW - 600, rows=(ROW,), key=KEY, last=NOW - 5, ended=None, pushes=3):
    rank = Rank(0, severity)
    return Finding(key, rank, "It is `bad`: 3 of 4.", "yours", "Mend it.", since=since, rows=rows, last=last,
                   ended=ended, pushes=pushes, cause="It is `bad`")  # fmt: skip


def known(began=NOW - 3600, ended=None, rows=(ROW,), key=KEY, severity="critical", last=NOW - 60, number=7):
    return Incident(key, severity, "It is bad", "yours", rows, began, last, ended, pushes=3, number=number)


def test_a_finding_that_nobody_knew_begins_an_incident():
    """It has the begin that the finding tells, and its cause without what changes."""
    (incident,) = fold([], [found()], NOW)
    assert incident == Incident(KEY, "critical", "It is bad", "yours", (ROW,), NOW - 600, NOW - 5, None, pushes=3)


@pytest.mark.parametrize("severity", ["info", "good"])
def test_what_is_no_fault_is_no_incident(severity):
    """Good news and the small numbers of every day leave no history."""
    assert fold([], [found(severity)], NOW) == []


@pytest.mark.parametrize(
    ("old", "finding", "outcome"),
    [
        (known(), found(), "goes on"),
        (known(), found("info"), "ends"),
        (known(rows=(ROW, OTHER)), found(), "goes on"),
        (known(rows=(OTHER,)), found(), "ends, another begins"),
        (known(), found(ended=NOW - 400, last=NOW - 400), "ends"),
        (known(ended=NOW - GAP_SECONDS / 2), found(), "goes on"),
        (known(ended=NOW - 3 * GAP_SECONDS), found(), "stays over, another begins"),
        (known(ended=NOW - 3 * GAP_SECONDS), found(since=NOW - 4 * GAP_SECONDS), "goes on"),
        (known(rows=(), key="down:mesibo"), found(rows=(), key="down:mesibo", since=None, last=None), "goes on"),
        (known(rows=(), key="down:a"), found(rows=(), key="down:b", since=None, last=None), "ends, another begins"),
    ],
)  # fmt: skip
def test_what_is_found_again_is_the_same_incident(old, finding, outcome):
    """A finding with the same results, or the same key, and no long pause continues an incident; others begin one."""
    now = {each.number: each for each in fold([old], [finding], NOW)}
    assert (0 in now) == ("another" in outcome)
    if outcome.startswith("stays"):
        assert old.number not in now
    else:
        assert (now[old.number].ended is None) == (outcome == "goes on")


def test_a_finding_continues_the_incident_that_goes_on_rather_than_one_that_is_over():
    """Of two with its results, the one that ended lately began later, and stays over."""
    over = known(began=NOW - 900, ended=NOW - 600, number=8)
    for both in ([over, known(rows=(ROW, OTHER))], [known(rows=(ROW, OTHER)), over]):
        assert [(each.number, each.ended) for each in fold(both, [found()], NOW)] == [(7, None)]


def test_an_incident_about_pushes_ends_with_its_last_push():
    """Its end is not when somebody looked."""
    (incident,) = fold([known(last=NOW - 500)], [], NOW)
    assert incident.ended == NOW - 500


def test_a_log_out_of_reach_is_an_incident_until_it_is_back():
    """An incident that is not about pushes ends when it is no longer found."""
    (incident,) = fold([known(rows=(), key="down:mesibo", last=NOW - 500)], [], NOW)
    assert incident.ended == NOW


BY = 2 * 3600.0  # that a clock is set back
ALONE = {"rows": (), "key": "down:mesibo"}


@pytest.mark.parametrize(
    ("old", "finding", "outcome"),
    [
        pytest.param(known(), found(), (7, NOW - 3600, None, NOW - 5), id="the same while it goes on"),
        pytest.param(known(last=NOW + 86_400), found(), (7, NOW - 3600, None, NOW), id="a push that was ahead"),
        pytest.param(
            known(began=NOW + BY, last=NOW + BY), found(), (0, NOW - 600, None, NOW - 5), id="one ahead is another"
        ),
        pytest.param(
            known(began=NOW + BY, last=NOW + BY, ended=NOW + BY),
            found(),
            (0, NOW - 600, None, NOW - 5),
            id="and if over",
        ),
        pytest.param(known(last=NOW + 86_400), None, (7, NOW - 3600, NOW, NOW), id="it ends now at last"),
        pytest.param(
            known(began=NOW + 60, last=NOW + 90),
            None,
            (7, NOW + 60, NOW + 90, NOW + 90),
            id="unless all of it is ahead",
        ),
        pytest.param(
            known(began=NOW + BY, last=NOW + BY, **ALONE),
            None,
            (7, NOW + BY, NOW + BY, NOW + BY),
            id="what has no pushes neither",
        ),
        pytest.param(
            known(began=NOW + BY, last=NOW + BY, **ALONE),
            found(since=None, last=None, **ALONE),
            (0, NOW, None, NOW),
            id="which is another one then, too",
        ),
    ],
)
def test_an_incident_has_its_own_times_though_the_clock_is_set(old, finding, outcome):
    """None that began before now ends behind it; what a clock in 1970 sees is none that was known before."""
    incident = next(
        each for each in fold([old], [finding] if finding else [], NOW) if bool(each.number) == bool(outcome[0])
    )
    assert (incident.number, incident.began, incident.ended, incident.last) == outcome


def test_the_worst_severity_and_the_earliest_begin_stay():
    """A day's history of buckets moves on; the incident still tells when it began and how bad it was."""
    (incident,) = fold([known(began=NOW - 90_000)], [found("warning", since=NOW - 86_000)], NOW)
    assert (incident.severity, incident.began) == ("critical", NOW - 90_000)


@pytest.mark.parametrize(
    ("first", "second", "ended"),
    [(NOW - 400, NOW - 300, NOW - 300), (None, NOW - 300, None), (NOW - 400, None, None), (None, None, None)],
)
def test_two_findings_about_one_incident_end_it_together(first, second, ended):
    """It is over when the last of them is."""
    both = [found(ended=first), found(rows=(OTHER,), key="other", ended=second)]
    (incident,) = fold([known(rows=(ROW, OTHER))], both, NOW)
    assert (incident.number, incident.ended) == (7, ended)


@pytest.mark.parametrize(("rows", "pushes", "counted"), [((), 9, 9), ((), 2, 3), ((ROW,), 9, 3)])
def test_what_goes_on_costs_what_it_cost_at_most(rows, pushes, counted):
    """Of lines that cannot be read; pushes of results are counted by their intervals."""
    (incident,) = fold([known(rows=rows)], [found(rows=rows, pushes=pushes)], NOW)
    assert incident.pushes == counted


@pytest.mark.parametrize(
    ("ended", "found_since", "outcome"),
    [
        (NOW - 500, [known(ended=NOW - 300, last=NOW - 310)], (NOW - 300, NOW - 310)),
        (NOW - 500, [known(ended=NOW - 400, last=NOW - 900), known(ended=NOW - 300, last=NOW - 900)],
         (NOW - 300, NOW - 600)),
        (NOW - 500, [known(ended=NOW - 700)], (NOW - 500, NOW - 600)),
        (NOW - 500, [known(ended=None)], (NOW - 500, NOW - 600)),
        (NOW - 500, [known(ended=NOW - 300, rows=(OTHER,))], (NOW - 500, NOW - 600)),
        (NOW - 500, [known(began=NOW - 400 + GAP_SECONDS, ended=NOW + GAP_SECONDS)], (NOW - 500, NOW - 600)),
        (NOW - 500, [], (NOW - 500, NOW - 600)),
        (None, [known(ended=NOW - 300)], (None, NOW - 600)),
    ],
)  # fmt: skip
def test_an_incident_that_went_on_while_nobody_looked_gets_its_later_end(ended, found_since, outcome):
    """The last end of what is the same incident, if that is later; one that still goes on has none."""
    told = to_its_end(known(ended=ended, last=NOW - 600), found_since)
    assert (told.ended, told.last) == outcome


def test_without_a_cause_of_its_own_an_incident_has_the_title_of_what_is_found():
    """Nothing in that changes from look to look."""
    finding = replace(found(), cause="", title="The `log` is gone.")
    assert [each.title for known_ in ([], [known()]) for each in fold(known_, [finding], NOW)] == [
        "The log is gone."
    ] * 2


@given(
    looks=st.lists(st.lists(st.sampled_from([ROW, OTHER]), max_size=2, unique=True), max_size=30),
    step=st.sampled_from([30.0, 600.0, 7200.0]),
)
def test_whatever_is_found_no_result_is_in_two_incidents_at_once(looks, step):
    """Over any sequence of looks, what goes on is one incident a result, and each end lies behind its begin."""
    history: dict[int, Incident] = {}
    now = NOW
    for rows in looks:
        now += step
        findings = [found(rows=(row,), key=row.platform, since=now - 60, last=now - 5) for row in rows]
        recent = sorted(history.values(), key=lambda each: -each.began)
        for each in fold(recent, findings, now):
            number = each.number or len(history) + 1
            history[number] = Incident(**{f: getattr(each, f) for f in Incident.__slots__} | {"number": number})
        going_on = [row for each in history.values() if each.ended is None for row in each.rows]
        assert sorted(going_on) == sorted(rows)
        assert all(each.ended is None or each.ended >= each.began for each in history.values())


@pytest.mark.parametrize(
    ("course", "count"),
    [
        ([], 0),
        ([(5, 100.0, 100.0), (5, 200.0, 300.0)], 10),
        ([(10, 0.0, 100.0)], 5),  # half of it lies before the begin
        ([(10, 300.0, 500.0)], 5),
        ([(7, 0.0, 40.0), (7, 401.0, 500.0)], 0),
        ([(0, math.inf, -math.inf)], 0),
    ],
)
def test_pushes_are_counted_from_begin_to_end(course, count):
    """An interval that reaches beyond counts by the part inside."""
    assert within(course, 50.0, 400.0) == count
