"""A model learns one person's handwriting: what it gains, what it keeps, what is refused, and where it is kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from mnistcore import __main__ as cli
from mnistcore import load_model, prepare
from mnistcore.confirmed import NewDigit, open_feedback
from mnistcore.data import datasets
from mnistcore.digit.files import as_png
from mnistcore.digit.form import NON_DIGIT_CLASS
from mnistcore.digit.reading import read_batch
from mnistcore.errors import BadImage, BadModelFile, DataUnavailable, GotWorse
from mnistcore.models import catalogue
from mnistcore.training import rehearsal
from mnistcore.training.personalise import Base, keep_personalised, personalise

pytestmark = pytest.mark.slow

PROFILE = "0123456789abcdef" * 2


def someone(first: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Test digits as by a person who slants theirs far to the left."""
    images, labels = datasets.shipped_test_digits()
    chosen = np.concatenate([np.flatnonzero(labels == digit)[first : first + count] for digit in range(10)])
    shear = np.array([[1, 0], [-1.2, 1]])
    shift = [0, 1.2 * 33.5]  # the middle stays where it is
    slanted = [prepare(ndimage.affine_transform(np.pad(image, 20), shear, shift, order=1)) for image in images[chosen]]
    return np.stack(slanted), labels[chosen]


@pytest.fixture(scope="module")
def base() -> Base:
    return Base(load_model("robust"))


@pytest.fixture(scope="module")
def learnt(base):
    return personalise(base, *someone(0, 5))


def test_the_persons_other_digits_are_read_better_and_nothing_else_is_forgotten(base, learnt):
    others, labels = someone(5, 30)
    before, after = (np.mean(model.predict(others) != labels) for model in (base.model, learnt.model))
    assert before > 0.05
    assert after < 0.6 * before
    assert learnt.report.refusal is None
    assert learnt.report.own_errors[1] < learnt.report.own_errors[0]
    mnist_before, mnist_after = learnt.report.mnist_errors
    assert mnist_after <= mnist_before + 10
    images, truth = datasets.shipped_test_digits()
    assert np.sum(learnt.model.predict(images) != truth) == mnist_after, "the report is of this model"


def test_only_the_last_layer_learns_and_thresholds_are_set_anew(base, learnt):
    model = learnt.model
    assert all(a is b for a, b in zip(model.weights[:-1], base.model.weights[:-1], strict=True))
    assert not np.array_equal(model.weights[-1], base.model.weights[-1])
    refused_before, refused = (
        np.mean(m.digit_probability(someone(0, 5)[0]) < m.digit_threshold) for m in (base.model, model)
    )
    assert refused <= refused_before


def test_one_correction_is_learnt_and_costs_little(base):
    images, labels = someone(0, 20)
    wrong = np.flatnonzero(base.model.predict(images) != labels)[:1]
    one = personalise(base, images[wrong], labels[wrong])
    assert one.model.predict(images[wrong]) == labels[wrong]
    assert one.report.mnist_errors[1] <= one.report.mnist_errors[0] + 10


def test_ten_digits_of_one_class_and_one_digit_fifty_times_cost_little(base):
    images, labels = someone(0, 50)
    sevens = np.flatnonzero(labels == 7)[:10]
    for chosen, label in ((sevens, 7), (np.repeat(sevens[:1], 50), 1)):
        learnt = personalise(base, images[chosen], np.full(len(chosen), label))
        assert learnt.report.mnist_errors[1] <= learnt.report.mnist_errors[0] + 15


def test_a_model_without_an_eleventh_class_learns_too_and_again_the_same():
    classic = Base(load_model("classic"))
    learnt, again = (personalise(classic, *someone(0, 3), seed=1) for _ in range(2))
    assert learnt.report.non_digits_accepted is None
    assert learnt.report.own_errors[1] < learnt.report.own_errors[0]
    assert again.model.weights[-1].tobytes() == learnt.model.weights[-1].tobytes()
    assert replace(again.report, seconds=0) == replace(learnt.report, seconds=0)


def test_a_refusal_that_was_wrong_is_learnt_and_an_answer_to_what_is_no_digit(base):
    images, labels = someone(0, 40)
    refused = np.flatnonzero(base.model.digit_probability(images) < base.model.digit_threshold)[:1]
    four = personalise(base, images[refused], labels[refused])
    assert four.report.own_errors[0] == 1
    assert read_batch(images[refused], four.model).answer == labels[refused]
    accepted = images[np.flatnonzero(read_batch(images, base.model).status == "digit")[:1]]
    none = personalise(base, accepted, np.array([NON_DIGIT_CLASS]))
    assert none.model.digit_probability(accepted) < base.model.digit_probability(accepted)
    with pytest.raises(BadImage, match="cannot learn what is no digit"):
        personalise(load_model("classic"), accepted, np.array([NON_DIGIT_CLASS]))


@pytest.mark.parametrize(
    ("images", "labels", "sentence"),
    [
        (np.zeros((0, 28, 28), np.uint8), [], "n at least 1"),
        (np.zeros((2, 28, 28), np.uint8), [1], "n labels"),
        (np.zeros((1, 784), np.uint8), [1], "28, 28"),
        (np.zeros((1, 28, 28)), [1], "uint8"),
        (np.zeros((1, 28, 28), np.uint8), [11], "0-9"),
        (np.zeros((1, 28, 28), np.uint8), [1.5], "whole numbers"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(base, images, labels, sentence):
    with pytest.raises(BadImage, match=sentence):
        personalise(base, images, labels)


def test_no_test_digit_is_rehearsed():
    tested = {image.tobytes() for image in datasets.shipped_test_digits()[0]}
    rehearsed = rehearsal.load()
    for images in (rehearsed.images, rehearsed.validation_images):
        assert not tested.intersection(image.tobytes() for image in images)


def test_a_damaged_file_of_rehearsed_images_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(rehearsal, "FILE", tmp_path / "rehearsal.npz")
    rehearsal.FILE.write_bytes(b"no such thing")
    with pytest.raises(DataUnavailable, match=r"rehearsal\.npz"):
        Base(load_model("classic"))


def test_personal_models_are_found_by_their_names_alone_the_latest_kept_and_deleted_with_their_profile(
    learnt, monkeypatch
):
    name = catalogue.keep_personal(PROFILE, load_model("classic"), catalogue.load_report("classic"), {})
    assert catalogue.personal_models(PROFILE) == [name]
    assert name not in catalogue.model_names()
    with pytest.raises(BadModelFile):
        keep_personalised("../../etc", learnt)
    monkeypatch.setattr(catalogue, "PERSONAL_MODELS", 1)
    latest = keep_personalised(PROFILE, learnt)
    assert load_model(latest).weights[-1].tobytes() == learnt.model.weights[-1].tobytes()
    assert catalogue.personal_models(PROFILE) == [latest] != [name]
    catalogue.delete_personal(PROFILE)
    catalogue.delete_personal(PROFILE)  # there may be none
    assert catalogue.personal_models(PROFILE) == []
    assert catalogue.named_path(latest) is None


@pytest.mark.parametrize(
    "worse",
    [{"own_errors": (1, 2)}, {"mnist_errors": (58, 70)}, {"non_digits_accepted": (0.02, 0.06)}],
)
def test_a_model_that_got_worse_is_not_kept(learnt, worse):
    with pytest.raises(GotWorse, match="got worse"):
        keep_personalised(PROFILE, replace(learnt, report=replace(learnt.report, **worse)))
    assert catalogue.personal_models(PROFILE) == []


def test_the_command_line_learns_a_profile(capsys, monkeypatch):
    monkeypatch.setenv("MNISTCORE_MODEL", "classic")  # which learns sooner
    feedback = open_feedback()
    profile = feedback.find_or_create_profile("someone", "Ada")
    images, labels = someone(0, 5)
    new = (NewDigit(as_png(image), image, int(label)) for image, label in zip(images, labels, strict=True))
    feedback.add_all(profile.id, new)
    feedback.find_or_create_profile("someone", "Empty")
    feedback.close()
    assert cli.main(["personalise", "Ada"]) == 0
    printed = capsys.readouterr().out
    assert "learnt from         50 digits" in printed
    (name,) = catalogue.personal_models(profile.id)
    assert f"Model {name} has learnt the handwriting Ada." in printed
    assert cli.main(["personalise", "Empty"]) == 1
    assert "has no digits to learn from yet" in capsys.readouterr().err
    assert cli.main(["personalise", "Nobody"]) == 1
    assert "there are: Ada, Empty" in capsys.readouterr().err
