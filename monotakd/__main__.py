"""``python -m monotakd``: works before anything is installed, for the commands that set the project up.

Every other command says then what to do first; afterwards it finds the environment by itself.
"""

from __future__ import annotations

import sys

from monotakd import bootstrap

_SETS_UP = ("setup", "run", "lab", "test", "notebooks", "check", "browser", "site")


def main() -> None:
    """Sets the environment up where the command is one that does so, then hands over to the command line."""
    arguments = sys.argv[1:]
    try:
        if arguments[:1] == ["setup"]:
            bootstrap.setup(force="--force" in arguments)
            return
        if arguments[:1] and arguments[0] in _SETS_UP:
            bootstrap.continue_in_environment(arguments)
        else:
            bootstrap.continue_where_it_is_made(arguments)
    except bootstrap.SetupError as error:
        sys.exit(f"monotakd: {error}")
    from monotakd.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
