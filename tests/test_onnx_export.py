"""The ONNX graph: onnxruntime's answers are Python's."""

import numpy as np
import onnx
import onnxruntime
import pytest

from mnistcore import load_model
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.export.onnx_export import to_onnx

IMAGES = shipped_test_digits()[0]


def session(model):
    return onnxruntime.InferenceSession(to_onnx(model), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize(("name", "count"), [("classic", 10_000), ("robust", 1_000)])
def test_it_answers_as_the_model_does(name, count):
    model, images = load_model(name), IMAGES[:count].copy()
    images[0] = 0  # flat paper has no stroke direction
    probabilities, digit_probability = session(model).run(None, {"images": images})
    expected, expected_digit = model.probabilities(images)
    assert probabilities.dtype == digit_probability.dtype == np.float32
    assert np.abs(probabilities - expected).max() < 1e-5
    assert np.abs(digit_probability - expected_digit).max() < 1e-5
    assert np.array_equal(probabilities.argmax(axis=1), model.predict(images))


def test_it_says_what_goes_in_and_comes_out_and_when_an_answer_is_uncertain():
    model = load_model("robust")
    run = session(model)
    (images,) = run.get_inputs()
    assert (images.name, images.type, images.shape) == ("images", "tensor(uint8)", ["n", 28, 28])
    outputs = {each.name: (each.type, each.shape) for each in run.get_outputs()}
    assert outputs == {
        "probabilities": ("tensor(float)", ["n", 10]),
        "digit_probability": ("tensor(float)", ["n"]),
    }
    about = run.get_modelmeta().custom_metadata_map
    assert (about["name"], about["version"]) == ("robust", model.version)
    assert float(about["rejection_threshold"]) == model.rejection_threshold
    assert float(about["digit_threshold"]) == model.digit_threshold


@pytest.mark.parametrize("name", ["classic", "robust"])
def test_the_file_passes_onnx_own_checker(name):
    onnx.checker.check_model(onnx.load_from_string(to_onnx(load_model(name))), full_check=True)
