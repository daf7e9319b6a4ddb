"""The two commands as a user types them."""

import json

import torch
from small_release import as_released, save, small_teacher

from monotakd.pretrained import image_weights, release


def test_import_release_prints_the_account_and_writes_it(call, tmp_path, monkeypatch):
    monkeypatch.setattr(release, "released_network", lambda kind: small_teacher())
    state, checkpoint, out = as_released(small_teacher()), tmp_path / "theirs.pth", tmp_path / "ours" / "w"
    command = ("import-release", checkpoint, "--kind", "teacher", "--out", out)
    save(checkpoint, {**state, "other": torch.ones(1)})
    status, printed, err = call(*command)
    assert (status, printed) == (2, "")
    assert "other is unexplained" in err
    assert not out.parent.exists()

    status, printed, _ = call(*command, "--allow-unexplained", "--json", tmp_path / "fates.json")
    assert status == 0
    assert "-> backbone_3d.*" in printed
    assert json.loads((tmp_path / "fates.json").read_text())["unexplained"] == ["other"]
    assert {path.name for path in out.parent.iterdir()} == {"w", "config.json"}


def test_import_image_weights_says_where_it_wrote(call, tmp_path, monkeypatch):
    asked = {}

    def imported(path, out, scale, seed):
        asked.update(path=path, out=out, seed=seed, stride=scale.image.stride)
        return image_weights.match(str(path), {}, torch.nn.Linear(1, 1), lambda *_: None)[1]

    monkeypatch.setattr(image_weights, "import_image_weights", imported)
    status, out, _ = call("import-image-weights", "resnet.pth", "--out", tmp_path / "w", "--seed", "3")
    assert status == 0
    assert out.endswith(f"wrote {tmp_path / 'w'}\n")
    assert (asked["seed"], asked["stride"], str(asked["path"])) == (3, 8, "resnet.pth")
