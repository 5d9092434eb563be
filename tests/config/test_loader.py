"""Reading the configuration."""

import datetime as dt
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatch.config import Source, load
from logwatch.config.sources import WebhookSource
from logwatch.errors import ConfigError
from tests.helpers.odd import places, put
from tests.helpers.settings import from_dict

MINIMAL = '[[source]]\nname = "mesibo"\npaths = ["log/*.log"]\n'


def problems(text: str, tmp_path: Path) -> list[str]:
    file = tmp_path / "logwatch.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(file)
    return [
        re.sub(rf"{re.escape(str(file))}:([0-9]+:)? ?", r"\1 ", str(problem)).lstrip()
        for problem in caught.value.problems
    ]


def test_a_path_that_the_locale_cannot_write_is_refused(tmp_path, monkeypatch):
    """What the file system's encoding lacks ends no start with a traceback: the file is told what is wrong."""
    monkeypatch.setattr("os.fsencode", lambda path: path.encode("iso-8859-1"))
    text = '[[source]]\nname = "m"\npaths = ["журнал/*.log"]\n[state]\ndirectory = "é"\n'
    (problem,) = problems(text, tmp_path)
    assert problem.startswith("3: source \"m\": paths: 'журнал/*.log' cannot be used: it has letters that the locale's")
    assert problem.endswith("try: run with PYTHONUTF8=1")


def test_defaults_are_those_of_the_documentation(tmp_path):
    """A file with one source gets every documented default."""
    file = tmp_path / "logwatch.toml"
    file.write_text(MINIMAL)
    config = load(file)
    assert config.follow.poll_seconds == 1.0
    assert config.follow.max_line_bytes == 65536
    assert config.state.directory == "/var/lib/mesibo-logwatch"
    assert config.web.listen == "127.0.0.1:10914"
    assert config.failures.keep == 10000
    assert config.privacy.identifiers == "mask"
    assert config.source[0].start_at == "beginning"


def test_relative_paths_are_relative_to_the_file(tmp_path):
    """Relative paths are resolved against the file's directory, wherever the daemon was started."""
    file = tmp_path / "logwatch.toml"
    file.write_text(MINIMAL + '[state]\ndirectory = "state"\n[catalogue]\nfile = "codes.toml"\n')
    config = load(file)
    assert config.source[0].paths == (f"{tmp_path}/log/*.log",)
    assert config.state.directory == f"{tmp_path}/state"
    assert config.catalogue.file == f"{tmp_path}/codes.toml"


def test_every_problem_is_reported_at_once(tmp_path):
    """Unknown keys, wrong types, values out of range and contradictions all appear in one error."""
    found = problems(
        'sorce = 1\n[[source]]\nname = "a b"\npaths = "x"\n[[source]]\nname = "b"\ntimezone = "Mars"\n'
        '[follow]\nwake = "sometimes"\npol_seconds = 3\n[state]\ncommit_seconds = "fast"\n'
        '[web]\nlisten = "0.0.0.0:99999"\n',
        tmp_path,
    )
    assert found == [
        "1: sorce: unknown key\n  try: did you mean source?",
        (
            "3: source \"a b\": name: 'a b' cannot be used: it has other characters in it, or too many"
            "\n  try: letters, digits and _ . : -, at most 64"
        ),
        (
            "4: source \"a b\": paths: 'x' cannot be used: it is a text, not a list"
            '\n  try: a list of paths, such as ["x"]'
        ),
        (
            '5: source "b": names no log: there is nothing to follow'
            '\n  try: add paths = ["/var/log/mesibo/*.log"], or docker = {container = "mesibo"}'
        ),
        (
            '7: source "b": timezone: "Mars" is not a time zone of this host'
            '\n  try: a name as in /usr/share/zoneinfo, such as "UTC" or "Europe/Berlin"'
        ),
        (
            "9: follow.wake: 'sometimes' cannot be used: it is none of the choices"
            '\n  try: one of "auto", "inotify", "poll"'
        ),
        "10: follow.pol_seconds: unknown key\n  try: did you mean poll_seconds?",
        "12: state.commit_seconds: 'fast' cannot be used: it is a text, not a number\n  try: seconds, 0.05 to 60",
        (
            '14: web.listen: "0.0.0.0:99999" is not an address: expected host:port, with a port from 0 to 65535'
            '\n  try: "127.0.0.1:10914"'
        ),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("", "source: no source: there is nothing to follow", id="nothing to follow"),
        pytest.param(MINIMAL + MINIMAL, 'source "mesibo": name: "mesibo" is used twice', id="a label twice"),
        pytest.param(
            '[[source]]\npaths = ["x"]\n', "the first [[source]]: name: missing", id="a source without a name"
        ),
        pytest.param("source = 3\n", "source: 3 where tables are expected", id="a number for tables"),
        pytest.param(
            '[source]\nname = "m"\nwebhook = {path = "/a-secret"}\n',
            "1: source: a table where tables are expected\n  try: [[source]]",
            id="one table for several, whose values may be secret",
        ),
        pytest.param(MINIMAL + "[failures]\nkeep = true\n", "keep: true cannot be used", id="true as TOML writes it"),
        pytest.param(
            MINIMAL + "[failures]\nkeep = [2026-11-28, {x = 1}]\n", "keep: [2026-11-28, a table] cannot", id="a date"
        ),
        pytest.param(
            '[[source]]\nname = "m"\npaths = ["x", "a\\u0000b"]\n',
            "paths: 'a\\x00b' cannot be used: no file can have such a name",
            id="a NUL in a path",
        ),
        pytest.param("[[source]\n", "not valid TOML", id="no TOML"),
        pytest.param(
            MINIMAL + 'docker = {container = "m"}\n', 'source "mesibo": has paths and docker', id="two ways to a log"
        ),
        pytest.param(
            MINIMAL + '[web]\nlisten = ":10914"\n',
            "reachable from the network without TLS",
            id="the network in the clear",
        ),
        pytest.param(
            MINIMAL + "[failures]\nkeep = -1\n",
            "failures.keep: -1 cannot be used: it is out of range",
            id="out of range",
        ),
        pytest.param(
            MINIMAL + "[follow]\npoll_seconds = 100\n", "100 cannot be used: it is out of range", id="too long"
        ),
        pytest.param(MINIMAL + "[failures]\nretention_days = 0\n", "0 cannot be used: it is out of range", id="no day"),
        pytest.param(
            MINIMAL + '[web]\nallow_plain_http = "yes"\n',
            "'yes' cannot be used: it is a text, not true or false\n  try: true or false",
            id="a text for true",
        ),
        pytest.param(
            MINIMAL + f'[log]\nlevel = "{"x" * 99}"\n', f"level: '{'x' * 76}… cannot be used", id="a long text"
        ),
        pytest.param(MINIMAL + "[state]\nzz = 1\n", "unknown key\n  try: known here: directory, commit", id="no such"),
        pytest.param(
            '"x[0]" = 1\n"source[7]" = 1\n' + MINIMAL,
            "the first [[x]]: unknown key",
            id="what looks like one of several",
        ),
        pytest.param(
            '[[source]]\nname = "m"\npaths = 5\n', 'not a list\n  try: a list of paths, such as ["…"]', id="no path"
        ),
        pytest.param(
            '[[source]]\nname = "m"\ndocker = 5\n', 'try: write docker = {container = "…"}', id="no container"
        ),
        *(
            pytest.param(MINIMAL + f'[backend]\nurl = "http://{url}"\n', "it holds a secret, and addresses", id=url)
            for url in ("me@mesibo/backend", ":hunter2@mesibo/backend", "mesibo/backend?token=x")
        ),
        *(
            pytest.param(MINIMAL + f'[backend]\nurl = "{url}"\n', "an address begins with http:// or https://", id=url)
            for url in ("ftp://mesibo/backend", "http:///backend", "http://mesibo:0/backend")
        ),
        *(
            pytest.param(MINIMAL + f'[[export]]\nurl = "http://h/a"\n{login}', problem, id=login)
            for login, problem in [
                ('username = "a"\n', "needs username and password_file together"),
                ('password_file = "p"\n', "needs username and password_file together"),
                ('username = "a"\npassword_file = "p"\ntoken_file = "t"\n', "has two ways to log in"),
            ]
        ),
        pytest.param(
            '[[source]]\nname = "m"\ndocker = "mesibo"\n',
            "docker: 'mesibo' is not a table\n  try: write docker = {container = \"mesibo\"}",
            id="a container's name for its table",
        ),
        pytest.param(
            '[[source]]\nname = "m"\njournal = "mesibo.service"\n',
            'try: write journal = {container = "mesibo"} or journal = {unit = "mesibo.service"}',
            id="a unit for its table",
        ),
        pytest.param("source = [1]\n", "1 is not a table\n  try: write [[source]]", id="no table in a list"),
        pytest.param(MINIMAL + "[docker]\n", "docker: unknown key\n  try: it belongs in [[source]]", id="a top level"),
        pytest.param(
            MINIMAL + "poll_seconds = 1\n", "poll_seconds: unknown key\n  try: it belongs in [follow]", id="too low"
        ),
        pytest.param(
            MINIMAL + "[source.web]\n", "web: unknown key\n  try: it is a table of its own: [web]", id="a table within"
        ),
        pytest.param(
            MINIMAL + '[web]\nlisten = "http://127.0.0.1:10914"\n',
            "is not an address: expected host:port, without http:// and without a path",
            id="an address of the web",
        ),
        pytest.param(
            MINIMAL + '[[export]]\nurl = "http://loki:3100"\n',
            "is not an address to send to: it has no path",
            id="Loki without the path of its push API",
        ),
        *(
            pytest.param(MINIMAL + f'[[export]]\nurl = "{url}"\n', "is not an address to send to", id=f"export {url!r}")
            for url in ("http://loki/a b", r"http://loki/a\n", r"http://loki/a\u0000", r"http://loki/a\r\nX: y")
        ),
        pytest.param(
            MINIMAL + '[backend]\nurl = "http://mesibo/back end"\n', "a blank or a control character", id="a blank"
        ),
        *(
            pytest.param(MINIMAL + f'[[export]]\nurl = "http://h/a"\n{line}\n', f"{key} cannot be used", id=line)
            for key, line in [
                ("tenant: 'a\\r\\nX: y'", r'tenant = "a\r\nX: y"'),
                ("tenant: 'a\\n'", r'tenant = "a\n"'),
                ("tenant: '\N{EURO SIGN}'", 'tenant = "\N{EURO SIGN}"'),
                ("name: 'a\\n'", r'name = "a\n"'),
            ]
        ),
        pytest.param(
            MINIMAL + '[[export]]\nurl = "http://h/a"\nusername = "a:b"\npassword_file = "p"\n',
            "username: 'a:b' cannot be used",
            id="what basic authentication takes for a password",
        ),
        pytest.param(
            MINIMAL + "[backend]\nurl = 5\n", "url: 5 cannot be used: it is a whole number, not a text", id="or none"
        ),
        pytest.param(
            '[[source]]\nname = "m"\npaths = ["x"]\ntimezone = "M\\na\\u0007rs"\n',
            r'"M\na\x07rs" is not a time zone',
            id="what would move a terminal's cursor",
        ),
        pytest.param(
            MINIMAL + "[web]\nlisten = 10914\n", 'try: an address such as "127.0.0.1:10914"', id="a port alone"
        ),
        pytest.param(
            MINIMAL + '[[source]]\nname = "w"\nwebhook = {path = "mesibo"}\n',
            "is not a path for it: a path begins with /",
            id="a path without its slash",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_the_reason(text, problem, tmp_path):
    """Each kind of mistake is named where it stands."""
    assert any(problem in each for each in problems(text, tmp_path))


def test_a_host_without_time_zones_is_told_what_to_install(tmp_path, monkeypatch):
    """Many images have none: another name would not be found there, either."""
    monkeypatch.setattr("logwatch.config.sources.available_timezones", set)
    path = tmp_path / "logwatch.toml"
    path.write_text('[[source]]\nname = "m"\npaths = ["x"]\ntimezone = "Mars"\n')
    with pytest.raises(ConfigError) as raised:
        load(path)
    assert [problem.try_ for problem in raised.value.problems] == [
        "install the package tzdata: this host knows no time zone but UTC"
    ]


@pytest.mark.parametrize(
    "path",
    [
        "~/*.log",
        "~mesibo/m.log",
        "${HOME}/m",
        "$LOGS/m",
        "/log/$HOST/m.log",
        "/x/m-${N}.log",
        "%h/m.log",
        "logs/~/m.log",
        "%S/m.log",
        "file:///m.log",
    ],
)
def test_a_path_that_a_shell_would_fill_in_is_refused(path, tmp_path):
    """It would be a file of that very name below the configuration's directory: no log is there, and state would be."""
    for text in (f'[[source]]\nname = "m"\npaths = ["{path}"]\n', f'{MINIMAL}[state]\ndirectory = "{path}"\n'):
        assert any(f"'{path}' cannot be used: ~, $NAME," in each for each in problems(text, tmp_path))


@pytest.mark.parametrize("path", ["logs/m~", "/srv/~old/m.log", "/var/log/a$", "/var/log/100%h/m.log", "/srv/c:/m.log"])
def test_a_name_with_such_a_character_elsewhere_is_a_name(path, tmp_path):
    """Nobody could mean anything else."""
    (tmp_path / "logwatch.toml").write_text(f'[[source]]\nname = "m"\npaths = ["{path}"]\n')
    assert load(tmp_path / "logwatch.toml").source[0].paths == (str(tmp_path / path),)


@pytest.mark.parametrize(
    "more",
    [
        '[web]\nlisten = ":1"\nconfig_file = "web.yml"\n',
        '[web]\nlisten = ":1"\nallow_plain_http = true\n',
        '[backend]\nurl = "https://mesibo/backend"\n',
        '[[export]]\nurl = "http://h/a"\nusername = "a"\npassword_file = "p"\n',
        '[[export]]\nurl = "http://h/a"\ntoken_file = "t"\n[[export]]\nurl = "http://h/b"\nname = "b"\n',
    ],
)
def test_what_goes_together_is_taken(more, tmp_path):
    """Each is what some problem says to try."""
    (tmp_path / "logwatch.toml").write_text(MINIMAL + more)
    assert load(tmp_path / "logwatch.toml").source


def test_of_a_table_without_what_it_needs_nothing_else_is_said(tmp_path):
    """What stands in for it is not examined."""
    assert len(problems(MINIMAL + '[[export]]\nformat = "otlp"\n', tmp_path)) == 1


@pytest.mark.parametrize("place", ["loki/push", "loki:99999/push", "lo/ki@x:3100/push"])
def test_no_message_shows_the_password_of_an_address(place, tmp_path):
    """Whatever is wrong with it: problems are logged, and pasted where others read them."""
    said = problems(MINIMAL + f'[[export]]\nurl = "http://me:hunter2@{place}"\nformat = "x"\n', tmp_path)
    assert len(said) == 2
    assert not [each for each in said if "hunter" in each]


def test_no_message_shows_a_password_that_stands_where_a_port_would(tmp_path):
    """A slash in it ends the host: the library's own words quote what is before it as a port."""
    (said,) = problems(MINIMAL + '[backend]\nurl = "http://me:hunter2/x@mesibo/backend"\n', tmp_path)
    assert "hunter" not in said


@pytest.mark.parametrize(
    ("make", "why"),
    [
        pytest.param(
            lambda path: None, "No such file or directory\n  try: check the path given with --config", id="missing"
        ),
        pytest.param(lambda path: path.mkdir(), "Is a directory\n  try: name a TOML file", id="a directory"),
        pytest.param(lambda path: path.write_bytes(b"\xff\xfe"), "not UTF-8", id="binary"),
        pytest.param(lambda path: path.write_bytes("[web]".encode("utf-16")), "it is UTF-16", id="UTF-16"),
        pytest.param(lambda path: path.write_bytes(b"[web]\n# \xfc"), "toml:2: byte 8 is not UTF-8", id="Latin-1"),
    ],
)
def test_an_unusable_file_is_a_problem_with_a_remedy(make, why, tmp_path):
    """A file that cannot be read is reported like any other problem."""
    file = tmp_path / "logwatch.toml"
    make(file)
    with pytest.raises(ConfigError) as caught:
        load(file)
    (problem,) = caught.value.problems
    assert why in str(problem)
    assert problem.try_


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=10,
)
KEYS = st.sampled_from(
    [
        "source",
        "follow",
        "state",
        "web",
        "failures",
        "privacy",
        "log",
        "grammars",
        "catalogue",
        "name",
        "paths",
        "docker",
    ]
)


@given(st.dictionaries(KEYS | st.text(max_size=8), VALUES | st.dictionaries(KEYS, VALUES, max_size=4), max_size=6))
def test_no_value_of_any_kind_is_a_traceback(raw):
    """Any TOML document yields a configuration or a ConfigError."""
    try:
        from_dict(raw, Path("/etc/x.toml"))
    except ConfigError as error:
        assert error.problems  # noqa: PT017  either outcome is fine, a traceback is not


COMPLETE = {
    "source": [
        {"name": "m", "paths": ["a"], "rotated": ["b"], "envelope": "auto", "grammar": "mesibo", "timezone": "UTC"},
        {"name": "d", "docker": {"container": "mesibo", "root": "/var/lib/docker"}, "start_at": "end"},
        {"name": "j", "journal": {"unit": "mesibo.service"}},
        {"name": "w", "webhook": {"path": "/w", "secret_file": "s", "witness_for": "m"}},
    ],
    "follow": {"wake": "auto", "poll_seconds": 1.0, "max_line_bytes": 65536, "release_seconds": 600},
    "state": {"directory": "s", "commit_seconds": 1.0},
    "web": {"listen": "127.0.0.1:0", "allow_plain_http": False, "config_file": "web.yml"},
    "failures": {"keep": 10000, "retention_days": 30},
    "privacy": {"identifiers": "mask"},
    "log": {"level": "info", "format": "auto"},
    "grammars": {"directories": ["g"]},
    "catalogue": {"file": "c.toml"},
    "credential": [{"name": "ios", "file": "a.p12", "password_file": "p", "bundle_id": "b", "environment": "sandbox"}],
    "backend": {"url": "http://h/b", "token_file": "t"},
    "export": [
        {"url": "http://h/a", "format": "loki", "tenant": "t", "username": "u", "password_file": "p", "ca_file": "c"},
        {"url": "http://h/b", "token_file": "t", "name": "b"},
    ],
}
ADDRESSES = (
    "http://[::1",
    "http://h:99999/",
    "http://h:b/",
    "http://",
    "://",
    "[::1",
    "]:1",
    "1:1:1",
    ":65536",
    ":\uff11",
)
ODD = (
    *("", " ", "\0", "x" * 70_000, "/", ".", "[z-a]", "{a,b}", "a\nb", "\u202e", "~", "$HOME", "Europe/../UTC"),
    *ADDRESSES,
    *(0, -1, 2**63, 2**64, 10**400, 0.0, 1e308, float("inf"), float("nan"), True),
    *([], [[]], [""], ["\0"], [1], {}, {"a": 1}, [{}], [{"name": 1}], dt.datetime(1, 1, 1, tzinfo=dt.UTC), dt.time()),
)  # fmt: skip


@pytest.mark.parametrize("place", [*places(COMPLETE)], ids=str)
def test_no_value_of_any_setting_is_a_traceback(place):
    """What one setting holds may be looked at where all of them are: each yields a configuration or a ConfigError."""
    for odd in ODD:
        changed = put(COMPLETE, place, odd)
        with suppress(ConfigError):
            from_dict(changed if isinstance(changed, dict) else {}, Path("/etc/x.toml"))


def test_exports_whose_addresses_cannot_be_used_are_not_said_to_share_a_label(tmp_path):
    """Each of them has one problem, its address: nothing is known of the label that it would have."""
    told = problems(MINIMAL + '[[export]]\nurl = "http://[::1"\n' * 2, tmp_path)
    assert len(told) == 2
    assert all("is not an address to send to" in problem for problem in told)


def test_the_example_shows_every_setting_with_its_default(tmp_path):
    """The documented file is accepted, and says nothing but the defaults."""
    example = Path(__file__).parents[2] / "config" / "logwatch.example.toml"
    file = tmp_path / "logwatch.toml"
    file.write_text('[[source]]\nname = "mesibo"\npaths = ["/var/log/mesibo/*.log"]\n')
    assert load(example) == load(file)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_file_saved_on_another_system_is_read(mark, end, tmp_path):
    """With a byte order mark, CR LF, and what only other programs take for a line end; a fault has its line."""
    file = tmp_path / "logwatch.toml"
    file.write_bytes(
        mark + end.join(["# a\u2028b\u0085c".encode(), b"[[source]]", b'name = "mesibo"', b'paths = ["m.log"]', b""])
    )
    assert load(file).source[0].name == "mesibo"
    file.write_bytes(file.read_bytes() + b"nonsense = 1" + end)
    with pytest.raises(ConfigError, match=r"toml:5: "):
        load(file)


@pytest.mark.parametrize(
    ("part", "random"),
    [
        ("0123456701234567", True),
        ("012345670123456", False),
        ("0123456012345601", False),
        ("abcdefghijklmnopqrstuv", True),
        ("abcdefghijklmnopqrstu", False),
        ("abcdefgabcdefgabcdefgabcdefg", False),
    ],
)
def test_a_path_is_a_secret_if_it_looks_random(part, random):
    """64 bits in hexadecimal digits, or 128 in others, of which no fewer than eight differ: else it can be guessed."""
    said = [problem.what for problem in WebhookSource(path=f"/webhook/{part}").contradictions("webhook")]
    assert said == ([] if random else ["can be guessed, and there is no secret_file"])


@pytest.mark.parametrize("zone", ["CET+1", "Europe", "../../etc/passwd", "/usr/share/zoneinfo/UTC", "\0"])
def test_what_is_no_zone_is_one_problem(zone):
    """Whatever Python makes of it: an unknown name, a directory of zones, a path."""
    (problem,) = Source(name="m", paths=("x",), timezone=zone).contradictions("source")
    assert problem.where == "source.timezone"
