"""Whose password is hashed next: networks take turns, and no crowd keeps a newcomer out."""

import asyncio

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatch.web.auth import CLIENTS, LANES, BusyError, Passwords
from logwatch.web.fair_queue import MOST, FairQueue, network


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_what_counts_as_one_network(client, expected):
    """The addresses that one site has."""
    assert network(client) == expected


def test_networks_take_turns_and_clients_within_them():
    """The second of a crowd waits for everybody else's first."""
    queue = FairQueue()
    for what, client in (("a1", "192.0.2.1"), ("a2", "192.0.2.1"), ("a3", "192.0.2.9"), ("b1", "198.51.100.1")):
        assert queue.put(what, client) == (True, None)
    assert [queue.get() for _ in range(5)] == ["a1", "b1", "a3", "a2", None]


def test_who_was_let_in_before_comes_first():
    """A restart does not put a Prometheus behind strangers."""
    queue = FairQueue()
    queue.put("stranger", "192.0.2.1")
    queue.put("known", "198.51.100.1", known=True)
    assert queue.get() == "known"


def test_sixteen_clients_do_not_keep_a_newcomer_out():
    """Whoever has the most waiting gives up its newest."""
    queue = FairQueue()
    for i in range(16):
        for j in range(LANES):
            queue.put((i, j), f"10.0.{i}.1")
    assert len(queue) == MOST
    joined, given_up = queue.put("prometheus", "198.51.100.1")
    assert joined
    assert given_up is not None
    assert "prometheus" in [queue.get() for _ in range(17)]


ADDRESSES = st.sampled_from([f"10.0.{i}.{j}" for i in range(5) for j in range(3)])


@given(st.lists(st.tuples(ADDRESSES, st.booleans()) | st.none(), max_size=200))
def test_what_joined_is_served_once_or_given_up_once(steps):
    """Nothing is lost and nothing comes twice, whatever the order."""
    queue, inside, served = FairQueue(most=8), set(), []
    for number, step in enumerate(steps):
        if step is None:
            if (what := queue.get()) is not None:
                served.append(what)
                inside.remove(what)
            continue
        joined, given_up = queue.put(number, step[0], known=step[1])
        assert joined or given_up is None
        if joined:
            inside.add(number)
            inside -= {given_up}
        assert len(queue) == len(inside) <= 8
    while (what := queue.get()) is not None:
        inside.remove(what)
    assert not inside


def test_a_client_that_was_let_in_is_known_after_a_restart_by_its_address_alone(tmp_path):
    """Nothing of a password is kept."""
    hashed = bcrypt.hashpw(b"right", bcrypt.gensalt(4)).decode()

    async def ask(*questions):
        passwords = Passwords(known=tmp_path / "clients")
        try:
            return [await passwords.accepts({"alice": hashed}, *question) for question in questions], passwords
        finally:
            passwords.close()

    answers, _ = asyncio.run(ask(("alice", b"right", "192.0.2.7"), ("alice", b"wrong", "198.51.100.1")))
    assert answers == [True, False]
    assert (tmp_path / "clients").read_text() == "192.0.2.7\n"
    assert "192.0.2.7" in asyncio.run(ask())[1]._clients


def test_what_is_given_up_is_to_be_tried_again():
    """A password that is dropped for a newcomer gets the answer to try again, and frees its place."""

    async def crowd():
        passwords = Passwords(lambda *_: False)
        asked = [passwords.accepts({}, "alice", b"%d" % i, f"10.0.0.{i}") for i in range(MOST)]
        newcomer = passwords.accepts({}, "prometheus", b"y", "198.51.100.1")
        answers = await asyncio.gather(*asked, newcomer, return_exceptions=True)
        again = await passwords.accepts({}, "alice", b"0", "10.0.0.0")
        passwords.close()
        return [*map(type, answers)], again

    assert asyncio.run(crowd()) == ([BusyError] + [bool] * MOST, False)


def test_nobody_gives_up_for_who_would_be_as_greedy():
    """Strangers give up nothing for one of their own, and those who were let in before for nobody."""
    queue = FairQueue(most=2)
    assert queue.put("a", "192.0.2.1") == queue.put("b", "198.51.100.1") == (True, None)
    assert queue.put("c", "203.0.113.1") == (False, None)
    assert queue.put("known", "203.0.113.9", known=True) == (True, "a")
    assert queue.put("known too", "203.0.113.9", known=True) == (True, "b")
    assert queue.put("c", "192.0.2.1") == queue.put("known as well", "192.0.2.1", known=True) == (False, None)
    assert [queue.get() for _ in range(3)] == ["known", "known too", None]


def test_whoever_joins_a_full_queue_has_less_than_who_gives_up():
    """Within a network its clients are compared, else the networks; who would be the greediest then is turned away."""
    queue = FairQueue(most=3)
    for what in ("a1", "a2", "a3"):
        queue.put(what, "192.0.2.1")
    assert queue.put("b1", "192.0.2.9") == (True, "a3")
    assert queue.put("b2", "192.0.2.9") == (False, None)
    assert queue.put("c1", "198.51.100.1") == (True, "a2")
    assert queue.put("c2", "198.51.100.2") == (False, None)
    assert [queue.get() for _ in range(4)] == ["a1", "c1", "b1", None]


def test_only_the_newest_clients_are_remembered(tmp_path):
    """However many addresses a client comes from, the file stays small."""

    async def many():
        passwords = Passwords(lambda *_: True, known=tmp_path / "clients")
        for i in range(CLIENTS + 2):
            await passwords.accepts({"alice": "x"}, "alice", b"%d" % i, f"10.0.0.{i}")
        passwords.close()

    asyncio.run(many())
    assert (tmp_path / "clients").read_text().split() == [f"10.0.0.{i}" for i in range(2, CLIENTS + 2)]
