"""Makes groups of commands, such as `grammar`."""

import click


class CommandGroup(click.Group):
    """A group that lists each command with its whole sentence, where click's own cuts it to the terminal's width."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, self.commands[name].get_short_help_str(200)) for name in self.list_commands(ctx)]
            )
