"""Where the project keeps what it downloads and trains, and how it writes a file."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def home() -> Path:
    """The directory for downloads and trained models: `MNISTCORE_HOME`, or else the user's cache directory."""
    chosen = os.environ.get("MNISTCORE_HOME")
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs  # only needed when nothing is set, and by no request to the API

    return Path(platformdirs.user_cache_dir("mnistcore", appauthor=False))


def data_directory() -> Path:
    """The directory for what people have made themselves: `MNISTCORE_HOME`, or else the user's data directory."""
    if os.environ.get("MNISTCORE_HOME"):
        return home()
    import platformdirs

    return Path(platformdirs.user_data_dir("mnistcore", appauthor=False))


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Give a temporary path beside `target`, and move it there once the block has ended well.

    Whoever reads `target` sees the old file or the new one, never half of either. If the block raises (or the user
    presses Ctrl-C), `target` is left as it was and nothing else stays behind.

    Raises:
        OSError: there is something else than a file at `target`.
    """
    check_is_file(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.stem}.", suffix=target.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)  # mkstemp makes files that only their owner can read
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def write_file(target: Path, content: str | bytes) -> None:
    """Write a file through `atomic_path`; text as UTF-8."""
    with atomic_path(target) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


def check_is_file(target: Path) -> None:
    """Raise OSError if there is something else than a file at `target`: a folder, or a device such as /dev/null, in
    whose place root could put a file."""
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "It is not a file", str(target))
