"""The Open Inference Protocol: by hand, and by the client that Triton's makers wrote."""

from __future__ import annotations

import json

import numpy as np
import pytest
from conftest import start_api

from api import create_app
from mnistcore import load_model
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.models import catalogue
from mnistcore.models.personal_names import label
from serving import contract

DIGITS = shipped_test_digits()[0][:3]
ROWS = DIGITS.reshape(3, 784)
INFER = "/v2/models/robust/infer"


@pytest.fixture(scope="module")
def client():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNISTCORE_MODEL", "robust")
        return create_app().test_client()


def images(data: object = None, shape: object = (3, 784), datatype: str = "UINT8", **more: object) -> dict:
    tensor = {"name": "images", "shape": shape, "datatype": datatype, "data": ROWS.tolist() if data is None else data}
    return {"inputs": [tensor | more]}


def test_a_model_describes_itself(client):
    assert client.get("/v2").get_json()["name"] == "mnistcore"
    assert client.get("/v2/health/live").get_json() == {"live": True}
    assert client.get("/v2/health/ready").get_json() == {"ready": True}
    assert client.get("/v2/models/classic/ready").get_json() == {"name": "classic", "ready": True}
    about = client.get("/v2/models/robust").get_json()
    assert about["versions"] == [load_model("robust").version]
    assert about["inputs"] == [{"name": "images", "datatype": "UINT8", "shape": [-1, 784]}]
    assert [output["name"] for output in about["outputs"]] == [
        "digit",
        "probabilities",
        "digit_probability",
        "uncertain",
    ]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(images(), id="row by row"),
        pytest.param(images(ROWS.ravel().tolist()), id="flat"),
        pytest.param(images(ROWS.astype(float).tolist(), datatype="FP32"), id="FP32"),
        pytest.param(images((ROWS / 255).tolist(), datatype="FP32"), id="FP32 within 0-1"),
    ],
)
def test_images_as_json_are_answered_with_all_outputs(client, body):
    answer = client.post(INFER, json=body | {"id": "a 7"}).get_json()
    model = load_model("robust")
    assert (answer["model_name"], answer["model_version"], answer["id"]) == ("robust", model.version, "a 7")
    digit, probabilities, digit_probability, uncertain = answer["outputs"]
    assert digit == {"name": "digit", "datatype": "INT64", "shape": [3], "data": [7, 2, 1]}
    expected, of_being_one = model.probabilities(DIGITS)
    assert (probabilities["datatype"], probabilities["shape"]) == ("FP32", [3, 10])
    np.testing.assert_allclose(np.reshape(probabilities["data"], (3, 10)), expected, atol=1e-6)
    np.testing.assert_allclose(digit_probability["data"], of_being_one, atol=1e-6)
    assert uncertain == {"name": "uncertain", "datatype": "BOOL", "shape": [3], "data": [False] * 3}


def test_outputs_may_be_chosen(client):
    answer = client.post(INFER, json=images() | {"outputs": [{"name": "digit_probability"}, {"name": "digit"}]})
    assert [output["name"] for output in answer.get_json()["outputs"]] == ["digit_probability", "digit"]


def test_all_outputs_may_be_named(client):
    names = ["digit", "probabilities", "digit_probability", "uncertain"]
    answer = client.post(INFER, json=images() | {"outputs": [{"name": name} for name in names]}).get_json()
    assert [output["name"] for output in answer["outputs"]] == names


def test_the_address_alone_names_the_model(client):
    answer = client.post(f"{INFER}?model=classic", json=images())
    assert answer.status_code == 400
    assert answer.get_json()["error"] == "There is no parameter 'model' here."


def test_a_model_that_cannot_tell_takes_everything_for_a_digit(client):
    outputs = client.post("/v2/models/classic/infer", json=images()).get_json()["outputs"]
    assert outputs[2]["data"] == [1, 1, 1]


BAD = {
    "no JSON": (b"seven", "it is not JSON"),
    "no inputs": (b"{}", "missing required field inputs"),
    "two inputs": ({"inputs": [*images()["inputs"], *images()["inputs"]]}, "array of length <= 1"),
    "nested deeply": (b'{"inputs": [{"data": ' + b"[" * 1_000_000, "nested too deeply"),
    "data nested deeply": (
        b'{"inputs": [{"name": "images", "shape": [1, 784], "datatype": "UINT8", "data": '
        + b"[" * 99_999
        + b"]" * 99_999
        + b"}]}",
        "nested",
    ),
    "another name": (images(name="x"), "invalid enum value 'x'"),
    "another datatype": (images(datatype="INT8"), "invalid enum value 'INT8'"),
    "another shape": (images(shape=[3, 28, 28]), "array of length <= 2"),
    "783 pixels": (images(shape=[3, 783]), "not [3, 783]"),
    "no images": (images([], shape=[0, 784]), "inputs[0].shape[0]: expected int >= 1"),
    "too many": (images(shape=[1001, 784]), "n from 1 to 1,000"),
    "fewer numbers": (images(shape=[4, 784]), "must be 3,136 numbers"),
    "a number more": (images([*ROWS.ravel().tolist(), 0]), "must be 2,352 numbers"),
    "no numbers": (images([]), "must be 2,352 numbers"),
    "no data": (images() | {"inputs": [{"name": "images", "shape": [1, 784], "datatype": "UINT8"}]}, "either data, or"),
    "data and bytes": (images(parameters={"binary_data_size": 784}), "either data, or"),
    "256": (images([256] * 784, [1, 784]), "expected int <= 255"),
    "negative": (images([-0.5] * 784, [1, 784], "FP32"), "expected float >= 0"),
    "fractions as UINT8": (images([0.5] * 784, [1, 784]), "must be whole numbers"),
    "another output": (images() | {"outputs": [{"name": "logits"}]}, "invalid enum value 'logits'"),
}


@pytest.mark.parametrize(("body", "words"), BAD.values(), ids=BAD)
def test_a_bad_request_gets_one_clear_sentence(client, body, words):
    content = body if isinstance(body, bytes) else json.dumps(body)
    answer = client.post(INFER, data=content, content_type="application/json")
    assert answer.status_code == 400
    assert list(answer.get_json()) == ["error"]
    assert words in answer.get_json()["error"]
    assert answer.get_json()["error"].endswith(".")


def binary(content: bytes, size: int, datatype: str = "UINT8", json_length: object = None) -> tuple[bytes, dict]:
    """A request with one binary tensor of a single image, as keywords of the test client."""
    tensor = {"name": "images", "shape": [1, 784], "datatype": datatype, "parameters": {"binary_data_size": size}}
    head = json.dumps({"inputs": [tensor]}).encode()
    headers = {"Inference-Header-Content-Length": str(len(head) if json_length is None else json_length)}
    return {"data": head + content, "headers": headers, "content_type": "application/octet-stream"}


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (binary(bytes(783), 784), "783 bytes follow"),
        (binary(bytes(784), 783), "binary_data_size is 783"),
        (binary(bytes(784), 784, "FP32"), "must be 3,136 bytes"),
        (binary(np.full(784, np.nan, "<f4").tobytes(), 3136, "FP32"), "within 0-1 or 0-255"),
        (binary(bytes(784), 784, json_length=99_999), "how many of the body's"),
        (binary(bytes(784), 784, json_length="x"), "how many of the body's"),
        (binary(bytes(784), 784, json_length=-1), "how many of the body's"),
        (binary(bytes(784), 784, json_length="9" * 5_000), "how many of the body's"),
    ],
)
def test_a_bad_binary_tensor_gets_one_clear_sentence(client, request_, words):
    answer = client.post(INFER, **request_)
    assert answer.status_code == 400
    assert words in answer.get_json()["error"]


def test_a_blank_image_is_answered_with_a_warning(client):
    answer = client.post(INFER, json=images([0] * 784 + ROWS[0].tolist(), [2, 784])).get_json()
    assert answer["parameters"] == {"warnings": {"0": "There is nothing drawn: the picture has no ink."}}
    assert "parameters" not in client.post(INFER, json=images()).get_json()


def test_without_the_key_nobody_learns_which_models_there_are(monkeypatch):
    monkeypatch.setenv("MNISTCORE_API_KEY", "secret")
    answer = create_app().test_client().get("/v2/models/x/ready")
    assert (answer.status_code, answer.get_json()) == (404, {"error": "There is no model of that name."})


def test_the_name_that_opens_a_personal_model_is_not_repeated(client, monkeypatch, tmp_path):
    monkeypatch.setenv("MNISTCORE_HOME", str(tmp_path))
    name = catalogue.keep_personal("a" * 32, load_model("classic"), catalogue.load_report("classic"), {})
    model = f"/v2/models/{name}"
    answers = [client.get(model), client.get(f"{model}/ready"), client.post(f"{model}/infer", json=images())]
    answers += [client.get(f"/model?model={name}"), client.post(f"/predict?model={name}", json={"data": ROWS.tolist()})]
    assert {answer.status_code for answer in answers} == {200}
    answers += [client.get(f"/model?{name}=1"), client.get(f"{model}x/ready"), client.post(f"/predict?model=/{name}")]
    for answer in answers:
        assert name not in answer.text + str(answer.headers)
    assert client.get(f"{model}/ready").get_json()["name"] == label(name)


def test_other_content_types_and_models_are_refused(client):
    assert client.post(INFER, data=b"x", content_type="image/png").status_code == 415
    assert client.post("/v2/models/nope/infer", json=images()).status_code == 404
    assert client.get("/v2/models/nope").status_code == 404
    assert client.get("/v2/models/nope/ready").status_code == 404


@pytest.mark.server
def test_tritons_client_reads_the_test_digits_as_predict_does(tmp_path):
    import tritonclient.http as triton  # here, for it takes half a second

    digits = shipped_test_digits()[0][:2000]
    server = start_api(tmp_path, MNISTCORE_MODEL="robust", MNISTCORE_API_KEY="secret")
    key = {"Authorization": "Bearer secret"}
    try:
        raw = {"Content-Type": "application/octet-stream"} | key
        expected = json.loads(server.ask("POST", "/predict?probabilities=true", digits.tobytes(), raw)[1])
        with triton.InferenceServerClient(server.address) as client:
            assert client.is_server_live()
            assert client.is_server_ready()
            assert client.is_model_ready("robust")
            assert client.get_model_metadata("robust", headers=key)["inputs"][0]["shape"] == [-1, 784]
            for datatype, in_binary, count, packed in (
                ("UINT8", True, 2000, None),
                ("FP32", True, 500, "gzip"),
                ("UINT8", False, contract.MAX_BATCH, None),
            ):
                rows = digits[:count].reshape(count, 784).astype(np.uint8 if datatype == "UINT8" else np.float32)
                tensor = triton.InferInput("images", [count, 784], datatype)
                tensor.set_data_from_numpy(rows, binary_data=in_binary)
                outputs = [
                    triton.InferRequestedOutput(name, binary_data=in_binary) for name in ("digit", "probabilities")
                ]
                for wanted in (outputs, None):
                    result = client.infer(
                        "robust", [tensor], outputs=wanted, headers={**key}, request_compression_algorithm=packed
                    )
                    assert result.as_numpy("digit").tolist() == expected["predictions"][:count]
                    np.testing.assert_allclose(
                        result.as_numpy("probabilities"), expected["probabilities"][:count], atol=1e-6
                    )
                np.testing.assert_allclose(
                    result.as_numpy("digit_probability"), expected["digit_probabilities"][:count], atol=1e-6
                )
                assert result.as_numpy("uncertain").tolist() == expected["uncertain"][:count]
            with pytest.raises(triton.InferenceServerException, match="There is no model 'nope'"):
                client.get_model_metadata("nope", headers=key)
    finally:
        server.stop()
