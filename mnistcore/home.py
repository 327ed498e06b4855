"""Where the project keeps what it downloads and trains, and how it reads and writes a file."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mnistcore.errors import AlreadyRunning

PRIVATE = 0o600  # the mode of a file that only its owner may read
TEMPORARY = ".mnistcore-"  # how the name of a file begins that is being written


def home() -> Path:
    """The directory for downloads and trained models: `MNISTCORE_HOME`, or else the user's cache directory.

    Raises:
        OSError: it is to be in the home of a user that there is not.
    """
    chosen = os.environ.get("MNISTCORE_HOME")
    if chosen:
        try:
            return Path(chosen).expanduser()
        except RuntimeError:
            raise OSError(errno.ENOENT, "There is no such user", chosen) from None
    import platformdirs  # only needed when nothing is set, and by no request to the API

    return Path(platformdirs.user_cache_dir("mnistcore", appauthor=False))


def data_directory() -> Path:
    """The directory for what people have made themselves: `MNISTCORE_HOME`, or else the user's data directory."""
    if os.environ.get("MNISTCORE_HOME"):
        return home()
    import platformdirs

    return Path(platformdirs.user_data_dir("mnistcore", appauthor=False))


def how_to_install(extra: str) -> str:
    """The command that installs the optional packages of that name in pyproject.toml, from wherever the package is."""
    checkout = Path(__file__).resolve().parent.parent
    package = checkout if (checkout / "pyproject.toml").is_file() else "mnistcore"
    return f"pip install '{package}[{extra}]'"


@contextmanager
def atomic_path(target: Path, mode: int = 0o666) -> Iterator[Path]:
    """Give a temporary path beside `target`, and move it there once the block has ended well.

    Whoever reads `target` sees the old file or the new one, never half of either. If the block raises (or the user
    presses Ctrl-C), `target` is left as it was and nothing else stays behind. A symbolic link stays one: the file that
    it leads to is replaced. A device or a pipe cannot be replaced: what is written is copied into it at the end.

    Args:
        target: the file.
        mode: of a new file, as `open` takes it: less what the umask forbids. A file that there is keeps its own.

    Raises:
        OSError: the target is a folder, or cannot be written; its filename is the target's.
    """
    write = _copied_into if target.exists() and not target.is_file() else _replacing
    with named_in_errors(target), write(target, mode) as temporary:
        yield temporary


def write_file(target: Path, content: str | bytes, mode: int = 0o666) -> None:
    """Write a file through `atomic_path`; text as UTF-8."""
    with atomic_path(target, mode) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def named_in_errors(target: Path) -> Iterator[None]:
    """An error that names no file, or a temporary one, names the target."""
    try:
        yield
    except OSError as error:
        named = error.filename
        if error.errno is None or not (named is None or TEMPORARY in str(named)):
            raise
        raise OSError(error.errno, error.strerror, str(target)) from error


def check_is_file(target: Path) -> None:
    """Raise OSError if there is something else than a file at `target`: a folder, a device, or a pipe."""
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "It is not a file", str(target))


def read_text(path: Path, errors: str = "strict") -> str:
    """The UTF-8 text of a file; OSError, too, if it is none: a pipe would be waited for, and a device read for ever."""
    check_is_file(path)
    return path.read_text(encoding="utf-8", errors=errors)


def lock(file: BinaryIO, path: Path, sentence: str) -> None:
    """Keep other processes from an open file until it is closed.

    Raises:
        AlreadyRunning: another process has it, or has moved or deleted it since it was opened; with this sentence.
    """
    import fcntl  # of Unix alone, as are the trainings and the millions of images that are locked

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(path.stat(), os.fstat(file.fileno())):
            return
    except (BlockingIOError, FileNotFoundError):
        pass
    raise AlreadyRunning(sentence)


@contextmanager
def _replacing(target: Path, mode: int) -> Iterator[Path]:
    """A temporary path in the target's directory, which is moved to where the target is or leads."""
    kept = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
    target = Path(os.path.realpath(target))
    if target.is_symlink():  # it leads nowhere but to itself
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f"{TEMPORARY}{secrets.token_hex(8)}{target.suffix}")
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
    try:
        if kept is not None:
            temporary.chmod(kept)
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _copied_into(target: Path, _mode: int) -> Iterator[Path]:
    """A temporary path; what is written there is copied into the device or pipe `target` at the end."""
    if target.is_dir():
        raise OSError(errno.EISDIR, "It is not a file", str(target))
    with tempfile.TemporaryDirectory(prefix=TEMPORARY) as directory:
        temporary = Path(directory) / f"{TEMPORARY}{target.suffix}"
        temporary.touch()
        yield temporary
        with temporary.open("rb") as source, target.open("wb") as device:
            shutil.copyfileobj(source, device)
