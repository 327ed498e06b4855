"""Where files are kept, and how they are written."""

import os

import numpy as np
import platformdirs
import pytest

from mnistcore.home import atomic_path, home


def test_without_a_setting_it_is_the_cache_directory(monkeypatch):
    monkeypatch.delenv("MNISTCORE_HOME")
    assert home() == platformdirs.user_cache_path("mnistcore", appauthor=False)


def test_a_tilde_in_the_setting_is_the_users_home_directory(monkeypatch):
    monkeypatch.setenv("MNISTCORE_HOME", "~/digits")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert str(home()) == "/home/somebody/digits"


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


def test_what_is_not_a_file_is_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for target in (pipe, tmp_path):
        with pytest.raises(OSError, match="not a file") as error, atomic_path(target):
            pass
        assert error.value.filename == str(target)
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]
