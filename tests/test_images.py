"""`prepare` compared with MNIST itself: pictures of every kind, size and mode."""

from contextlib import nullcontext
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageDraw
from scipy import ndimage

from mnistcore import BadImage, BlankImage, load_model, open_page, prepare, read_page
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit import images
from mnistcore.digit.grey import to_grey
from mnistcore.digit.images import is_dash, is_prepared, prepare_batch
from mnistcore.digit.pixels import to_bytes

IMAGES, LABELS = shipped_test_digits()
FEW = slice(0, 120)


@pytest.fixture(scope="module")
def classic():
    return load_model("classic")


def enlarge(image):
    return np.kron(image, np.ones((10, 10), np.uint8))


def on_a_large_canvas(image, top=30, left=180):
    canvas = np.zeros((400, 500), np.uint8)
    canvas[top : top + 280, left : left + 280] = enlarge(image)
    return canvas


def as_transparent(image, ink):
    rgba = np.full((*image.shape, 4), ink, np.uint8)
    rgba[:, :, 3] = image
    return rgba


def in_colours(image, ink, paper):
    """Ink and paper that are as bright as each other."""
    share = image[:, :, np.newaxis] / 255
    return Image.fromarray(np.rint(share * ink + (1 - share) * paper).astype(np.uint8))


@pytest.mark.slow
def test_mnist_passes_unchanged():
    some = IMAGES[::4]
    prepared = np.stack([prepare(image) for image in some])
    identical = (prepared == some).all(axis=(1, 2))
    assert identical.mean() >= 0.999
    assert is_prepared(prepared).all()
    assert all((prepare(image) == image).all() for image in prepared)


@pytest.mark.parametrize(
    "change",
    [
        enlarge,
        lambda image: on_a_large_canvas(image, 0, 0),
        lambda image: on_a_large_canvas(image, 120, 220),
        lambda image: 255 - on_a_large_canvas(image),
        lambda image: np.pad(image, ((0, 9), (7, 0))),
        lambda image: as_transparent(enlarge(image), 0),
        lambda image: as_transparent(enlarge(image), 255),
        lambda image: Image.fromarray(enlarge(image)).convert("RGB").rotate(90).rotate(-90),
        lambda image: Image.fromarray(enlarge(255 - image)).convert("CMYK"),
        lambda image: enlarge(image) / np.float64(255),
        lambda image: 60 + enlarge(image) // 4,
        lambda image: 255 - enlarge(image) // 6,
        lambda image: enlarge(image)[:, :, np.newaxis],
        lambda image: in_colours(enlarge(image), (255, 0, 0), (0, 130, 0)),
        lambda image: in_colours(enlarge(image), (0, 0, 255), (97, 0, 0)),
    ],
    ids=[
        "enlarged",
        "top left",
        "bottom right",
        "dark on light",
        "shifted",
        "black on nothing",
        "white on nothing",
        "RGB",
        "CMYK",
        "0 to 1",
        "grey on grey",
        "pencil",
        "one channel",
        "red on green",
        "blue on red",
    ],
)
def test_changed_digits_are_read_as_before(classic, change):
    unchanged = np.mean(classic.predict(IMAGES[FEW]) == LABELS[FEW])
    prepared = np.stack([prepare(change(image)) for image in IMAGES[FEW]])
    assert abs(np.mean(classic.predict(prepared) == LABELS[FEW]) - unchanged) <= 0.01


# how a picture is stored that is shown upright, by the number of EXIF's orientation
STORED = {
    1: lambda image: image,
    **{
        number: lambda image, turn=turn: image.transpose(turn)
        for number, turn in {
            2: Image.Transpose.FLIP_LEFT_RIGHT,
            3: Image.Transpose.ROTATE_180,
            4: Image.Transpose.FLIP_TOP_BOTTOM,
            5: Image.Transpose.TRANSPOSE,
            6: Image.Transpose.ROTATE_90,
            7: Image.Transpose.TRANSVERSE,
            8: Image.Transpose.ROTATE_270,
        }.items()
    },
}


@pytest.mark.parametrize("number", STORED)
def test_however_exif_turns_a_picture_its_digits_and_boxes_are_those_that_are_seen(classic, number):
    upright = Image.fromarray(on_a_large_canvas(IMAGES[0]))
    exif, file = Image.Exif(), BytesIO()
    exif[0x0112] = number
    STORED[number](upright).save(file, "PNG", exif=exif)
    assert (prepare(Image.open(file)) == prepare(upright)).all()
    shown, size = open_page(file.getvalue())
    assert size == upright.size
    assert read_page(shown, classic, size).as_dict() == read_page(upright, classic).as_dict()


def test_16_bit_and_palette_pictures_are_read_as_8_bit_ones():
    expected = prepare(enlarge(IMAGES[0]))
    deep = Image.fromarray(enlarge(IMAGES[0]).astype(np.uint16) * 257)
    assert deep.mode == "I;16"
    assert (prepare(deep) == expected).all()
    assert (prepare(Image.fromarray(enlarge(IMAGES[0])).convert("P")) == expected).all()


def test_very_large_pictures_are_read():
    huge = Image.new("L", (5000, 3000), 255)
    huge.paste(Image.fromarray(255 - enlarge(IMAGES[0])).resize((1400, 1400)), (3000, 200))
    assert load_model("classic").predict(prepare(huge)[np.newaxis])[0] == LABELS[0]


def test_specks_are_not_part_of_the_digit():
    clean = on_a_large_canvas(IMAGES[0])
    specked = clean.copy()
    for top, left in ((350, 20), (10, 10), (300, 480)):
        specked[top : top + 4, left : left + 4] = 255
    assert (prepare(specked) == prepare(clean)).all()


@pytest.mark.parametrize("deviation", [10, 40, 80])
def test_noisy_paper_is_not_ink(classic, deviation):
    rng = np.random.default_rng(0)
    few = slice(0, 40)
    noisy = [
        (on_a_large_canvas(image) + rng.normal(0, deviation, (400, 500))).clip(0, 255).astype(np.uint8)
        for image in IMAGES[few]
    ]
    prepared = np.stack([prepare(image) for image in noisy])
    assert np.mean(classic.predict(prepared) == classic.predict(IMAGES[few])) >= 0.95


def test_thin_strokes_stay_visible():
    thin = Image.new("L", (1000, 1000), 255)
    ImageDraw.Draw(thin).line([(300, 100), (700, 100), (400, 900)], fill=0, width=3)
    assert prepare(thin).max() == 255
    assert load_model("classic").predict(prepare(thin)[np.newaxis])[0] == 7


@pytest.mark.parametrize(
    "blank",
    [
        np.zeros((28, 28), np.uint8),
        np.full((280, 280, 3), 255, np.uint8),
        np.zeros((280, 280, 4), np.uint8),
        np.full((50, 60), 7.0),
        Image.new("P", (1, 1)),
        Image.new("LA", (30, 30), (0, 0)),
        np.random.default_rng(0).integers(235, 245, (200, 200)).astype(np.uint8),
    ],
    ids=["black", "white", "transparent", "grey", "one pixel", "LA", "grainy paper"],
)
def test_a_blank_picture_is_no_digit(blank):
    with pytest.raises(BlankImage, match="nothing drawn"):
        prepare(blank)


@pytest.mark.parametrize("radius", [2, 10, 60, 139])
def test_a_dot_is_no_digit(radius):
    dot = Image.new("L", (280, 280))
    ImageDraw.Draw(dot).ellipse((140 - radius, 140 - radius, 140 + radius, 140 + radius), fill=255)
    with pytest.raises(BlankImage, match="only a dot"):
        prepare(dot)


def test_nobodys_digit_is_a_dash():
    assert not is_dash(IMAGES).any()
    assert not is_dash(np.zeros((1, 28, 28), np.uint8)).any()


def test_a_picture_that_is_cut_off_gets_a_sentence():
    file = BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (99, 99), np.uint8)).save(file, "PNG")
    with pytest.raises(BadImage, match="damaged: not all of it can be read"):
        prepare(Image.open(BytesIO(file.getvalue()[:5000])))


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (np.zeros((28, 28, 2), np.uint8), "must be"),
        (np.zeros(784, np.uint8), "must be"),
        (np.zeros((0, 5), np.uint8), "no pixels"),
        (np.full((28, 28), np.nan), "finite"),
        (np.full((28, 28), -1.0), "0-1 or 0-255"),
        (np.full((28, 28), 256), "0-1 or 0-255"),
        (np.full((28, 28), "5"), "finite numbers"),
        ([[1, 2], [3]], "rows of one length"),
    ],
)
def test_what_is_no_picture_gets_a_sentence(bad, sentence):
    with pytest.raises(BadImage, match=sentence):
        prepare(bad)


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGB", "RGBA", "LA", "I;16", "F"])
def test_a_large_picture_is_reduced_in_strips_as_it_would_be_as_a_whole(mode):
    noise = np.random.default_rng(0).integers(0, 256, (1100, 4, 4), dtype=np.uint8)
    image = Image.fromarray(noise.reshape(1100, 16)[:, :11] if mode in ("I;16", "F") else noise)
    image = image.resize((2111, 1733))
    kind = "F" if mode in ("I;16", "F") else "L"
    if kind == "F":
        pixels = np.asarray(image, np.float32)
        image = Image.fromarray(pixels if mode == "F" else (pixels * 257).astype(np.uint16))
    else:
        image = image.convert(mode)
    whole = image.convert("RGBA").convert("LA") if image.has_transparency_data else image.convert(kind)
    np.testing.assert_array_equal(to_grey(image), to_grey(whole.reduce(3)))


def varied(image, rng):
    """A digit of another size, elsewhere in its 28x28 pixels: grey on grey, dark on light, noisy, or with a spot."""
    canvas = np.zeros((112, 112), np.uint8)
    height, width = rng.integers(6, 40, 2)
    top, left = 56 - np.array([height, width]) // 2
    canvas[top : top + height, left : left + width] = Image.fromarray(image).resize((width, height))
    top, left = 42 + rng.integers(-6, 7, 2)
    canvas = canvas[top : top + 28, left : left + 28]
    low, high = np.sort(rng.integers(0, 256, 2)) if rng.random() < 0.5 else (0, 255)
    canvas = low + canvas * ((high - low) / 255)
    canvas += rng.normal(0, rng.choice([0, 0, 5, 30]), canvas.shape)
    if rng.random() < 0.3:
        top, left, size = rng.integers(0, 25, 3)
        canvas[top : top + size % 5 + 1, left : left + size % 5 + 1] = high
    canvas = canvas.clip(0, 255).astype(np.uint8)
    return canvas if rng.random() < 0.5 else 255 - canvas


def assert_prepared_as_one_by_one(pixels):
    prepared, blank = prepare_batch(pixels)
    for i, picture in enumerate(pixels):
        try:
            expected, sentence = prepare(picture), None
        except BlankImage as error:
            expected, sentence = to_bytes(pixels[i : i + 1])[0], str(error)
        assert blank.get(i) == sentence
        np.testing.assert_array_equal(prepared[i], expected)
    return blank


def test_a_batch_is_prepared_as_its_images_are_one_by_one():
    rng = np.random.default_rng(0)
    dots = np.zeros((3, 28, 28), np.uint8)
    dots[0, 3:8, 3:8] = dots[1, 20:22, 20:22] = dots[2, 1:20, 1:20] = 255
    digits = IMAGES[:400]
    shifted = np.roll(digits[:100], (3, -3), (1, 2))
    pixels = np.concatenate([digits[:50], shifted, 255 - shifted, [varied(image, rng) for image in digits], dots])
    sentences = set(assert_prepared_as_one_by_one(pixels).values())
    assert sentences == {images.NOTHING_DRAWN, images.ONLY_A_DOT}


def test_a_batch_of_blank_images_and_an_empty_one():
    assert_prepared_as_one_by_one(np.zeros((3, 28, 28), np.uint8))
    assert_prepared_as_one_by_one(IMAGES[:0])


@settings(max_examples=100, deadline=None)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 5), st.just(28), st.just(28)), elements=st.integers(0, 255)))
def test_any_batch_is_prepared_as_its_images_are_one_by_one(pixels):
    assert_prepared_as_one_by_one(pixels)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40)), elements=st.integers(0, 255)))
def test_anything_is_either_prepared_once_and_for_all_or_blank(pixels):
    try:
        prepared = prepare(pixels)
    except BlankImage:
        return
    assert prepared.shape == (28, 28)
    assert prepared.dtype == np.uint8
    assert is_prepared(prepared[np.newaxis])[0]
    assert (prepare(prepared) == prepared).all()


def test_no_circle_has_fewer_pixels_than_the_search_for_dots_takes_for_granted():
    squares = np.add.outer(np.arange(-99, 100) ** 2, np.arange(-99, 100) ** 2)
    for square in np.unique(squares[squares <= 99**2])[1:]:
        assert (squares < square).sum() > 3 * square - 7


def looked_for_everywhere(ink):
    """Whether ink is a dot, its inscribed circle measured whatever its number of pixels."""
    return 2 * ndimage.distance_transform_edt(np.pad(ink > 0.5, 1)).max() > images.DOT * max(ink.shape)


@pytest.mark.parametrize("radius", [1, 1.5, 2, 3, 4.5, 6, 8, 9.9])
@pytest.mark.parametrize("stretch", [1, 1.2, 1.4, 1.6])
def test_what_is_a_dot_does_not_depend_on_the_shortcut(radius, stretch):
    down, right = np.mgrid[-20:21, -20:21]
    shape = (np.hypot(down / stretch, right) < radius).astype(np.uint8) * 255
    is_dot = looked_for_everywhere(shape[np.ix_(shape.any(axis=1), shape.any(axis=0))] / np.float32(255))
    with pytest.raises(BlankImage, match="only a dot") if is_dot else nullcontext():
        prepare(shape)
