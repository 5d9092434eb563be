"""One user's pushes: found however the address is spelt or stored, each once, and judged together."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logwatch.catalogue import Catalogue
from logwatch.ledger.batch import Batch
from logwatch.ledger.reader import Reader
from logwatch.ledger.store import Ledger
from logwatch.ledger.waiting import StoredFailure
from logwatch.model import Failure
from logwatch.privacy import Privacy
from logwatch.story import alike, conclude, logged_push, stored_forms, stored_pushes, together
from logwatch.story.address import spellings
from logwatch.story.pushes import stored_push

NOW = 1_795_348_800.0  # 2026-11-22T12:00:00Z
CATALOGUE = Catalogue.load()


def push(seconds, code, platform="apns", reason=""):
    """Make a push of a log, so many seconds ago."""
    return logged_push(Failure(NOW - seconds, platform, code, reason, "1", "u", "t"), CATALOGUE, "mesibo", "t")


def undated(code):
    """Make a push of a log that does not say when it was."""
    return replace(push(0, code), at=None)


def of(token, seconds, code, platform="apns"):
    """Make a push to one device of the user."""
    return logged_push(Failure(NOW - seconds, platform, code, "", "1", "u", "t"), CATALOGUE, "mesibo", token)


def failure(seconds, code, platform="apns", **more):
    return StoredFailure(NOW - seconds, "other name", platform, str(code), "", "1", "u", "t", **more)


OVER = "1 failed, the last one at 11:59:00 UTC with 903 Certificate expired; 1 accepted since then: that is over"
GOING_ON = "2 failed, the last one at 11:59:59 UTC with 903 Certificate expired; "
DEAD = "the token is dead, no push arrives until the app registers again"


@pytest.mark.parametrize(
    ("pushes", "what", "severity", "steps"),
    [
        ([push(i, 200) for i in range(11)], "iOS: 11 accepted, none failed: the cause lies beyond", "none", (9,)),
        ([push(1, 200, "unknown")], "1 accepted, none failed", "none", (9,)),
        ([push(60, 903), push(1, 200)], OVER, "none", (9,)),
        (
            [push(60, 200), push(30, 903), push(1, 903)],
            GOING_ON + "1 accepted until 11:59:00 UTC, none of the last 2",
            "critical",
            (1, 8),
        ),
        (
            [push(60, 200), push(50, 901), push(40, 200), push(30, 914), push(1, 903)],
            "2 accepted until 11:59:20 UTC, none of the last 2",
            "critical",
            (1, 8),
        ),
        ([push(2, 903), push(1, 903)], GOING_ON + "none accepted", "critical", (1, 8)),
        ([push(9, 200), push(1, 914)], "1 accepted: the others were held back", "warning", (5,)),
        ([push(1, 914)], "none accepted", "warning", (5,)),
        (
            [push(9, 200), push(1, 410, reason="Unregistered")],
            f"1 accepted until 11:59:51 UTC, but not the last one: {DEAD}",
            "warning",
            (2,),
        ),
        ([], "No push to this user was found.", "none", (8, 5)),
    ],
)
def test_what_pushes_say_together_names_the_state_and_the_way_on(pushes, what, severity, steps):
    """All well, over, going on, held back, dead, none: each in one sentence with the step that is next."""
    told = conclude(pushes, NOW, accepted_known=True)
    assert len(told) == 1
    assert what in told[0].what
    assert (told[0].severity, told[0].steps[: len(steps)]) == (severity, steps)
    assert told[0].remedy


def test_platforms_are_judged_apart_the_worse_first():
    """An iPhone whose certificate expired says nothing of the same user's Android."""
    told = conclude([push(3, 200, "fcm"), push(1, 903)], NOW, accepted_known=True)
    assert [(each.platform, each.severity) for each in told] == [("apns", "critical"), ("fcm", "none")]


def test_devices_of_one_platform_are_judged_apart_by_their_tokens():
    """A phone that is reached says nothing of a tablet that is not; each is named by the end of its token."""
    broken = [of("b991***ab12#111111", 40 - i, 403) for i in range(4)]
    fine = [of("77aa***9d86#222222", 40.5 - i, 200) for i in range(7)]
    told = conclude(sorted(broken + fine, key=lambda each: each.at), NOW, accepted_known=True)
    assert [each.what.partition(",")[0] for each in told] == [
        "iOS device …ab12: 4 failed",
        "iOS device …9d86: 7 accepted",
    ]
    assert "none accepted" in told[0].what
    assert [(each.severity, each.token[:4]) for each in told] == [("critical", "b991"), ("none", "77aa")]


def test_a_dead_token_that_was_replaced_is_no_trouble():
    """The app has registered again, as accepted pushes with another token show that came later, and no others."""
    fine = [of("77aa***9d86#222222", seconds, 200) for seconds in (70, 30, 20)]
    pushes = [fine[0], of("b991***ab12#111111", 60, 410), of("88bb***7e41#333333", 40, 903), *fine[1:]]
    told = conclude(pushes, NOW, accepted_known=True)
    assert [each.severity for each in told] == ["critical", "none", "none"]
    (dead,) = [each.what for each in told if "dead" in each.what]
    assert "the token is dead, the app has registered again, 2 accepted with another token since then" in dead


@pytest.mark.parametrize("lacks", ["dead", "accepted"])
def test_a_dead_token_is_trouble_if_times_do_not_show_that_it_was_replaced(lacks):
    """Without the time of either push nobody knows which was first."""
    dead, fine = of("b991***ab12#111111", 60, 410), of("77aa***9d86#222222", 30, 200)
    dead, fine = (replace(dead, at=None), fine) if lacks == "dead" else (dead, replace(fine, at=None))
    told = conclude([dead, fine], NOW, accepted_known=True)[0]
    assert (told.severity, told.token) == ("warning", dead.token)
    assert DEAD in told.what


def test_tokens_with_equal_ends_are_distinguished_and_only_the_newest_ones():
    """The whole mask names them then; of many tokens all before the newest five are one."""
    pushes = [of(f"a***zzzz#{i:06}", 60 - i, 200) for i in range(8)]
    told = conclude(pushes, NOW, accepted_known=True)
    assert [each.what.partition(",")[0] for each in told] == [
        *(f"iOS device …a***zzzz#{i:06}: 1 accepted" for i in range(7, 2, -1)),
        "iOS device with 3 earlier tokens: 3 accepted",
    ]
    assert conclude(pushes[2:], NOW, accepted_known=True)[-1].what.startswith("iOS device with an earlier token: 1 ")


@given(st.lists(st.tuples(st.sampled_from("abcdefgh "), st.sampled_from([200, 410, 903])), min_size=1, max_size=30))
def test_a_platform_with_several_devices_is_judged_by_device(events):
    """One sentence a token, pushes without one among them; never more than five and one for all earlier ones."""
    pushes = [
        of(f"{token}***{token * 4}#00000{token}" if token.strip() else "", 60 - i, code)
        for i, (token, code) in enumerate(events)
    ]
    tokens = {token for token, _ in events}
    told = conclude(pushes, NOW, accepted_known=True)
    assert len(told) == min(len(tokens), 6)
    assert len({each.what.partition(": ")[0] for each in told}) == len(told)


def test_nothing_is_concluded_from_accepted_pushes_that_nobody_knows():
    """Kept failures alone never say that none was accepted, nor that it is over."""
    (told,) = conclude([stored_push(failure(60, 903), CATALOGUE)], NOW, accepted_known=False)
    assert "accepted pushes are only in the log" in told.what
    assert "none accepted" not in told.what
    (told,) = conclude([], NOW, accepted_known=False)
    assert told.what == "No failed push to this user is kept."


def test_a_push_of_the_log_and_its_kept_failure_are_one():
    """Same millisecond and code: once, with what a webhook told; what the log has lost stays, and all is in order."""
    log = [push(50, 400), push(40, 200), push(40, 200)]
    stored = [failure(50, 400, heard="BadDeviceToken", heard_platform="apns"), failure(50.001, 400), failure(90, 903)]
    pushes = together(log, (stored_push(each, CATALOGUE) for each in stored))
    assert [(each.code, each.kept) for each in pushes] == [
        ("903", True),
        ("400", True),
        ("400", False),
        ("200", False),
        ("200", False),
    ]
    assert pushes[2].entry.title == "Bad device token"


def test_a_push_without_a_time_in_the_log_and_its_kept_failure_are_one():
    """The daemon stored it with the time when it was read, so the code must do; the newest is the last in the log."""
    log = [undated(code) for code in (400, 200, 400)]
    stored = [failure(10, 400, heard="BadDeviceToken", heard_platform="apns"), failure(20, 400), failure(90, 400)]
    pushes = together(log, (replace(stored_push(each, CATALOGUE), source="mesibo") for each in stored))
    assert [(each.code, each.heard, each.kept) for each in pushes] == [
        ("400", "", False),
        ("200", "", False),
        ("400", "BadDeviceToken", False),
        ("400", "", True),
    ]


def test_a_push_without_a_time_in_the_log_is_no_kept_failure_of_another_source():
    """Only a time tells that two sources mean the same push."""
    pushes = together([undated(400)], [stored_push(failure(10, 400), CATALOGUE)])
    assert [(each.source, each.kept) for each in pushes] == [("mesibo", False), ("other name", True)]


def test_a_push_without_a_time_stands_where_it_stands_in_its_log():
    """It comes behind its neighbour there or, at the beginning, before the first push with a time; logs are apart."""
    other = [replace(push(35, 904), source="b"), replace(undated(905), source="b"), replace(push(5, 906), source="b")]
    log = [undated(901), push(30, 902), undated(200), undated(903), push(20, 914), *other]
    pushes = together(log, [stored_push(failure(seconds, 400), CATALOGUE) for seconds in (25, 90)])
    codes = [each.code for each in pushes]
    assert codes == ["400", "904", "905", "901", "902", "200", "903", "400", "914", "906"]
    assert [each.at is None for each in pushes[2:7]] == [True, True, False, True, True]


def test_a_kept_push_tells_programs_what_was_stored_and_what_it_means():
    """Each value is under its own name, and the meaning is that of the reason that the webhook reported."""
    meaning = CATALOGUE.classify("apns", 400, "BadDeviceToken")
    kept = StoredFailure(
        NOW, "m", "apns", "400", "BadTopic", "app", "u", "t***", heard="BadDeviceToken", heard_platform="apns"
    )
    assert stored_push(kept, CATALOGUE).as_dict() == {
        "at": "2026-11-22T12:00:00.000Z",
        "source": "m",
        "provider": "apns",
        "platform": "apns",
        "code": 400,
        "reason": "BadTopic",
        "class": "token",
        "severity": meaning.severity,
        "title": "Bad device token",
        "meaning": meaning.meaning,
        "remedy": meaning.remedy,
        "side": meaning.whose("apns"),
        "app": "app",
        "token": "t***",
        "from": "error log",
        "webhook_reason": "BadDeviceToken",
    }


def test_a_conclusion_tells_programs_everything_that_a_person_reads():
    """Each value is under its own name, whether the platform has one device or several."""
    meaning = CATALOGUE.classify("apns", 903, "")
    told, _ = conclude([of("b991***ab12#111111", 60, 903), of("77aa***9d86#222222", 30, 200)], NOW, accepted_known=True)
    assert told.as_dict() == {
        "platform": "apns",
        "what": "iOS device …ab12: 1 failed, the last one at 11:59:00 UTC with 903 Certificate expired; none accepted.",
        "token": "b991***ab12#111111",
        "remedy": meaning.remedy,
        "severity": "critical",
        "steps": list(meaning.steps),
        "side": meaning.whose("apns"),
    }


def test_a_push_of_the_log_has_its_reason_as_the_catalogue_spells_it_and_the_meaning_of_that():
    """A reason that is not in the catalogue is none: the code alone decides."""
    known, unknown = (
        logged_push(Failure(NOW, "fcm", 404, reason, "app", "u", "t"), CATALOGUE, "m", "t***")
        for reason in ("UNREGISTERED", "SOME_TEXT")
    )
    assert (known.reason, known.entry.name, known.app) == ("UNREGISTERED", "fcm_unregistered", "app")
    assert (unknown.reason, unknown.entry.name) == ("", "fcm_probably_unregistered")


def test_a_webhooks_reason_without_a_platform_is_that_of_the_provider_that_has_it():
    """A reason that only one provider has with this code is taken to be that provider's."""
    told = stored_push(failure(50, 404, heard="UNREGISTERED", heard_platform="unknown"), CATALOGUE)
    assert told.entry is CATALOGUE.classify("fcm", 404, "UNREGISTERED")


@settings(deadline=None)  # a bound on time says nothing on a busy machine
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from([903, 914])), max_size=12), st.data())
def test_no_push_is_lost_or_listed_twice(events, data):
    """Whatever part of the failures is still in the log, all together are as many as there were."""
    in_log = [data.draw(st.booleans()) for _ in events]
    log = [push(at, code) for (at, code), there in zip(events, in_log, strict=True) if there]
    stored = [stored_push(failure(at, code), CATALOGUE) for at, code in events]
    pushes = together(log, stored)
    assert sorted((NOW - each.at, int(each.code)) for each in pushes) == sorted((float(a), c) for a, c in events)
    assert sorted(each.at for each in pushes) == [each.at for each in pushes]


@pytest.mark.parametrize(
    ("asked", "logged_as", "same"),
    [("+18005551234", "18005551234", True), ("18005551234", "+18005551234", True), ("Bob@x.org", "bob@X.org", True),
     ("1800", "18005551234", False), ("", "+", True)],
)  # fmt: skip
def test_a_plus_and_capitals_make_no_other_user(asked, logged_as, same):
    """People leave them out."""
    assert alike(asked, logged_as) is same


@pytest.mark.parametrize("identifiers", ["mask", "hash", "plain"])
@pytest.mark.parametrize("asked", ["+18005551234", "18005551234"])
def test_a_user_is_found_however_the_installation_hides_it(tmp_path, identifiers, asked):
    """By the key of the installation: a mask or a hash of another one, or of another user, is not found."""
    ledger = Ledger(tmp_path, clock=lambda: NOW)
    privacy = Privacy(identifiers, ledger.key)
    batch = Batch(100)
    batch.count("mesibo", "lines")
    for user, hides in (("+18005551234", privacy), ("+18005559934", privacy), ("+18005551234", Privacy("hash", b"x"))):
        batch.fail([StoredFailure(NOW, "mesibo", "apns", "903", "", "1", hides.user(user), hides.token("t"))])
    assert ledger.commit(batch)
    ledger.close()
    found = stored_pushes(Reader.of_state(tmp_path), asked, CATALOGUE)
    assert len(found) == 1
    assert found[0].code == "903"


@pytest.mark.parametrize(
    ("asked", "logged_as"),
    [("+18005551234", "18005551234"), ("18005551234", "+18005551234"), ("Bob@X.org", "bob@x.org")],
)
@pytest.mark.parametrize("identifiers", ["mask", "hash", "plain"])
def test_a_stored_user_is_found_by_other_spellings_of_the_address(asked, logged_as, identifiers):
    """With a plus sign or without it, and with capital letters where the log has small ones."""
    assert Privacy(identifiers, b"key").user(logged_as) in stored_forms(b"key", asked)


@settings(deadline=None)  # a bound on time says nothing on a busy machine
@given(st.text(min_size=1, max_size=40))
def test_every_form_of_an_address_has_its_mask_among_those_looked_for(address):
    """What a daemon stores of an address is looked for, whatever it was configured to store."""
    key = b"key"
    forms = stored_forms(key, address)
    for spelling in spellings(address):
        for identifiers in ("mask", "hash", "plain"):
            assert Privacy(identifiers, key).user(spelling) in forms
