"""The commands, one module a theme. A new one is a function here and a line in the table of ``monotakd.cli``.

A command is a function whose signature and docstring are its ``--help`` and whose value is its exit status. It imports
what it needs when it runs, so that ``--help`` stays quick.
"""
