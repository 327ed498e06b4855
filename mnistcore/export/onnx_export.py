"""A model -> an ONNX graph, which runtimes in many languages can run (https://onnx.ai).

    input    images               (n, 28, 28) uint8     prepared, as `mnistcore.prepare` gives them
    outputs  probabilities        (n, 10) float32       of each digit, given that it is one: `Model.predict_proba`
             digit_probability    (n,) float32          that it is a digit at all: `Model.digit_probability`

The graph takes the same steps as `features.py` and `model.py`, by ONNX's own operators. The two thresholds, which say
when an answer is uncertain or not a digit, are in the file's metadata.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from mnistcore.digit import features
from mnistcore.digit.form import DIGITS, SIDE
from mnistcore.digit.model import Model

if TYPE_CHECKING:
    import onnx

OPSET = 18  # operators as of ONNX 1.13 (2022), and the file format of ONNX 1.13: most runtimes in use know both
IR_VERSION = 8

SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], np.float32)  # to the right; downwards it is transposed


def to_onnx(model: Model) -> bytes:
    """The model as the content of an `.onnx` file.

    Raises:
        ModuleNotFoundError: `onnx` is not installed (the extra `export`).
    """
    from onnx import TensorProto, helper

    graph = _Graph()
    x = _network_input(graph, "images", model.input)
    for i, (weight, bias) in enumerate(zip(model.weights[:-1], model.biases[:-1], strict=True)):
        x = graph.add("Relu", graph.add("Gemm", x, weight, bias), name=f"hidden_{i}")
    scores = graph.add("Gemm", x, model.weights[-1], model.biases[-1], name="scores")
    _probabilities(graph, scores, model.knows_non_digits)
    whole = helper.make_graph(
        graph.nodes,
        "mnistcore",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", SIDE, SIDE])],
        [
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", DIGITS]),
            helper.make_tensor_value_info("digit_probability", TensorProto.FLOAT, ["n"]),
        ],
        graph.constants,
    )
    file = helper.make_model(
        whole,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="mnistcore",
        producer_version=version("mnistcore"),
    )
    about = {
        "name": model.name,
        "version": model.version,
        "rejection_threshold": str(model.rejection_threshold),
        "digit_threshold": str(model.digit_threshold),
    }
    helper.set_model_props(file, about)
    return file.SerializeToString()


class _Graph:
    """Nodes and constants in the order in which they are added."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, operator: str, *inputs: str | np.ndarray, name: str = "", **attributes: Any) -> str:
        """Apply an operator to values of the graph or to constants; returns its output's name."""
        from onnx import helper

        name = name or f"{operator}_{len(self.nodes)}"
        names = [each if isinstance(each, str) else self._constant(each) for each in inputs]
        self.nodes.append(helper.make_node(operator, names, [name], name, **attributes))
        return name

    def _constant(self, array: np.ndarray) -> str:
        from onnx import numpy_helper

        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name


def _network_input(graph: _Graph, images: str, kind: str) -> str:
    """`model.network_input`: (n, 784) or (n, 648)."""
    from onnx import TensorProto

    whole = graph.add("Cast", images, to=TensorProto.FLOAT)
    pixels = graph.add("Mul", whole, np.array(1 / 255, np.float32))
    if kind != "pixels":
        pixels = _stroke_directions(graph, pixels)
    return graph.add("Flatten", pixels, name="network_input")


def _stroke_directions(graph: _Graph, pixels: str) -> str:
    """`features.stroke_directions`: (n, 28, 28) -> (n, 8, 9, 9)."""
    image = graph.add("Unsqueeze", pixels, np.array([1]))
    right, down = (
        graph.add("Conv", image, sobel[np.newaxis, np.newaxis], pads=[1, 1, 1, 1]) for sobel in (SOBEL, SOBEL.T)
    )
    left, up = graph.add("Neg", right), graph.add("Neg", down)
    flat, steep = graph.add("Abs", right), graph.add("Abs", down)

    def straight(along: str, across: str) -> str:
        return graph.add("Sub", along, across)

    def diagonal(one: str, other: str) -> str:
        return graph.add("Mul", graph.add("Min", one, other), np.array(features.SQRT2))

    planes = [
        straight(right, steep),
        diagonal(right, down),
        straight(down, flat),
        diagonal(left, down),
        straight(left, steep),
        diagonal(left, up),
        straight(up, flat),
        diagonal(right, up),
    ]
    arrows = graph.add("Relu", graph.add("Concat", *planes, axis=1))
    blurred = graph.add("MatMul", arrows, features.BLUR_RIGHT)
    return graph.add("MatMul", features.BLUR, blurred, name="stroke_directions")


def _probabilities(graph: _Graph, scores: str, knows_non_digits: bool) -> None:
    """`Model.probabilities`: the two outputs."""
    if not knows_non_digits:
        graph.add("Softmax", scores, name="probabilities", axis=1)
        count = graph.add("Shape", scores, end=1)
        graph.add("Expand", np.array(1, np.float32), count, name="digit_probability")
        return
    ten = np.array([0]), np.array([DIGITS]), np.array([1])  # from 0 to 10 along axis 1
    graph.add("Softmax", graph.add("Slice", scores, *ten), name="probabilities", axis=1)
    of_eleven = graph.add("Slice", graph.add("Softmax", scores, axis=1), *ten)
    graph.add("ReduceSum", of_eleven, np.array([1]), name="digit_probability", keepdims=0)
