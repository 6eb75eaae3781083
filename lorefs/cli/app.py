"""The `lorefs` command and its commands, each of which is loaded when it is called."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, MutableMapping
from keyword import iskeyword
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from lorefs import __version__
from lorefs.cli.failure import status_of
from lorefs.cli.help import SETTINGS, Command, Group, plain_typer

# What the overview of all commands says; a command's own help says more.
SECTIONS: Final = {
    "Start": {
        "init": "Install merge driver and hooks in this repository",
        "deinit": "Take back what init installed",
        "demo": "Show a clash in plain git, and the same with lorefs",
    },
    "Write": {
        "add": "Add an entry and print its id",
        "edit": "Change an entry, by options or in your editor",
        "mv": "Move an entry to another directory's document",
        "suggest": "Show which personal entries are worth promoting",
        "promote": "Give personal entries to the team",
        "demote": "Make entries of the team personal again",
        "rm": "Delete entries",
        "undo": "Take back the last changes",
    },
    "Read": {
        "list": "List entries",
        "show": "Show an entry",
        "search": "Find entries by their words",
        "similar": "Find entries that are like an entry or a text",
        "context": "Print the entries that matter for files and a question",
    },
    "Exchange": {
        "import": "Bring in lore from files and other programs, after a preview",
        "export": "Write entries as JSON, notes or SQL",
    },
    "Check": {
        "check": "Look for what should not be committed, read or fed to an agent",
    },
    "Look back": {
        "stats": "Count entries, authors and changes, and what they cover",
        "stale": "Show entries that may not hold any more",
        "log": "Show what changed, when, and through what",
        "diff": "Compare the lore of two commits, by entry",
        "blame": "Show which commit gave an entry each of its values",
    },
    "Share": {
        "sync": "Exchange lore with the team; `sync setup` turns it on",
        "publish": "Write what arrived from others into tracked files",
        "devices": "Show the machines that took part",
        "backup": "Keep personal lore encrypted on a git remote of yours",
        "team": "Make and join a hub that carries the lore of many projects",
    },
    "Approve": {
        "review": "Show what waits for approval, and what it would change",
        "approve": "Let proposals stand",
        "reject": "Turn proposals down, and say why",
    },
    "Settle": {
        "conflicts": "Show what gave way in merges, and waits for you",
        "resolve": "Settle what gave way, one by one or by number",
        "restore": "Bring back entries as they were",
    },
    "Keep in step": {
        "status": "Show where things stand, and what waits for you",
        "reconcile": "Take in what changed in files and rows",
        "doctor": "Look for what keeps lorefs from working well, and mend it",
        "watch": "Keep files, rows and the team equal while you work",
        "metrics": "Print what watch has counted, for Prometheus",
        "rebuild": "Make the database anew from files and git",
        "config": "Show, set and unset what can be set",
        "gc": "Pack what the exchange wrote, and drop old backups",
    },
    "Agents": {
        "mcp": "Serve the lore of this worktree to an agent over MCP",
    },
    "Merge": {
        "merge-file": "Merge three versions of a document",
        "merge-tree": "Merge the lore of commits without touching the worktree",
    },
}
COMPLETION: Final = "_LOREFS_COMPLETE"  # by which the shell asks for completions
HIDDEN: Final = {"merge-driver": "Merge a document for git; `lorefs init` configures it"}
SUMMARIES: Final = {
    name: summary for part in (*SECTIONS.values(), HIDDEN) for name, summary in part.items()
}


class _Commands(MutableMapping[str, Any]):
    """The commands by name; looking one up loads it, listing the names loads none."""

    def __init__(self) -> None:
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401  # typer keeps its classes private
        if name not in self._loaded:
            if name not in SUMMARIES:
                raise KeyError(name)
            self._loaded[name] = _load(name)
        return self._loaded[name]

    def __setitem__(self, name: str, command: object) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(name for name in SUMMARIES if name not in HIDDEN)

    def __len__(self) -> int:
        return len(SUMMARIES) - len(HIDDEN)


class LazyGroup(Group):
    """Shows all commands in sections, without loading them."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401  # passed on as they come
        super().__init__(**{**attributes, "commands": _Commands()})

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, D102
        del ctx
        width = max(map(len, SUMMARIES)) + 2
        for section, commands in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl(
                    [(name.ljust(width - 2), summary) for name, summary in commands.items()]
                )

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:  # noqa: ANN401, D102
        from typer._click.shell_completion import CompletionItem  # typer exports it nowhere

        return [
            *(CompletionItem(name, help=SUMMARIES[name]) for name in self.commands
              if name.startswith(incomplete)),
            *super(TyperGroup, self).shell_complete(ctx, incomplete),
        ]  # fmt: skip


def _load(name: str) -> Any:  # noqa: ANN401  # typer keeps its classes private
    """The command of a name, made from its module's function `run` or from its `COMMANDS`."""
    word = f"{name}_" if iskeyword(name) else name.replace("-", "_")
    module = importlib.import_module(f"lorefs.cli.{word}")
    examples = getattr(module, "EXAMPLES", "")
    if hasattr(module, "COMMANDS"):
        part = plain_typer(cls=Group, help=module.__doc__, epilog=examples, add_completion=False)
        if hasattr(module, "run"):  # it does something without a command of its own, too
            part.callback(
                cls=Group, invoke_without_command=True, help=module.run.__doc__, epilog=examples
            )(module.run)
        for word, function in module.COMMANDS.items():
            own = [
                line for line in examples.split("\n") if line.startswith(f"lorefs {name} {word}")
            ]
            part.command(word, cls=Command, epilog="\n".join(own))(function)
    else:
        part = plain_typer(add_completion=False)
        settings = SETTINGS | getattr(module, "CONTEXT", {})
        part.command(name, cls=Command, epilog=examples, context_settings=settings)(module.run)
    command = typer.main.get_command(part)
    command.name = name
    command.short_help = SUMMARIES[name]
    return command


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lorefs {__version__}")
        raise typer.Exit


OVERVIEW: Final = """Shared knowledge in Markdown, kept in git and merged by entry.

`lorefs COMMAND --help` explains a command, with examples."""

EXAMPLES: Final = """
lorefs init
lorefs add "Reads wait for checkpoints" --category Gotcha --tag sqlite
lorefs search checkpoint
lorefs edit 6f1b0a11 --confidence 0.8
"""

app = plain_typer(cls=LazyGroup, help=OVERVIEW, epilog=EXAMPLES, no_args_is_help=True)


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    del version


def run(arguments: list[str]) -> int:
    """Run a command line and return its exit status; nothing is raised."""
    return status_of(lambda: _invoke(arguments), arguments)


def _invoke(arguments: list[str]) -> object:
    """What the command returns. Its `main` would word errors and end the process itself."""
    command = typer.main.get_command(app)
    if COMPLETION in os.environ:
        return command.main(args=arguments, prog_name="lorefs", complete_var=COMPLETION)
    with command.make_context("lorefs", arguments) as context:
        return command.invoke(context)
