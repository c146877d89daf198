"""The ``rrcat`` command: finds the subcommand, and turns errors into messages.

Commands are imported only when called, so that ``rrcat --help`` answers at once.
"""

import errno
import importlib
import json
import sys

import click

from rrcat import __version__
from rrcat.errors import RrcatError

# The option that says where a command writes, where that is not --output.
PLACES = {"diff": "--html", "release": "--into"}
# name: (where the command is, its line in `rrcat --help`)
COMMANDS = {
    "demo": ("rrcat.cli.demo:demo", "Run the whole chain on a small simulated archive."),
    "fetch": ("rrcat.cli.fetch:fetch", "Fetch what a recipe asks of archives, once."),
    "build": ("rrcat.cli.build:build", "Follow a recipe: light curves to candidate catalogue."),
    "train": ("rrcat.cli.train:train", "Train a recipe's estimators on its calibrators."),
    "evaluate": ("rrcat.cli.evaluate:evaluate", "Test estimators on stars they have not seen."),
    "dataset": ("rrcat.cli.dataset:dataset", "Write a training set of folded light curves."),
    "release": ("rrcat.cli.release:release", "Turn a candidate into an immutable version."),
    "verify": ("rrcat.cli.release:verify", "Check a release: hashes, schema, every format."),
    "diff": ("rrcat.cli.release:diff", "Compare two releases."),
    "doi": ("rrcat.cli.release:doi", "Note the DOI of a release in its history."),
    "export": ("rrcat.cli.export:export", "Write a release for an archive or another program."),
    "send": ("rrcat.cli.export:send", "Send a release to TOPCAT over SAMP."),
    "plugins": ("rrcat.cli.plugins:plugins", "List, examine, check and start plugins."),
    "schema": ("rrcat.cli.schema:schema", "Show and compare tables, check files against them."),
}


class LazyGroup(click.Group):
    """A group that knows the one-line help of its commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the commands in the order of the work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Give a stand-in that carries the line for ``rrcat --help``."""
        if cmd_name not in COMMANDS:
            return None
        return click.Command(cmd_name, short_help=COMMANDS[cmd_name][1])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Import the command that is called."""
        if args[0] not in COMMANDS:
            return super().resolve_command(ctx, args)
        module, attribute = COMMANDS[args[0]][0].split(":")
        return args[0], getattr(importlib.import_module(module), attribute), args[1:]


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(__version__, prog_name="rrcat")
@click.pass_context
def rrcat(ctx: click.Context, debug: bool) -> None:
    """Turn light curves of RR Lyrae stars into catalogues of metallicity."""
    ctx.obj = {"debug": debug}


def main(args: list[str] | None = None) -> int:
    """Run the command line and give its exit code: 0 done, 1 the work failed, 2 wrong usage."""
    given = sys.argv[1:] if args is None else args
    # Known to the group alone, and at home behind the command as well.
    debug = ["--debug"] if "--debug" in given else []
    arguments = debug + [argument for argument in given if argument != "--debug"]
    try:
        # Outside standalone mode click gives what ctx.exit() was told, instead of raising.
        code = rrcat.main(args=arguments, prog_name="rrcat", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        print("interrupted; run the same command again to go on", file=sys.stderr)
        return 130
    except RrcatError as error:
        return _tell(error, arguments)
    except OSError as error:
        command = next((one for one in arguments if one in COMMANDS), "")
        return _tell(_as_rrcat_error(error, command), arguments)
    return code if isinstance(code, int) else 0


def _tell(error: RrcatError, arguments: list[str]) -> int:
    if "--debug" in arguments:
        raise error
    if "--json" in arguments:
        print(json.dumps(error.as_dict(), ensure_ascii=False))
    print(f"error: {error}", file=sys.stderr)
    return 1


def _as_rrcat_error(error: OSError, command: str) -> RrcatError:
    place = PLACES.get(command, "--output")
    hints = {
        errno.ENOSPC: f"free some space or choose another {place}; finished work is kept",
        errno.EACCES: "choose a folder you may write to",
        errno.EROFS: "choose a folder you may write to",
        errno.EEXIST: f"choose another {place}",
        errno.ENOTDIR: f"choose another {place}",
        errno.ENOENT: "what is read must be there; what is written needs a folder that can be made",
    }
    message = (error.strerror or str(error)).lower()
    converted = RrcatError(message, file=error.filename, hint=hints.get(error.errno or 0))
    converted.__cause__ = error
    return converted
