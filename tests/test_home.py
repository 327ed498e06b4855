"""Where files are kept, and how they are written."""

import errno
import os
import stat
import threading
from pathlib import Path

import numpy as np
import platformdirs
import pytest

from mnistcore.home import PRIVATE, atomic_path, home, write_file


def test_without_a_setting_it_is_the_cache_directory(monkeypatch):
    monkeypatch.delenv("MNISTCORE_HOME")
    assert home() == platformdirs.user_cache_path("mnistcore", appauthor=False)


def test_a_tilde_in_the_setting_is_the_users_home_directory(monkeypatch):
    monkeypatch.setenv("MNISTCORE_HOME", "~/digits")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert str(home()) == "/home/somebody/digits"


def test_a_tilde_of_nobody_is_said(monkeypatch):
    monkeypatch.setenv("MNISTCORE_HOME", "~nobody-of-this-name/digits")
    with pytest.raises(OSError, match="There is no such user: '~nobody-of-this-name/digits'"):
        home()


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    target = tmp_path / "numbers.npy"
    target.write_text("before")
    with pytest.raises(ValueError, match="pickle"), atomic_path(target) as temporary:
        np.save(temporary, np.array([object()]), allow_pickle=False)
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]
    with atomic_path(target) as temporary:
        np.save(temporary, np.arange(3))
    assert (np.load(target) == np.arange(3)).all()


def test_a_folder_is_not_replaced(tmp_path):
    with pytest.raises(OSError, match="not a file") as error, atomic_path(tmp_path):
        pass
    assert error.value.filename == str(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_through_a_symbolic_link_its_target_is_written(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    for name in ("there.txt", "not-yet.txt"):
        target, link = tmp_path / "elsewhere" / name, tmp_path / name
        link.symlink_to(target)
        write_file(link, "new")
        assert link.is_symlink()
        assert target.read_text() == "new"
    assert len(list((tmp_path / "elsewhere").iterdir())) == 2


def test_a_pipe_and_a_device_are_written_to(tmp_path):
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_file(pipe, "through it")
    reader.join()
    assert read == ["through it"]
    assert pipe.is_fifo()
    write_file(Path("/dev/null"), "away")
    assert Path("/dev/null").is_char_device()
    with pytest.raises(OSError, match="No space left") as error:
        write_file(Path("/dev/full"), "too much")
    assert error.value.filename == "/dev/full"
    assert list(tmp_path.iterdir()) == [pipe]


@pytest.mark.parametrize(
    ("before", "mask", "mode", "after"),
    [
        (None, 0o022, 0o666, 0o644),
        (None, 0o077, 0o666, 0o600),
        (None, 0o000, PRIVATE, 0o600),
        (0o600, 0o022, 0o666, 0o600),
        (0o664, 0o077, PRIVATE, 0o664),
    ],
)
def test_the_umask_is_respected_and_a_files_mode_is_kept(tmp_path, before, mask, mode, after):
    target = tmp_path / "file"
    if before is not None:
        target.touch()
        target.chmod(before)
    mask_before = os.umask(mask)
    try:
        write_file(target, "content", mode)
    finally:
        os.umask(mask_before)
    assert stat.S_IMODE(target.stat().st_mode) == after


def test_a_fault_names_the_file_that_was_to_be_written(tmp_path):
    with pytest.raises(OSError, match="No space") as error, atomic_path(tmp_path / "mine.txt"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert error.value.filename == str(tmp_path / "mine.txt")
    assert list(tmp_path.iterdir()) == []
