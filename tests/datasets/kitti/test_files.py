import os

import pytest

from monotakd.datasets.kitti.files import read_bytes, read_json, read_json_object, write_bytes
from monotakd.errors import DataError


def test_writing_replaces_and_leaves_no_parts(tmp_path):
    path = tmp_path / "new" / "folder" / "file"
    write_bytes(path, b"old")
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(path.parent) == ["file"]


def test_a_failed_write_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_bytes(path, b"old")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="no regular file"):
        read_bytes(tmp_path / "pipe", "a label file")


def test_a_file_over_the_limit_is_refused_without_reading_it(tmp_path):
    with open(tmp_path / "large", "wb") as file:
        file.truncate(10**12)  # takes no space on disk
    with pytest.raises(DataError, match="found 1000000000000 bytes; expected a label file of at most"):
        read_bytes(tmp_path / "large", "a label file")


def test_a_missing_file_says_where_it_comes_from(tmp_path):
    with pytest.raises(DataError, match=r"no such file; expected a label file\. Download it\."):
        read_bytes(tmp_path / "none", "a label file", fix="Download it.")


def test_a_link_to_itself_is_refused(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(DataError, match="cannot be read"):
        read_bytes(tmp_path / "loop", "a label file")


def test_json_is_read_or_refused_by_what_it_is_instead(tmp_path):
    path = tmp_path / "file.json"
    path.write_text('{"name": "Käfer"}', encoding="utf-8")
    assert read_json_object(path, "facts") == {"name": "Käfer"}
    path.write_text("[1, 2]")
    assert read_json(path, "facts") == [1, 2]
    with pytest.raises(DataError, match=r"file\.json: found a JSON list; expected facts, a JSON object"):
        read_json_object(path, "facts")
    for damaged in (b"{", b"", b"\xff\xfe\x00"):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"file\.json: found text that is no JSON .*expected facts"):
            read_json(path, "facts")
    with pytest.raises(DataError, match="no such file"):
        read_json(tmp_path / "missing.json", "facts")
