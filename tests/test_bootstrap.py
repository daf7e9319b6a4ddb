"""Setting up: what is found missing, and that the commands work before anything is installed."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from monotakd import bootstrap


def test_starts_with_the_standard_library_alone(tmp_path):
    """Isolated mode without site-packages is a machine that has only Python."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); "
        "from monotakd import bootstrap; print(bootstrap.lacking(testing=True), bootstrap.find_python())"
    )
    command = [sys.executable, "-I", "-S", "-c", script, str(bootstrap.CHECKOUT)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "torch" in done.stdout
    assert "pytest" in done.stdout


def test_nothing_is_lacking_here():
    assert bootstrap.lacking(testing=True) == []


def test_no_supported_python_is_explained(monkeypatch):
    monkeypatch.setattr(bootstrap, "_supported", lambda python: False)
    with pytest.raises(bootstrap.SetupError, match=r"3\.11.*environment\.yml"):
        bootstrap.find_python()


def test_missing_system_libraries_are_named(monkeypatch, capsys):
    monkeypatch.setattr(bootstrap.sys, "platform", "linux")
    monkeypatch.setattr(bootstrap.ctypes.util, "find_library", lambda name: None)
    monkeypatch.setattr(bootstrap.sys, "prefix", "/nowhere")
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    bootstrap.install_system_libraries()
    said = capsys.readouterr().out
    assert "sudo apt-get install libusb-1.0-0 libgl1 libgomp1" in said


def test_a_changed_pin_makes_a_new_environment(monkeypatch, tmp_path):
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_bytes((bootstrap.CHECKOUT / name).read_bytes())
    monkeypatch.setattr(bootstrap, "CHECKOUT", tmp_path)
    before = bootstrap._fingerprint("venv")
    with (tmp_path / "constraints.txt").open("a") as pins:
        pins.write("colorama==0.4.6\n")
    assert bootstrap._fingerprint("venv") != before


def test_jupyter_opens_without_dialogs(tmp_path):
    bootstrap.write_jupyter_settings(tmp_path)
    page = (tmp_path / "etc/jupyter/labconfig/page_config.json").read_text()
    assert '"buildCheck": false' in page
    assert '"fetchNews": "false"' in (tmp_path / "share/jupyter/lab/settings/overrides.json").read_text()


def test_settings_of_the_readers_own_stay(tmp_path):
    page = tmp_path / "etc/jupyter/labconfig/page_config.json"
    page.parent.mkdir(parents=True)
    page.write_text('{"disabledExtensions": {"x": true}, "buildCheck": true}')
    bootstrap.write_jupyter_settings(tmp_path)
    settings = json.loads(page.read_text())
    assert settings["disabledExtensions"] == {"x": True}
    assert settings["buildCheck"] is False


def test_chromium_is_installed_for_the_tests_alone(monkeypatch):
    asked = []
    monkeypatch.setattr(bootstrap, "lacking", lambda testing: [])
    monkeypatch.setattr(bootstrap.chromium, "program", lambda: None)
    monkeypatch.setattr(bootstrap, "missing_system_libraries", list)
    monkeypatch.setattr(bootstrap, "_apt_install", asked.append)
    monkeypatch.setattr(bootstrap.sys, "platform", "linux")
    monkeypatch.setattr(bootstrap, "setup", lambda: Path(sys.executable))
    bootstrap.continue_in_environment(["lab"])
    assert asked == []
    bootstrap.continue_in_environment(["test"])
    assert asked == [["chromium"]]


def test_a_missing_chromium_is_explained(monkeypatch, capsys):
    monkeypatch.setattr(bootstrap.chromium, "program", lambda: None)
    monkeypatch.setattr(bootstrap, "_apt_install", lambda packages: None)
    bootstrap.install_browser()
    assert "sudo apt-get install chromium" in capsys.readouterr().out


def test_a_command_before_the_set_up_says_what_to_do_first(monkeypatch, tmp_path):
    monkeypatch.setattr(bootstrap, "CHECKOUT", tmp_path)
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(bootstrap.SetupError, match="make setup"):
        bootstrap.continue_where_it_is_made(["doctor"])


def test_a_command_finds_the_environment_by_itself(tmp_path):
    """From a Python that has nothing, in another folder, with the exit status and all words of the command."""
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    shutil.copytree(bootstrap.CHECKOUT / "monotakd", project / "monotakd", ignore=lambda *_: ["datasets", "viz"])
    inside = bootstrap._venv_python(project / ".venv")
    inside.parent.mkdir(parents=True)
    inside.write_text('#!/bin/sh\necho "$PWD: $@"\nexit 3\n')
    inside.chmod(0o755)
    elsewhere.mkdir()
    script = "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); runpy.run_module('monotakd', run_name='__main__')"
    command = [sys.executable, "-I", "-S", "-c", script, str(project), "predict", "a b.png"]
    done = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, f"{elsewhere}: -m monotakd predict a b.png\n"), done.stderr


def test_a_command_runs_where_nothing_is_lacking(monkeypatch):
    monkeypatch.setattr(bootstrap.subprocess, "run", None)
    bootstrap.continue_where_it_is_made(["doctor"])
