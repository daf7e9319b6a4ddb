"""Runs one of our modules the way a reference file was made: one training call, its gradients, one evaluation."""

import numpy as np
import torch


def load_group(data, group: str) -> dict[str, torch.Tensor]:
    """The arrays ``group/...`` of a reference file as tensors."""
    prefix = group + "/"
    return {key.removeprefix(prefix): torch.from_numpy(data[key]) for key in data.files if key.startswith(prefix)}


def load_parameters(module: torch.nn.Module, data) -> None:
    """Loads ``param/...`` by name; only the counters of batch norm, which the files lack, may be missing."""
    missing, unexpected = module.load_state_dict(load_group(data, "param"), strict=False)
    assert not unexpected
    assert all(name.endswith("num_batches_tracked") for name in missing)


def check_module(module, path, call, *, input_name):
    """Compares ``train/``, ``grad_in/``, ``grad_param/``, ``after/`` and ``eval/`` of a file with ``call(module, x)``.

    Tolerances are the files' own: relative 1e-4 plus absolute 1e-5; gradients 1e-4 of the array's largest magnitude.
    """
    data = np.load(path)
    load_parameters(module, data)
    x = torch.from_numpy(data[f"in/{input_name}"])

    module.eval()
    with torch.no_grad():
        torch.testing.assert_close(call(module, x), torch.from_numpy(data["eval/out"]), rtol=1e-4, atol=1e-5)

    module.train()
    x.requires_grad_()
    out = call(module, x)
    torch.testing.assert_close(out, torch.from_numpy(data["train/out"]), rtol=1e-4, atol=1e-5)
    (out * torch.from_numpy(data["upstream/out"])).sum().backward()

    gradients = {name: parameter.grad for name, parameter in module.named_parameters()}
    expected = load_group(data, "grad_param")
    assert gradients.keys() == expected.keys()
    scales = {name: float(gradient.abs().max()) for name, gradient in expected.items()}
    for name, gradient in gradients.items():
        # The gradient of a bias before a batch norm is 0 but for rounding: its weight's gradient sets the scale.
        scale = max(scales[name], scales.get(name.removesuffix("bias") + "weight", 0.0))
        torch.testing.assert_close(gradient, expected[name], rtol=0, atol=1e-4 * scale, msg=name)
    expected_x = torch.from_numpy(data[f"grad_in/{input_name}"])
    torch.testing.assert_close(x.grad, expected_x, rtol=0, atol=1e-4 * float(expected_x.abs().max()))

    state = module.state_dict()
    after = load_group(data, "after")
    assert after
    for name, statistic in after.items():
        torch.testing.assert_close(state[name], statistic, rtol=1e-4, atol=1e-5, msg=name)
