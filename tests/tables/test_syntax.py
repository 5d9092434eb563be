"""What is said of a file that is no TOML: the line, and what was probably meant."""

import pytest

from logwatch.config.loader import read

MISTAKES = {
    "curly quotes": ("name = “mesibo”", "straight quotes"),
    "a no-break space": ("name\u00a0= 1", "no-break space"),
    "a comment in C": ("// the log", "begins with #"),
    "True": ("allow = True", "true or false"),
    "yes": ("allow = yes  # of course", "true or false"),
    "a decimal comma": ("poll_seconds = 0,5", "0.5"),
    "a comma between thousands": ("keep = 10,000", "10000"),
    "a 0 in front": ("keep = 010", "without a 0"),
    "a semicolon": ('name = "mesibo";', "semicolon"),
    "a zero-width space": ("\u200bname = 1", "cannot be seen"),
    "a unit": ("poll_seconds = 5s", "number alone"),
    "a backslash": (r'paths = ["C:\logs"]', "single quotes"),
    "a table over two lines": ('docker = {\n  container = "m"\n}', "on one line"),
    "a comma at a table's end": ("docker = {root = 1,}", "before }"),
    "YAML": ("name: mesibo", "name = value"),
    "no =": ('name "mesibo"', "name = value"),
    "no quotes": ("name = mesibo", "double quotes"),
    "no quotes around an address": ("listen = 127.0.0.1:10914", "double quotes"),
    "no quotes around a path": ("paths = [/var/log/m.log]", "double quotes"),
    "set twice": ("keep = 1\nkeep = 2", "keep one of them"),
    "a table twice": ("[web]\n[web]", "keep one of them"),
    "no comma": ('paths = ["a" "b"]', "comma"),
    "NULs": ("\0\0\0", "name = value"),
}


@pytest.mark.parametrize(("text", "meant"), MISTAKES.values(), ids=MISTAKES)
def test_a_syntax_error_says_its_line_and_what_was_meant(text, meant, tmp_path):
    """TOML's own message alone sends a reader to the wrong place, or nowhere."""
    file = tmp_path / "logwatch.toml"
    file.write_text(f"# first line\n[failures]\n{text}\n\n# last line\n", encoding="utf-8")
    config, (problem,) = read(file)
    line = 4 if meant == "keep one of them" else 3  # where it stands again
    assert config is None
    assert problem.where == f"{file}:{line}"
    assert problem.what == "not valid TOML"
    assert meant in problem.try_


@pytest.mark.parametrize("text", ['listen = "127.0.0.1', 'hosts = ["a",'])
def test_an_error_that_is_found_at_the_end_of_the_file_has_the_last_line(tmp_path, text):
    """There is a line to look at in any case."""
    file = tmp_path / "logwatch.toml"
    file.write_text(f"[web]\n{text}\n\n\n")
    _, (problem,) = read(file)
    assert problem.where == f"{file}:2"
