"""Picture files that anybody may have sent: what each may cost is bounded."""

import subprocess
import sys
from io import BytesIO

import numpy as np
import pytest
from conftest import ROOT
from PIL import Image

from mnistcore import BadImage, UnsupportedImage, open_image
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit.files import MAX_SCANS

IMAGES, _ = shipped_test_digits()


def file_of(image, kind, **options):
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def test_a_file_that_cannot_be_opened_is_not_called_a_bad_picture(tmp_path):
    loop = tmp_path / "loop.png"
    loop.symlink_to(loop)
    for path, said in ((loop, "Too many levels of symbolic links"), (tmp_path / ("a" * 300), "File name too long")):
        with pytest.raises(BadImage, match=f"^The file cannot be read: {said}"):
            open_image(path)


def test_a_large_jpeg_is_reduced_while_it_is_decoded():
    assert open_image(file_of(Image.new("L", (4000, 3000)), "JPEG")).size == (2000, 1500)
    assert open_image(file_of(Image.new("L", (2000, 1500)), "JPEG")).size == (2000, 1500)


def test_a_picture_of_millions_of_rows_is_refused_undecoded():
    for size in ((1, 25_000_000), (65_536, 2)):
        with pytest.raises(UnsupportedImage, match=f"at most 65,535 pixels .* this one is {size[0]:,} x {size[1]:,}"):
            open_image(file_of(Image.new("1", size), "PNG"))
    assert open_image(file_of(Image.new("1", (2, 65_535)), "PNG")).size == (2, 65_535)


def test_scans_are_counted_and_nothing_else_is_taken_for_one():
    jpeg = file_of(Image.fromarray(np.kron(IMAGES[0], np.ones((10, 10), np.uint8))), "JPEG", progressive=True)
    scan = jpeg[jpeg.rindex(b"\xff\xda") : -2]
    there = jpeg.count(b"\xff\xda")
    most = jpeg[:-2] + scan * (MAX_SCANS - there) + jpeg[-2:]
    with pytest.raises(UnsupportedImage, match=f"{MAX_SCANS} scans at most"):
        open_image(most[:-2] + scan + most[-2:])
    thumbnail = b"\xff\xe1" + (2 + 2 * 60).to_bytes(2) + b"\xff\xda" * 60
    behind = most + scan * 9  # as the preview of a phone's photo
    for file in (most, most[:2] + thumbnail + most[2:], behind):
        assert open_image(file).size == (280, 280)


@pytest.mark.slow
def test_pillows_warnings_are_neither_printed_nor_kept():
    code = """
from io import BytesIO
from PIL import Image
from mnistcore import MnistCoreError, open_image
for side in range(10_000, 10_005):
    file = BytesIO()
    Image.new("1", (side, side)).save(file, "PNG")
    try:
        open_image(file.getvalue())
    except MnistCoreError as error:
        assert "25,000,000 pixels" in str(error)
assert len(getattr(Image, "__warningregistry__", {})) <= 1, Image.__warningregistry__
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
