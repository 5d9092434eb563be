"""Write what operators install beside the service: rules, dashboards, runbooks, manual pages, shell completion."""

import shutil
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from logwatch import resources
from logwatch.errors import LogwatchError, Problem, in_words

PROGRAM = "mesibo-logwatch"
# where each shell looks for the completion of a program, below its own directory
COMPLETIONS = {"bash": PROGRAM, "zsh": f"_{PROGRAM}", "fish": f"{PROGRAM}.fish"}


@click.command
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
def command(directory: Path) -> None:
    """Write rules, dashboards, runbooks, manual pages and shell completion.

    They are written to DIRECTORY as they belong to this version: prometheus/, alertmanager/, grafana/, fleet/,
    runbooks/, man/, completion/ and logwatch.example.toml. What is there already under these names is written over.
    """
    try:
        for name, source in resources.operator_files().items():
            target = directory / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            target.chmod(0o644)
        for shell, name in COMPLETIONS.items():
            target = directory / "completion" / shell / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(completion(shell))
    except OSError as error:
        problem = Problem(
            str(error.filename or directory),
            "cannot be written",
            in_words(error),
            "name a directory that this user may write to",
        )
        raise LogwatchError(problem) from None
    click.echo(f"written to {directory}:")
    for path in sorted(directory.iterdir()):
        click.echo(f"  {path.name}{'/' if path.is_dir() else ''}")


def completion(shell: str) -> str:
    """Return the script that completes the command line in bash, zsh or fish."""
    from logwatch.cli import group  # noqa: PLC0415  the table of commands, which names this module

    made = get_completion_class(shell)
    assert made is not None, "the three shells are click's own"
    return made(group, {}, PROGRAM, "_MESIBO_LOGWATCH_COMPLETE").source()
