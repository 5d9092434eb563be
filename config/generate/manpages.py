"""Write the manual pages from the help of the commands, by click-man, so that they cannot differ."""

import click
from click_man.core import generate_man_page

import logwatch
from logwatch.cli import COMMANDS, group


def files() -> dict[str, str]:
    """Return path of each manual page -> its text in troff."""
    found = contexts()
    # click-man looks into the table of a group's commands, which a group that loads them one by one leaves empty
    group.commands = {context.info_name or "": context.command for context in found if context.parent is found[0]}
    try:
        return {f"docs/man/{context.command_path.replace(' ', '-')}.1": _page(context) for context in found}
    finally:
        group.commands = {}


def contexts() -> list[click.Context]:
    """Return the program, then every command and every command of a command, each as it is called."""
    top = click.Context(group, info_name="mesibo-logwatch")
    group.short_help = group.get_short_help_str(200)
    found = [top]
    for name in COMMANDS:
        if command := group.get_command(top, name):
            found += _below(click.Context(command, info_name=name, parent=top))
    return found


def _below(context: click.Context) -> list[click.Context]:
    context.command.short_help = context.command.get_short_help_str(200)  # click-man would cut it after 45 characters
    found = [context]
    for name, command in getattr(context.command, "commands", {}).items():
        found += _below(click.Context(command, info_name=name, parent=context))
    return found


def _page(context: click.Context) -> str:
    # without the day it was made on: the same help makes the same page
    return str(generate_man_page(context, version=logwatch.__version__, date=" ")).rstrip() + "\n"
