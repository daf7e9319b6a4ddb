"""Matching a foreign file's tensors with a network's by name, and the account of what became of each.

A file of weights that loads "more or less" is the quietest way to lose a training. Here every tensor of the file ends
in one of four columns, every tensor of the network that got nothing in a fifth, and the caller decides which columns
must be empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sized
from dataclasses import asdict, dataclass
from itertools import takewhile
from typing import Any

from torch import Tensor, nn

from monotakd.errors import DataError

COUNTER = "num_batches_tracked"
"""Batch norm's counter. Nothing here reads it, and files from before 2018 lack it."""

SHOWN = 20
"""Tensors named in one error."""

ALTERNATIVES = 6
"""Spelt out in the table, of what names go on with."""


@dataclass(frozen=True)
class Unused:
    """What a lookup says of a tensor that is known and not needed.

    Attributes:
        reason: why not.
    """

    reason: str


Lookup = Callable[[str, Tensor], str | Unused | None]
"""From a tensor of a file to its name in our network; `Unused`; or None, never heard of it."""


@dataclass(frozen=True)
class Account:
    """What became of every tensor.

    Attributes:
        source: the file.
        network: what it was matched with.
        loaded: name in the file -> name in the network.
        unused: name in the file -> why it is not needed.
        unexplained: names in the file that nobody knows.
        misshapen: name in the file -> both shapes.
        missing: names in the network that the file does not give.
        numbers: how many numbers were loaded.
    """

    source: str
    network: str
    loaded: Mapping[str, str]
    unused: Mapping[str, str]
    unexplained: tuple[str, ...]
    misshapen: Mapping[str, str]
    missing: tuple[str, ...]
    numbers: int

    @property
    def missing_weights(self) -> tuple[str, ...]:
        """`missing` without batch norm's counters."""
        return tuple(name for name in self.missing if not name.endswith(COUNTER))

    def to_json(self) -> dict[str, Any]:
        """Every name, for a file."""
        return asdict(self)

    def __str__(self) -> str:
        """A table: loaded and unused tensors counted by module, all others one by one."""
        lines = [f"{self.source} -> {self.network}", *_row("loaded", self.loaded, f"{self.numbers:,} numbers")]
        lines += _groups((f"-> {_top(ours)}.*", theirs) for theirs, ours in self.loaded.items())
        lines += _row("not needed", self.unused)
        lines += _groups((f": {reason}", name) for name, reason in self.unused.items())
        for title, names in (("unexplained", self.unexplained), ("misshapen", self.misshapen)):
            lines += [*_row(title, names), *(f"    {name}" for name in names)]
        lines += _row("missing in the file", self.missing_weights, "these keep what the network had")
        lines += [f"    {name}" for name in self.missing_weights]
        counters = len(self.missing) - len(self.missing_weights)
        return "\n".join([*lines, *_row("missing counters", range(counters), "of batch norms; harmless")])

    def require(self, expected: str, *, explained: bool = True, missing: Iterable[str] = ()) -> None:
        """Refuses a file that does not fit.

        Args:
            expected: what would have been right.
            explained: whether unexplained tensors are refused too.
            missing: names of weights that must not be missing.

        Raises:
            DataError: names the tensors that are wrong, the first `SHOWN` of them.
        """
        wrong = [f"{name} is {shapes}" for name, shapes in self.misshapen.items()]
        wrong += [f"{name} is missing" for name in missing]
        wrong += [f"{name} is unexplained" for name in self.unexplained if explained]
        if wrong:
            shown = "; ".join(wrong[:SHOWN]) + (f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else "")
            raise DataError(
                self.source,
                f"{len(wrong)} tensors that do not fit a {self.network}: {shown}",
                expected,
                fix=None if self.loaded else "Nothing at all fits: it is the file of another network",
            )


def match(
    source: str, tensors: Mapping[str, Tensor], network: nn.Module, lookup: Lookup, modules: tuple[str, ...] = ()
) -> tuple[dict[str, Tensor], Account]:
    """Finds for every tensor of a file its place in a network; loads nothing yet.

    Args:
        source: the file, for the account.
        tensors: what is in it.
        network: ours.
        lookup: the naming of that kind of file.
        modules: first parts of names in the network that the file is about; all when empty.

    Returns:
        What fits, by the network's names, and the account.
    """
    own = {name: value for name, value in network.state_dict().items() if not modules or _top(name) in modules}
    parts, kind = {_top(name) for name in own}, type(network).__name__
    fitting, loaded, unused, unexplained, misshapen = {}, {}, {}, [], {}
    for name, value in tensors.items():
        target = lookup(name, value)
        if isinstance(target, Unused):
            unused[name] = target.reason
        elif target is not None and _top(target) not in parts:
            unused[name] = f"{_top(target)}, which this {kind} does not have"
        elif target not in own or target in fitting:
            unexplained.append(name)
        elif value.shape != own[target].shape:
            misshapen[name] = f"{tuple(value.shape)} instead of {tuple(own[target].shape)}"
        else:
            fitting[target], loaded[name] = value, target
    missing = tuple(name for name in own if name not in fitting)
    numbers = sum(value.numel() for value in fitting.values())
    return fitting, Account(source, kind, loaded, unused, tuple(unexplained), misshapen, missing, numbers)


def _top(name: str) -> str:
    return name.partition(".")[0]


def _row(title: str, names: Sized, note: str = "") -> list[str]:
    return [f"  {title:20}{len(names):6,}  {note if len(names) else ''}".rstrip()]


def _groups(items: Iterable[tuple[str, str]]) -> list[str]:
    """One line per group of names: its size, how they begin in the file, its key."""
    groups: dict[str, list[str]] = {}
    for key, name in items:
        groups.setdefault(key, []).append(name)
    return [f"    {len(names):14,}  {_shared_start(names)} {key}" for key, names in groups.items()]


def _shared_start(names: list[str]) -> str:
    """``backbone.{conv1,layer1}.*`` of several names, a single name as it is."""
    if len(names) == 1:
        return names[0]
    split = [name.split(".") for name in names]
    columns = [list(dict.fromkeys(parts)) for parts in zip(*split, strict=False)]
    start = [parts[0] for parts in takewhile(lambda parts: len(parts) == 1, columns)]
    if len(start) < len(columns) and len(columns[len(start)]) <= ALTERNATIVES:
        start.append("{" + ",".join(columns[len(start)]) + "}")
    return ".".join([*start, *(["*"] if max(map(len, split)) > len(start) else [])])
