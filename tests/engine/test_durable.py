"""The order of things that makes a file whole or absent."""

import multiprocessing
import os
import platform

import pytest

from monotakd.datasets.kitti.files import remove_leftovers
from monotakd.engine import durable
from monotakd.engine.durable import make_folder, write_durably, write_text_durably
from monotakd.errors import DataError


@pytest.fixture
def calls(monkeypatch, tmp_path):
    """What is on the disk under the file's own name whenever something is made durable or renamed."""
    seen = []
    names = {}

    def content():
        path = tmp_path / "file"
        return path.read_text() if path.exists() else None

    def watch(name):
        original = getattr(os, name)

        def watched(*args):
            what = names.get(args[0], args[0]) if name == "fsync" else name
            seen.append((name, os.path.basename(what) if name == "fsync" else what, content()))
            return original(*args)

        monkeypatch.setattr(durable.os, name, watched)

    def opened(path, flags, *args, original=os.open, **kwargs):
        descriptor = original(path, flags, *args, **kwargs)
        names[descriptor] = str(path)
        return descriptor

    monkeypatch.setattr(durable.os, "open", opened)
    watch("fsync")
    watch("replace")
    return seen


@pytest.mark.skipif(os.name != "posix", reason="folders are made durable on POSIX only")
@pytest.mark.parametrize("before", [None, "old"])
def test_content_is_durable_before_the_name_and_the_name_before_returning(tmp_path, calls, before):
    if before is not None:
        (tmp_path / "file").write_text(before)
    write_durably(tmp_path / "file", lambda temporary: temporary.write_text("new"))
    assert calls == [
        ("fsync", f".file.{platform.node()}.{os.getpid()}.part", before),
        ("replace", "replace", before),
        ("fsync", tmp_path.name, "new"),
    ]


def test_missing_folders_are_made(tmp_path):
    write_durably(tmp_path / "a" / "b", lambda temporary: temporary.write_text("new"))
    assert (tmp_path / "a" / "b").read_text() == "new"


def test_text_has_unix_line_ends_and_utf_8(tmp_path):
    write_text_durably(tmp_path / "new" / "file", "Käfer\nend\n")
    assert (tmp_path / "new" / "file").read_bytes() == "Käfer\nend\n".encode()


def test_a_folder_is_made_or_the_place_is_named(tmp_path):
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(DataError, match="no folder can be made there") as stop:
            make_folder(place)
        assert stop.value.source == str(place)


def _write_often(path, letter):
    for _ in range(40):
        write_text_durably(path, letter * 100_000)


def test_processes_that_write_the_same_file_do_not_meet(tmp_path):
    path, spawned = tmp_path / "file", multiprocessing.get_context("spawn")
    writers = [spawned.Process(target=_write_often, args=(path, letter)) for letter in "ab"]
    for writer in writers:
        writer.start()
    contents = set()
    while any(writer.is_alive() for writer in writers):
        if path.exists():
            contents.add(path.read_text())
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert contents <= {"a" * 100_000, "b" * 100_000}
    assert [left.name for left in tmp_path.iterdir()] == ["file"]


def test_leftovers_go_when_they_are_old_enough(tmp_path):
    for name, age in (("a/.old.host.1.part", 7200), (".new.host.2.part", 10), ("file.part", 7200)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, (tmp_path / name).stat().st_mtime - age))
    remove_leftovers(tmp_path, older=3600.0)
    assert sorted(path.name for path in tmp_path.rglob("*.part")) == [".new.host.2.part", "file.part"]
    remove_leftovers(tmp_path)
    assert [path.name for path in tmp_path.rglob("*.part")] == ["file.part"]
    remove_leftovers(tmp_path / "missing")
