"""The command line: the table of commands, how one is found, and how it ends."""

from __future__ import annotations

import sys
from collections.abc import Callable

import tyro

from monotakd.commands import (
    data,
    house,
    job,
    lessons,
    measuring,
    prediction,
    pretrained,
    tables,
    training,
    viewing,
    web,
)
from monotakd.errors import DataError, StoppedError

# A command by its name; a dict is a group, whose commands take two words.
_COMMANDS: dict[str, Callable[..., int] | dict[str, Callable[..., int]]] = {
    "doctor": house.doctor,
    "data": {"check": data.check, "synthesize": data.synthesize, "statistics": data.statistics},
    "import-release": pretrained.import_release,
    "import-image-weights": pretrained.import_image_weights,
    "evaluate": measuring.evaluate,
    "benchmark": measuring.benchmark,
    "train": training.train,
    "recipe": training.recipe,
    "detect": prediction.detect,
    "predict": prediction.predict,
    "submit": prediction.submit,
    "view": viewing.view,
    "export": prediction.export,
    "reproduce": job.reproduce,
    "ledger": job.ledger,
    "claims": job.claims,
    "unlabelled-table": tables.unlabelled_table,
    "focal-table": tables.focal_table,
    "depth-table": tables.depth_table,
    "learned-table": tables.learned_table,
    "early-table": tables.early_table,
    "run": job.run,
    "lab": house.lab,
    "lesson": {"start": lessons.start, "status": lessons.status},
    "notebooks": house.notebooks,
    "test": house.run_tests,
    "check": house.check,
    "site": web.site,
    "browser": web.browser,
}


def _command_line(arguments: list[str]) -> int:
    name = "monotakd"
    commands = _COMMANDS
    # tyro's nested subcommands would need every name spelt as group:command; one level is looked up by hand.
    if arguments and isinstance(_COMMANDS.get(arguments[0]), dict):
        name, commands, arguments = f"monotakd {arguments[0]}", _COMMANDS[arguments[0]], arguments[1:]
    flat = {n: c if callable(c) else _group_help(n, c) for n, c in commands.items()}
    config = (tyro.conf.FlagCreatePairsOff,)
    return tyro.extras.subcommand_cli_from_dict(flat, prog=name, args=arguments or ["--help"], config=config)


def _group_help(name: str, commands: dict[str, Callable]) -> Callable[[], int]:
    def group() -> int:
        raise AssertionError("groups are dispatched before tyro sees them")

    group.__doc__ = f"Commands on {name}: {', '.join(f'{name} {c}' for c in commands)}."
    return group


def main() -> None:
    """Entry point of ``monotakd`` and ``python -m monotakd``; bad input ends with its message and status 2.

    Work that had to stop ends with its message and status 1.
    """
    try:
        status = _command_line(sys.argv[1:])
    except DataError as error:
        print(f"monotakd: {error}", file=sys.stderr)
        status = 2
    except OSError as error:
        # Commands name bad input themselves. This is what only the system knows: a full disk, a place without rights.
        where = f"{error.filename}: " if error.filename else ""
        print(f"monotakd: {where}cannot be read or written ({error.strerror or error})", file=sys.stderr)
        status = 2
    except StoppedError as error:
        print(f"monotakd: {error}", file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        print("monotakd: interrupted; run the same command again to go on", file=sys.stderr)
        status = 130
    sys.exit(status)
