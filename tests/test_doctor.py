"""The doctor finds what is broken and says how to mend it."""

import json
import sys

import pytest
import torch

from monotakd import doctor, paths
from monotakd.commands import house


def test_this_machine_is_healthy():
    findings = doctor.examine()
    assert [str(f) for f in findings if f.required and not f.ok] == []


def test_json_and_exit_status(capsys):
    assert house.doctor(as_json=True) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ok"]
    assert {"python", "torch", "spconv", "open3d", "disk"} <= {f["name"] for f in report["findings"]}


def test_a_missing_data_folder_fails(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv(paths.DATA_VARIABLE, str(tmp_path / "nowhere"))
    assert house.doctor() == 1
    said = capsys.readouterr().out
    assert "FAIL data (tiny streets)" in said
    assert "nowhere" in said


def test_open3d_without_its_libraries_names_them(monkeypatch):
    def broken(name):
        raise OSError("libusb-1.0.so.0: cannot open shared object file")

    monkeypatch.setattr(doctor.importlib, "import_module", broken)
    monkeypatch.setattr(doctor.bootstrap, "missing_system_libraries", lambda: ["libusb-1.0-0"])
    finding = doctor._open3d()
    assert not finding.ok
    assert "apt-get install libusb-1.0-0" in finding.fix


def test_a_wrong_sparse_convolution_is_caught(monkeypatch):
    from monotakd.models import spconv_cpu

    monkeypatch.setattr(doctor, "_version", lambda name: "2.3.8" if name == "spconv" else None)
    monkeypatch.setattr(spconv_cpu, "tiny_backward_error", lambda: 0.3)
    finding = doctor._spconv()
    assert not finding.ok
    assert finding.required


def test_a_gpu_without_its_spconv_is_told(monkeypatch):
    from monotakd.models import spconv_cpu

    monkeypatch.setattr(doctor, "_version", lambda name: "2.3.8" if name == "spconv" else None)
    monkeypatch.setattr(spconv_cpu, "tiny_backward_error", lambda: 0.0)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(spconv_cpu, "spconv_knows_cuda", lambda: False)
    finding = doctor._spconv()
    assert (finding.ok, finding.required) == (False, False)
    assert "cannot compute on the GPU" in finding.detail
    assert "spconv-cu126" in finding.fix


def test_two_spconv_builds_are_refused(monkeypatch):
    versions = {"spconv": "2.3.8", "spconv-cu126": "2.3.8"}
    monkeypatch.setattr(doctor, "_version", versions.get)
    assert "pip uninstall" in doctor._spconv().fix


@pytest.mark.skipif(sys.platform != "linux", reason="the CPU wheel exists for Linux only")
def test_spconv_agrees_with_dense_convolution_every_time():
    """The race that ``exact_on_cpu`` avoids showed in about one run in two hundred on two threads."""
    from monotakd.models.spconv_cpu import load_spconv, tiny_backward_error

    if load_spconv() is None:
        pytest.skip("spconv is not installed")
    assert max(tiny_backward_error() for _ in range(50)) < doctor.SPCONV_TOLERANCE
