"""An exported student says what the eager one says, without this package, and only what was checked is kept."""

import json
import subprocess
import sys

import pytest
import torch
from photos import make_trained

from monotakd import paths
from monotakd.datasets.collate import collate
from monotakd.datasets.kitti.reader import KittiRoot
from monotakd.errors import DataError
from monotakd.models.deform_conv import DeformConv
from monotakd.models.student import Student, Wiring
from monotakd.predict import TrainedStudent
from monotakd.predict.export import FACTS, TOLERANCE, dense_predictions, export_student
from monotakd.scene import Frame

TOY = KittiRoot(paths.toy_set())


def photos(count=2):
    """Several images, one camera."""
    frames = [TOY.frame(frame_id, points=False, labels=False) for frame_id in TOY.present_ids()[:count]]
    return [Frame(frame.frame_id, frame.image, frames[0].calibration) for frame in frames]


def make(wiring, like) -> TrainedStudent:
    torch.manual_seed(5)
    student = Student.toy(wiring)
    for module in student.modules():
        if isinstance(module, DeformConv):
            torch.nn.init.normal_(module.conv1.weight, std=0.3)  # offsets that matter
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        student.train()(collate(photos()).sensors)  # statistics that keep features alive, as training would
    return TrainedStudent("fresh", student.eval().requires_grad_(False), like.image_size, like.focal, (0.0, 0.0))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return make_trained(tmp_path_factory.mktemp("trained"))


@pytest.mark.parametrize("wiring", [Wiring.published(), Wiring.released()], ids=["published", "released"])
def test_equal_to_eager(trained, tmp_path, wiring):
    student = make(wiring, trained)
    assert any(isinstance(module, DeformConv) for module in student.student.modules())
    done = export_student(student, photos(), tmp_path / "student.pt2")
    assert done.difference < TOLERANCE
    assert done.images == 2
    assert "ms" in str(done)
    image = photos()[1]
    loaded = torch.export.load(done.path).module()(collate([image]).sensors.images)
    eager = student.student(collate([image]).sensors)
    assert eager.bev.features.std() > 0.01
    found = dense_predictions(loaded)
    torch.testing.assert_close(found.class_logits, eager.head.class_logits, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(found.codes, eager.head.codes, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(loaded["depth_logits"], eager.depth_logits, rtol=1e-3, atol=1e-3)


def test_torch_alone_runs_the_file(trained, tmp_path):
    export_student(trained, photos(1), tmp_path / "student.pt2")
    script = (
        "import sys, json, torch\n"
        f"facts = {{{FACTS!r}: ''}}\n"
        f"network = torch.export.load({str(tmp_path / 'student.pt2')!r}, extra_files=facts).module()\n"
        "told = network(torch.zeros(1, 3, 96, 320))\n"
        "facts = json.loads(facts['monotakd.json'])\n"
        "print(json.dumps([list(told['boxes'].shape), facts['classes'], 'monotakd' in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[1, 56 * 70, 7], ["Car"], False]


def test_exporting_leaves_the_student_as_it_was(trained, tmp_path):
    image = collate(photos(1)).sensors
    before = trained.student(image).head.codes
    export_student(trained, photos(1), tmp_path / "student.pt2")
    assert torch.equal(trained.student(image).head.codes, before)


def test_a_network_that_differs_is_not_written(trained, tmp_path, monkeypatch):
    out = tmp_path / "student.pt2"
    out.write_bytes(b"an export that was checked")
    save = torch.export.save

    def damaged(program, *args, **options):
        weights = {name: torch.nn.Parameter(1.5 * value) for name, value in program.named_parameters()}
        program.state_dict.update(weights)
        save(program, *args, **options)

    monkeypatch.setattr(torch.export, "save", damaged)
    with pytest.raises(DataError, match="outputs off by"):
        export_student(trained, photos(1), out)
    assert out.read_bytes() == b"an export that was checked"
    assert [path.name for path in tmp_path.iterdir()] == ["student.pt2"]


def test_one_camera_one_file(trained, tmp_path):
    frames = [TOY.frame(frame_id, points=False) for frame_id in TOY.present_ids()[:2]]
    with pytest.raises(DataError, match="a file is for one camera"):
        export_student(trained, frames, tmp_path / "student.pt2")
    with pytest.raises(DataError, match=r"\.pt2"):
        export_student(trained, frames[:1], tmp_path / "student.onnx")
    with pytest.raises(DataError, match="at least one"):
        export_student(trained, [], tmp_path / "student.pt2")
