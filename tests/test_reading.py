"""From a picture to a reading: its status, its digit, and its sentence."""

import numpy as np
import pytest
from PIL import Image
from strokes import SEVEN, picture

from mnistcore import BadImage, Model, load_model, read, read_batch
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit import reading
from mnistcore.digit.images import prepare

IMAGES, LABELS = (part[:200] for part in shipped_test_digits())
BLANK = np.zeros((28, 28), np.uint8)
DOT = BLANK.copy()
DOT[10:14, 10:14] = 255
OFF_CENTRE = np.roll(IMAGES[0], (-4, 3), (0, 1))


@pytest.fixture(scope="module")
def classic():
    return load_model("classic")


def model_that_answers(not_a_digit: float | None = None, **probabilities: float) -> Model:
    """A model that gives every image these probabilities: digit_4=0.6 is the probability of a 4."""
    bias = np.full(10, -99, np.float32)
    for digit, probability in probabilities.items():
        bias[int(digit.removeprefix("digit_"))] = np.log(probability)
    if not_a_digit is not None:
        bias = np.append(bias, np.float32(np.log(not_a_digit)))
    card = {"rejection_threshold": 0.7, "digit_threshold": 0.25}
    return Model((np.zeros((784, len(bias)), np.float32),), (bias,), card)


def test_a_digit(classic):
    seven = Image.fromarray(255 - np.kron(IMAGES[0], np.ones((10, 10), np.uint8)))
    found = read(seven, classic)
    assert (found.status, found.digit, found.message) == ("digit", 7, None)
    np.testing.assert_array_equal(found.image, prepare(seven))
    np.testing.assert_array_equal(found.probabilities, classic.predict_proba(prepare(seven)[None])[0])
    assert found.confidence == found.probabilities[7] == found.probabilities.max()
    assert found.runner_up == found.probabilities.argsort()[-2]


def test_below_the_rejection_threshold_it_is_uncertain():
    found = read(IMAGES[0], model_that_answers(digit_4=0.6, digit_9=0.4))
    assert (found.status, found.digit, found.runner_up) == ("uncertain", 4, 9)
    assert found.confidence == pytest.approx(0.6)
    assert found.message == "Uncertain: it may be a 4 or a 9."


def test_from_the_rejection_threshold_on_it_is_a_digit():
    assert read(IMAGES[0], model_that_answers(digit_4=0.71, digit_9=0.29)).status == "digit"


def test_below_the_digit_threshold_it_is_not_a_digit():
    found = read(IMAGES[0], model_that_answers(not_a_digit=0.8, digit_4=0.15, digit_9=0.05))
    assert (found.status, found.digit, found.message) == ("not a digit", 4, "This does not look like a digit.")
    assert found.digit_probability == pytest.approx(0.2)
    assert found.probabilities[[4, 9]] == pytest.approx([0.75, 0.25])  # given that it is a digit


@pytest.mark.parametrize(("digit_4", "uncertain"), [(0.1, True), (0.19, False)])
def test_uncertain_says_how_sure_the_digit_is_whatever_the_status_is(digit_4, uncertain):
    found = read_batch(IMAGES[:1], model_that_answers(not_a_digit=0.8, digit_4=digit_4, digit_9=0.2 - digit_4))
    assert (found.status.tolist(), found.uncertain.tolist()) == (["not a digit"], [uncertain])
    assert found[0].uncertain is uncertain


def test_from_the_digit_threshold_on_it_may_be_a_digit_or_uncertain():
    assert read(IMAGES[0], model_that_answers(not_a_digit=0.74, digit_4=0.2, digit_9=0.06)).status == "digit"
    assert read(IMAGES[0], model_that_answers(not_a_digit=0.74, digit_4=0.14, digit_9=0.12)).status == "uncertain"


def test_a_model_of_ten_classes_takes_everything_for_a_digit(classic):
    found = read_batch(IMAGES, classic)
    assert (found.digit_probability == 1).all()
    assert not found.not_a_digit.any()
    assert found.warnings == {}


def test_warnings_are_of_what_is_blank_or_not_a_digit():
    found = read_batch(np.array([IMAGES[0], BLANK]), model_that_answers(not_a_digit=0.8, digit_4=0.2))
    assert found.status.tolist() == ["not a digit", "blank"]
    assert found.warnings == {0: "This does not look like a digit.", 1: found.message[1]}


@pytest.mark.parametrize(("drawing", "sentence"), [(BLANK, "There is nothing drawn"), (DOT, "There is only a dot")])
def test_without_a_digits_worth_of_ink_it_is_blank(classic, drawing, sentence):
    found = read(drawing, classic)
    assert (found.status, found.digit) == ("blank", None)
    assert found.message.startswith(sentence)
    assert not found.image.any()
    np.testing.assert_array_equal(found.probabilities, classic.predict_proba(BLANK[None])[0])


def test_whatever_the_status_is_a_confidence_below_the_threshold_is_uncertain():
    found = read_batch(np.array([BLANK, IMAGES[0]]), model_that_answers(digit_4=0.6, digit_9=0.4))
    assert found.status.tolist() == ["blank", "uncertain"]
    assert found.uncertain.tolist() == [True, True]
    assert found.message[0].startswith("There is nothing drawn")
    other = read(IMAGES[0], model_that_answers(not_a_digit=0.9, digit_4=0.06, digit_9=0.04))  # 60% given a digit
    assert (other.status, other.uncertain) == ("not a digit", True)
    assert not read(IMAGES[0], model_that_answers(not_a_digit=0.9, digit_4=0.1)).uncertain


def test_a_batch_is_read_as_its_images_are_singly(classic):
    images = np.concatenate([IMAGES, [OFF_CENTRE, 255 - IMAGES[0], BLANK, DOT]])
    batch = read_batch(images, classic)
    assert len(batch) == 204
    for i, image in enumerate(images):
        one = read(image, classic)
        assert batch[i].status == one.status == batch.status[i]
        assert batch[i].digit == one.digit
        assert batch.digit[i] == (reading.BLANK if one.digit is None else one.digit)
        assert batch[i].message == one.message == batch.message[i]
        if one.status != "blank":
            assert batch[i].runner_up == one.runner_up == batch.runner_up[i]
            np.testing.assert_allclose(batch[i].probabilities, one.probabilities, atol=1e-6)
            np.testing.assert_array_equal(batch[i].image, one.image)
            assert batch.confidence[i] == batch.probabilities[i].max()


def test_prepared_images_of_a_batch_are_passed_on_as_they_are(classic):
    given = IMAGES.copy()
    np.testing.assert_array_equal(read_batch(given, classic).image, IMAGES)
    unprepared = np.array([OFF_CENTRE])
    read_batch(unprepared, classic)
    np.testing.assert_array_equal(unprepared[0], OFF_CENTRE, "what was given is not changed")


def test_an_empty_batch(classic):
    nothing = read_batch(IMAGES[:0], classic)
    assert (len(nothing), nothing.digit.shape, nothing.message) == (0, (0,), [])


@pytest.mark.parametrize("images", [IMAGES[0], IMAGES[:, :27], IMAGES.reshape(-1, 784)])
def test_a_batch_of_another_form_is_refused(classic, images):
    with pytest.raises(BadImage, match="must be"):
        read_batch(images, classic)


def test_without_a_model_the_current_one_reads():
    assert read(picture(SEVEN)).digit == 7
    assert read_batch(IMAGES[:1]).digit.tolist() == [7]
