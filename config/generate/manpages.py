"""Writes the manual pages from the help of the commands, by click-man, so that they cannot differ."""

import click
from click_man.core import generate_man_page

import logwatch
from logwatch.cli import COMMANDS, group


def files() -> dict[str, str]:
    """Path of each manual page -> its text in troff."""
    top = click.Context(group, info_name="mesibo-logwatch")
    commands = {name: group.get_command(top, name) for name in COMMANDS}
    # click-man looks into the table of a group's commands, which a group that loads them one by one leaves empty
    group.commands = {name: command for name, command in commands.items() if command is not None}
    try:
        return {f"docs/man/{context.command_path.replace(' ', '-')}.1": _page(context) for context in _contexts(top)}
    finally:
        group.commands = {}


def _contexts(context: click.Context) -> list[click.Context]:
    context.command.short_help = context.command.get_short_help_str(200)  # click-man would cut it after 45 characters
    found = [context]
    for name, command in getattr(context.command, "commands", {}).items():
        found += _contexts(click.Context(command, info_name=name, parent=context))
    return found


def _page(context: click.Context) -> str:
    # without the day it was made on: the same help makes the same page
    return generate_man_page(context, version=logwatch.__version__, date=" ").rstrip() + "\n"
