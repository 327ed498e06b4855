"""The forward pass compared with scikit-learn's; and files that are no models."""

import pickle

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from mnistcore import BadImage, BadModelFile, load_model
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit.features import network_input
from mnistcore.models.files import read_model, write_model
from mnistcore.training.fitting import as_model

IMAGES, LABELS = shipped_test_digits()


@pytest.mark.parametrize("hidden", [(16,), (12, 9)])
@pytest.mark.parametrize("scaled", [True, False])
def test_the_forward_pass_agrees_with_scikit_learn(hidden, scaled):
    images, labels = IMAGES[:2000], LABELS[:2000]
    pixels = images.reshape(-1, 784).astype(np.float32) / 255
    noise = np.random.default_rng(0).normal(0, 0.1, pixels.shape)  # or an always blank pixel would have no spread
    scaler = StandardScaler().fit(pixels + noise) if scaled else None
    inputs = scaler.transform(pixels.copy()) if scaled else pixels
    network = MLPClassifier(hidden, random_state=0)
    for _ in range(3):
        network.partial_fit(inputs, labels, classes=np.arange(10))

    model = as_model(network, scaler)
    expected = network.predict_proba(inputs)
    assert np.abs(model.predict_proba(images) - expected).max() < 1e-4
    assert (model.predict(images) == network.predict(inputs)).mean() > 0.999
    assert model.predict_proba(images).dtype == np.float32


def test_stroke_directions_and_eleven_classes_agree_with_scikit_learn(tmp_path):
    classes = np.where(np.arange(2000) % 7 == 0, 10, LABELS[:2000])
    inputs = network_input(IMAGES[:2000], "stroke directions")
    network = MLPClassifier((12, 9), random_state=0)
    for _ in range(3):
        network.partial_fit(inputs, classes, classes=np.arange(11))

    write_model(as_model(network, model_input="stroke directions"), tmp_path / "model.npz")
    model = read_model(tmp_path / "model.npz")
    expected = network.predict_proba(inputs)
    assert model.knows_non_digits
    np.testing.assert_allclose(model.digit_probability(IMAGES[:2000]), 1 - expected[:, 10], atol=1e-4)
    digits = expected[:, :10] / expected[:, :10].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(IMAGES[:2000]), digits, atol=1e-4)
    assert (model.predict(IMAGES[:2000]) == digits.argmax(axis=1)).mean() > 0.999
    np.testing.assert_allclose(model.predict_proba(IMAGES[:1]), digits[:1], atol=1e-4)  # one image takes another way


def test_a_file_from_before_version_1_2_is_given_pixels(tmp_path):
    np.savez(tmp_path / "old.npz", **_arrays())
    model = read_model(tmp_path / "old.npz")
    assert model.input == "pixels"
    assert not model.knows_non_digits
    assert model.digit_probability(IMAGES[:3]).tolist() == [1, 1, 1]


def test_images_may_be_squares_or_rows_bytes_or_shares():
    model = load_model("classic")
    expected = model.predict_proba(IMAGES[:50])
    for images in (IMAGES[:50].reshape(50, 784), IMAGES[:50] / 255.0, IMAGES[:50].astype(np.int64)):
        assert np.allclose(model.predict_proba(images), expected, atol=1e-5)


@pytest.mark.parametrize("shape", [(784,), (28, 28), (1, 783), (1, 28, 27), (1, 1, 28, 28)])
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(BadImage, match="must be"):
        load_model("classic").predict(np.zeros(shape, np.uint8))


def test_activations_end_in_the_scores_that_decide():
    model = load_model("classic")
    hidden, scores = model.activations(IMAGES[:20])
    assert hidden.shape == (20, 128)
    assert (hidden >= 0).all()
    assert (scores.argmax(axis=1) == model.predict(IMAGES[:20])).all()


def test_a_saved_model_comes_back_the_same(tmp_path):
    model = load_model("classic")
    write_model(model, tmp_path / "copy.npz")
    copy = read_model(tmp_path / "copy.npz")
    assert (copy.predict_proba(IMAGES[:100]) == model.predict_proba(IMAGES[:100])).all()
    assert copy.card == model.card


def _arrays(**changes):
    arrays = {
        "weights_0": np.zeros((784, 4), np.float32),
        "biases_0": np.zeros(4, np.float32),
        "weights_1": np.zeros((4, 10), np.float32),
        "biases_1": np.zeros(10, np.float32),
        "card": np.array("{}"),
    }
    return {name: array for name, array in {**arrays, **changes}.items() if array is not None}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"weights_0": None, "weights_1": None}, "no layers"),
        ({"biases_1": None}, "not a model file"),
        ({"card": None}, "not a model file"),
        ({"card": np.array("{")}, "not a model file"),
        ({"card": np.array("[]")}, "card is not"),
        ({"card": np.array({"an": "object"}, object)}, "not a model file"),
        ({"weights_0": np.zeros((783, 4), np.float32)}, "do not fit together"),
        ({"input": np.array("smell")}, "does not know"),
        ({"input": np.array("stroke directions")}, "do not fit together"),
        ({"weights_1": np.zeros((4, 9), np.float32), "biases_1": np.zeros(9, np.float32)}, "9 outputs"),
        ({"weights_1": np.full((4, 10), np.nan, np.float32)}, "not finite"),
        ({"weights_1": np.zeros((4, 10))}, "not float32"),
    ],
)
def test_a_foreign_npz_gets_one_sentence(tmp_path, changes, sentence):
    path = tmp_path / "foreign.npz"
    np.savez(path, **_arrays(**changes))
    with pytest.raises(BadModelFile, match=sentence) as caught:
        read_model(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"noise" * 999, pickle.dumps({"weights": 1}), b"PK\x03\x04 cut"])
def test_what_is_no_npz_gets_one_sentence(tmp_path, content):
    path = tmp_path / "model.npz"
    path.write_bytes(content)
    with pytest.raises(BadModelFile, match="damaged"):
        read_model(path)


def test_every_truncation_and_any_flipped_bits_are_noticed_or_harmless(tmp_path):
    path = tmp_path / "model.npz"
    write_model(load_model("classic"), path)
    whole = path.read_bytes()
    for length in range(0, len(whole), len(whole) // 50):
        path.write_bytes(whole[:length])
        with pytest.raises(BadModelFile):
            read_model(path)
    random = np.random.default_rng(0)
    for _ in range(50):
        damaged = bytearray(whole)
        for position in random.integers(0, len(whole), 20):
            damaged[position] ^= 0xFF
        path.write_bytes(damaged)
        with pytest.raises(BadModelFile):
            read_model(path)


def test_a_missing_file_and_a_directory_get_one_sentence(tmp_path):
    with pytest.raises(BadModelFile, match="no model file"):
        read_model(tmp_path / "none.npz")
    with pytest.raises(BadModelFile, match="not a model file"):
        read_model(tmp_path)
