"""Every tensor of file and network ends in exactly one column, and the table says which."""

import pytest
import torch
from torch import nn

from monotakd.errors import DataError
from monotakd.pretrained.account import Unused, match


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(2, 3), nn.BatchNorm1d(3)


def lookup(name, value):
    if name.startswith("extra"):
        return Unused("an extra")
    return None if name.startswith("odd") else name.replace("uno", "one")


GIVEN = {
    "uno.weight": torch.ones(3, 2),
    "two.weight": torch.ones(4),
    "two.running_mean": torch.ones(3),
    "three.weight": torch.ones(1),
    "extra.a": torch.ones(1),
    "extra.b": torch.ones(1),
    "odd": torch.ones(1),
    "one.weight": torch.ones(3, 2),
    "one.nothing": torch.ones(1),
}


def test_columns():
    fitting, account = match("f", GIVEN, Net(), lookup)
    assert fitting.keys() == {"one.weight", "two.running_mean"}
    assert account.loaded == {"uno.weight": "one.weight", "two.running_mean": "two.running_mean"}
    assert account.unused == {
        "three.weight": "three, which this Net does not have",
        "extra.a": "an extra",
        "extra.b": "an extra",
    }
    assert account.unexplained == ("odd", "one.weight", "one.nothing"), "a place is given once"
    assert account.misshapen == {"two.weight": "(4,) instead of (3,)"}
    assert account.missing == ("one.bias", "two.weight", "two.bias", "two.running_var", "two.num_batches_tracked")
    assert account.missing_weights == account.missing[:-1]
    assert account.numbers == 9
    columns = [*account.loaded, *account.unused, *account.unexplained, *account.misshapen]
    assert sorted(columns) == sorted(GIVEN)


def test_table():
    lines = str(match("f", GIVEN, Net(), lookup)[1]).splitlines()
    assert lines[0] == "f -> Net"
    assert "  loaded                   2  9 numbers" in lines
    assert "                 2  extra.{a,b} : an extra" in lines
    assert {"    odd", "    two.weight", "    one.bias"} < set(lines)
    assert lines[-1] == "  missing counters         1  of batch norms; harmless"


def test_a_file_can_be_about_some_modules_only():
    _, account = match("f", {"one.weight": torch.ones(3, 2)}, Net(), lookup, ("one",))
    assert account.missing == ("one.bias",)


def test_refusals_name_the_tensors():
    _, account = match("f", GIVEN, Net(), lookup)
    with pytest.raises(DataError) as refusal:
        account.require("a Net", missing=["one.bias"])
    assert refusal.value.found == (
        "5 tensors that do not fit a Net: two.weight is (4,) instead of (3,); one.bias is missing; "
        "odd is unexplained; one.weight is unexplained; one.nothing is unexplained"
    )
    with pytest.raises(DataError, match="1 tensors"):
        account.require("a Net", explained=False)
    match("f", {"one.weight": torch.ones(3, 2)}, Net(), lookup)[1].require("a Net")


def test_many_wrong_tensors_are_counted():
    _, account = match("f", {f"odd.{i}": torch.ones(1) for i in range(50)}, Net(), lookup)
    with pytest.raises(DataError, match=r"and 30 more; expected a Net\. Nothing at all fits"):
        account.require("a Net")
