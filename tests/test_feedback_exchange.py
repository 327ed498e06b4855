"""Export and import of confirmed digits."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator
from io import BytesIO, StringIO

import numpy as np
import pytest
from conftest import picture_of

from mnistcore.confirmed import Feedback, exchange, export_zip, import_zip, open_feedback
from mnistcore.confirmed import feedback as module
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit.files import as_png
from mnistcore.digit.form import NON_DIGIT_CLASS
from mnistcore.errors import FeedbackError, FeedbackFull, NoSuchProfile

DIGITS, LABELS = shipped_test_digits()
HEADER = "picture,label,predicted,model,created\n"


@pytest.fixture
def feedback(database_url: str) -> Iterator[Feedback]:
    opened = open_feedback(database_url)
    yield opened
    opened.close()


@pytest.fixture
def ada(feedback: Feedback) -> str:
    """A profile with five digits."""
    profile = feedback.find_or_create_profile("visitor", "Ada").id
    for index in range(5):
        picture = as_png(np.kron(DIGITS[index], np.ones((4, 4), np.uint8)))
        feedback.add(profile, picture, DIGITS[index], int(LABELS[index]), (None, 7)[index % 2], 'a "model", 1')
    feedback.add(profile, b"\xff\xd8 a JPEG", DIGITS[5], 1, None, "")
    return profile


def contents(feedback: Feedback, profile: str) -> list[tuple]:
    return [
        (digit.image.tobytes(), digit.label, digit.predicted, digit.model, digit.created, picture)
        for digit, picture in feedback.pictures(profile)
    ]


def test_what_was_exported_can_be_imported(feedback, ada):
    exported = export_zip(feedback, ada)
    other = feedback.find_or_create_profile("another visitor", "Grace").id
    assert import_zip(feedback, other, BytesIO(exported)) == (6, 0)
    assert contents(feedback, other) == contents(feedback, ada)
    assert import_zip(feedback, other, BytesIO(exported)) == (0, 6)
    assert feedback.count(other) == 6
    with pytest.raises(NoSuchProfile):
        export_zip(feedback, "0" * 32)
    with pytest.raises(NoSuchProfile):
        import_zip(feedback, "0" * 32, BytesIO(exported))


def test_an_export_is_read_by_other_programs(feedback, ada):
    with zipfile.ZipFile(BytesIO(export_zip(feedback, ada))) as archive:
        rows = list(csv.DictReader(StringIO(archive.read("digits.csv").decode())))
        assert [row["label"] for row in rows] == [*map(str, LABELS[:5]), "1"]
        assert [row["picture"] for row in rows][-2:] == ["pictures/000005.png", "pictures/000006.jpg"]
        assert archive.read(rows[0]["picture"]).startswith(b"\x89PNG")
        with np.load(BytesIO(archive.read("mnist.npz")), allow_pickle=False) as arrays:
            assert (arrays["x_train"] == DIGITS[:6]).all()
            assert arrays["y_train"].tolist() == [*LABELS[:5], 1]
            assert (arrays["x_test"].shape, arrays["y_test"].shape) == ((0, 28, 28), (0,))


def test_what_is_no_digit_is_exported_as_such_and_imported(feedback, ada):
    feedback.add(ada, PNG, DIGITS[7], NON_DIGIT_CLASS, NON_DIGIT_CLASS, "")
    feedback.add(ada, PNG, DIGITS[6], int(LABELS[6]), NON_DIGIT_CLASS, "")
    exported = export_zip(feedback, ada)
    with zipfile.ZipFile(BytesIO(exported)) as archive:
        rows = list(csv.DictReader(StringIO(archive.read("digits.csv").decode())))[-2:]
        assert [(row["label"], row["predicted"]) for row in rows] == [("none", "none"), (str(LABELS[6]), "none")]
        arrays = archive.read("mnist.npz")
        with np.load(BytesIO(arrays), allow_pickle=False) as loaded:
            assert max(loaded["y_train"]) < 10, "other programs know digits only"
    other = feedback.find_or_create_profile("another visitor", "Grace").id
    import_zip(feedback, other, BytesIO(exported))
    assert contents(feedback, other) == contents(feedback, ada)
    third = feedback.find_or_create_profile("another visitor", "Alan").id
    assert import_zip(feedback, third, BytesIO(arrays)) == (8, 0)
    assert np.sum(feedback.images_and_labels(third)[1] == NON_DIGIT_CLASS) == 1


def test_an_empty_profile_can_be_exported_and_imported(feedback):
    empty = feedback.find_or_create_profile("visitor", "Nobody").id
    assert import_zip(feedback, empty, BytesIO(export_zip(feedback, empty))) == (0, 0)


# What else is imported; the database makes no difference


@pytest.fixture
def store(tmp_path) -> Iterator[Feedback]:
    opened = open_feedback(f"sqlite:///{tmp_path}/feedback.db")
    yield opened
    opened.close()


@pytest.fixture
def profile(store: Feedback) -> str:
    return store.find_or_create_profile("visitor", "Ada").id


def archive(**files: str | bytes) -> BytesIO:
    """A ZIP archive; "__" in a name stands for ".", "_" for "/"."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name.replace("__", ".").replace("_", "/"), content)
    return file


def npz(**arrays: np.ndarray) -> bytes:
    file = BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


PNG = as_png(DIGITS[0])
TWO = npz(x_train=DIGITS[:2], y_train=LABELS[:2])


def test_a_file_in_the_layout_of_mnist_is_imported(store, profile):
    arrays = {"x_train": DIGITS[:3], "y_train": LABELS[:3], "x_test": DIGITS[2:5] / 1.0, "y_test": LABELS[2:5]}
    assert import_zip(store, profile, BytesIO(npz(**arrays))) == (5, 1)
    images, labels = store.images_and_labels(profile)
    assert (images == DIGITS[:5]).all()
    assert (labels == LABELS[:5]).all()
    assert picture_of(store, profile, store.digits(profile)[-1].id) == PNG


def test_pictures_and_a_table_alone_are_imported(store, profile):
    large = as_png(255 - np.kron(DIGITS[1], np.ones((9, 9), np.uint8)))
    table = "\ufefflabel,picture\r\n7,a.png\r\n2,pictures/b.png\r\n"
    assert import_zip(store, profile, archive(digits__csv=table, a__png=PNG, pictures_b__png=large)) == (2, 0)
    newest, oldest = store.digits(profile)
    assert (newest.label, newest.predicted, newest.model) == (2, None, "")
    assert (oldest.image == DIGITS[0]).all()
    assert np.abs(newest.image - DIGITS[1].astype(int)).mean() < 8


def promises() -> bytes:
    """An array whose header says that it has 10^15 images, and which has one."""
    file = BytesIO()
    np.save(file, DIGITS[:1])
    return file.getvalue().replace(b"(1, 28, 28), }" + b" " * 15, b"(1000000000000000, 28, 28), }")


def compressed_by(method: int) -> BytesIO:
    """A table whose compressed bytes are damaged."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        made.writestr("digits.csv", table("a.png,1") * 99)
    content = bytearray(file.getvalue())
    content[50:60] = bytes(10)
    return BytesIO(content)


def npz_of(header: bytes) -> bytes:
    """An array with this header."""
    array = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name in ("x_train.npy", "y_train.npy"):
            made.writestr(name, array)
    return file.getvalue()


def table(line: str) -> str:
    return f"{HEADER}{line}\n"


BAD = {
    "no archive": (BytesIO(b"seven"), r"cannot be read: it must be an exported ZIP archive"),
    "nothing": (BytesIO(), "The file cannot be read: it must"),
    "cut off": (BytesIO(archive(digits__csv=HEADER, a__png=PNG).getvalue()[:-30]), "The file cannot be read: it must"),
    "no table": (archive(a__png=PNG), "has no 'digits.csv': it must be an exported ZIP"),
    "a bomb": (archive(digits__csv=bytes(65 << 20)), "digits.csv is too large: it may have 64 MiB"),
    "letter": (archive(digits__csv=table("a.png,x"), a__png=PNG), "Line 2 of digits.csv: the label must be a digit"),
    "10": (archive(digits__csv=table("a.png,10"), a__png=PNG), "or none, not '10'"),
    "no label": (archive(digits__csv="picture\na.png\n", a__png=PNG), "0 to 9, or none, not ''"),
    "predicted": (archive(digits__csv=table("a.png,1,-1"), a__png=PNG), "the predicted must be a digit"),
    "time": (archive(digits__csv=table("a.png,1,,,today"), a__png=PNG), "'today' is no date and time of ISO 8601"),
    "no picture": (archive(digits__csv=table("a.png,1")), "has no 'a.png'"),
    "outside": (archive(digits__csv=table("/etc/passwd,1"), mnist__npz=TWO), "has 1 digits and mnist.npz 2"),
    "no such": (archive(digits__csv=table("a,1\nb,1"), mnist__npz=TWO), "has no 'a'"),
    "blank": (archive(digits__csv=table("a.png,1"), a__png=as_png(DIGITS[0] * 0)), "a.png: There is nothing drawn"),
    "text": (archive(digits__csv=table("a.png,1"), a__png=b"seven"), "a.png: The picture cannot be read"),
    "a large one": (
        archive(digits__csv=table("a.png,1"), a__png=bytes(2 << 20)),
        "a.png is too large: it may have 1 M",
    ),
    "labels": (BytesIO(npz(x_train=DIGITS[:1], y_train=np.array([10]))), "labels .* must be whole numbers in 0-9"),
    "too few": (BytesIO(npz(x_train=DIGITS[:2], y_train=LABELS[:1])), r"must be images \(n, 28, 28\) with n labels"),
    "shape": (BytesIO(npz(x_train=DIGITS[:2].reshape(2, 784), y_train=LABELS[:2])), "must be images"),
    "halves": (BytesIO(npz(x_train=DIGITS[:1] / 2, y_train=LABELS[:1])), "pixels .* must be whole numbers"),
    "a long field": (archive(digits__csv=table("a" * 200_000 + ",1")), r"cannot be read"),
    "another compression": (compressed_by(zipfile.ZIP_LZMA), r"cannot be read"),
    "a header of Python 2": (
        BytesIO(npz_of(b"{'descr': '|u1', 'fortran_order': False, 'shape': ('")),
        "cannot be read",
    ),
    "no labels": (BytesIO(npz(x_train=DIGITS[:1])), "has no 'y_train.npy'"),
}


@pytest.mark.parametrize(("file", "words"), BAD.values(), ids=BAD)
def test_what_cannot_be_imported_is_told_in_one_sentence(store, profile, file, words):
    with pytest.raises(FeedbackError, match=words) as error:
        import_zip(store, profile, file)
    assert "\n" not in str(error.value)
    assert str(error.value).endswith(".")
    assert store.count(profile) == 0


@pytest.mark.parametrize(
    "images", [promises(), np.array([[None]], object).dumps(), b"\x93NUMPY\x01\0\x10\0"], ids=["huge", "pickle", "cut"]
)
def test_an_array_may_promise_what_it_likes(store, profile, images):
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("x_train.npy", images)
        made.writestr("y_train.npy", images)
    with pytest.raises(FeedbackError, match="cannot be read"):
        import_zip(store, profile, file)


def test_objects_are_not_unpickled(store, profile):
    file = BytesIO()
    np.savez(file, x_train=np.array([print], object), y_train=np.array([print], object))
    with pytest.raises(FeedbackError, match=r"cannot be read"):
        import_zip(store, profile, file)


def test_an_encrypted_file_is_refused(store, profile):
    file = bytearray(archive(digits__csv=HEADER).getvalue())
    for start in (file.index(b"PK\1\2") + 8, 6):  # a flag in the directory, and in front of the content
        file[start] |= 1
    with pytest.raises(FeedbackError, match=r"cannot be read"):
        import_zip(store, profile, BytesIO(file))


def test_all_is_imported_or_nothing(store, profile, monkeypatch):
    monkeypatch.setattr(module, "MOST_ROWS", 700)
    with pytest.raises(FeedbackFull):
        import_zip(store, profile, BytesIO(npz(x_train=DIGITS[:1000], y_train=LABELS[:1000])))
    assert store.count(profile) == len(store.digits(profile)) == 0


def test_the_size_of_all_that_is_in_it_is_limited(store, profile, monkeypatch):
    monkeypatch.setattr(exchange, "MOST_UNPACKED", 1 << 20)
    with pytest.raises(FeedbackError, match="too large: unpacked it may have 1 MiB"):
        import_zip(store, profile, archive(digits__csv=HEADER, a__png=bytes(1 << 20)))


def test_what_takes_too_long_to_prepare_is_refused(store, profile, monkeypatch):
    monkeypatch.setattr(exchange, "LONGEST_PREPARING", -1.0)
    with pytest.raises(FeedbackError, match="takes too long to prepare"):
        import_zip(store, profile, archive(digits__csv=table("a.png,1"), a__png=PNG))
    monkeypatch.setattr(exchange, "MOST_PREPARED", 0)
    with pytest.raises(FeedbackError, match=r"without mnist.npz may hold 0 pictures"):
        import_zip(store, profile, archive(digits__csv=table("a.png,1"), a__png=PNG))
