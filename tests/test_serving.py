"""The API beyond /predict: security, settings, metrics, log, the OpenAPI document; and that nothing causes a 500."""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import subprocess
import sys
import tempfile
from io import BytesIO

import jsonschema
import numpy as np
import pytest
from conftest import ROOT, await_that, free_port
from hypothesis import given, settings
from hypothesis import strategies as st
from paper import ink_of, photo_of
from PIL import Image

from api import ROUTES, create_app
from mnistcore import Model, load_model
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit.files import as_png
from mnistcore.models.files import write_model
from serving import openapi, security, server
from serving.security import BadSetting

DIGITS = shipped_test_digits()[0][:4]
PAGE = as_png(photo_of(ink_of(["0172"], (300, 150))))
SEVEN = DIGITS[0].ravel().tolist()


pytestmark = pytest.mark.usefixtures("api_environment")


# --- security


@pytest.mark.parametrize(
    "sent", [None, "Bearer wrong", "Bearer", "Basic c2VjcmV0", "Token secret", "secret", "Bearer é", "Bearer secretx"]
)
@pytest.mark.parametrize(
    ("method", "route"), [("POST", "/predict"), ("POST", "/read"), ("GET", "/model"), ("GET", "/metrics")]
)
def test_protected_routes_need_the_key_if_one_is_set(monkeypatch, method, route, sent):
    monkeypatch.setenv("MNISTCORE_API_KEY", "secret")
    answer = create_app().test_client().open(route, method=method, headers={"Authorization": sent} if sent else {})
    assert answer.status_code == 401
    assert answer.get_json() == {"error": "This route needs the API key: send it as 'Authorization: Bearer <key>'."}
    assert answer.headers["WWW-Authenticate"].lower().startswith("bearer")


def test_with_the_key_everything_works_and_open_routes_need_none(monkeypatch):
    monkeypatch.setenv("MNISTCORE_API_KEY", "secret")
    client = create_app().test_client()
    key = {"Authorization": "Bearer secret"}
    assert client.post("/predict", json={"data": SEVEN}, headers=key).get_json() == {"prediction": 7}
    assert client.get("/metrics", headers=key).status_code == 200
    for route in ("/", "/health", "/ready", "/openapi.json", "/docs"):
        assert client.get(route).status_code == 200
    assert client.get("/nope").status_code == 404


def test_keys_may_come_from_a_file_and_several_are_valid(monkeypatch, tmp_path):
    (tmp_path / "keys").write_text("old\nnew\n")
    monkeypatch.setenv("MNISTCORE_API_KEY_FILE", str(tmp_path / "keys"))
    client = create_app().test_client()
    statuses = [
        client.get("/model", headers={"Authorization": f"Bearer {key}"}).status_code
        for key in ("old", "new", "third", "")
    ]
    assert statuses == [200, 200, 401, 401]


@pytest.mark.parametrize(
    ("content", "key", "sentence"),
    [
        (None, "", "cannot be read"),
        (" \n", "", "must hold a key"),
        ("a,b", "", "may hold letters"),
        ("one", "two", "must not both be set"),
    ],
)
def test_a_file_of_keys_that_cannot_work_ends_the_start(monkeypatch, tmp_path, capsys, content, key, sentence):
    if content is not None:
        (tmp_path / "keys").write_text(content)
    monkeypatch.setenv("MNISTCORE_API_KEY_FILE", str(tmp_path / "keys"))
    monkeypatch.setenv("MNISTCORE_API_KEY", key)
    with pytest.raises(SystemExit) as end:
        server.main(create_app, [])
    assert end.value.code == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("path", ["/dev/zero", "/", "x" * 5000])
def test_what_holds_the_keys_must_be_a_file(monkeypatch, path):
    monkeypatch.setenv("MNISTCORE_API_KEY_FILE", path)
    with pytest.raises(BadSetting, match="cannot be read"):
        security.settings()


def test_other_origins_are_allowed_only_if_configured(monkeypatch):
    origin = {"Origin": "https://example.org"}
    allowed = "Access-Control-Allow-Origin"
    assert allowed not in create_app().test_client().get("/health", headers=origin).headers

    monkeypatch.setenv("MNISTCORE_CORS_ORIGINS", "https://example.org, https://example.net")
    monkeypatch.setenv("MNISTCORE_API_KEY", "secret")
    client = create_app().test_client()
    assert client.get("/health", headers=origin).headers[allowed] == "https://example.org"
    assert allowed not in client.get("/health", headers={"Origin": "https://evil.example"}).headers
    asked = origin | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    for path in ("/predict", "/read"):
        preflight = client.options(path, headers=asked)
        assert preflight.status_code == 200
        assert preflight.headers[allowed] == "https://example.org"


def test_the_log_holds_the_answer_and_nothing_of_the_request(caplog):
    client = create_app().test_client()
    with caplog.at_level(logging.INFO, "mnistcore.api"):
        client.post("/predict?probabilities=true", json={"data": SEVEN})
        client.post("/hidden-path?hidden=hidden", data=b"hidden")
        client.post("/read?model=robust", data=PAGE, content_type="image/png")
    first, second, third = (record.getMessage() for record in caplog.records if record.name == "mnistcore.api")
    model = load_model("classic")
    assert first.startswith("POST /predict 200, bytes ")
    assert first.endswith(f"prediction 7, model classic {model.version}")
    assert second.startswith("POST unknown 404, bytes 6, ms ")
    assert "client 127.0.0.1" in second
    assert third.startswith("POST /read 200, bytes ")
    assert third.endswith(f"prediction 4 digits, model robust {load_model('robust').version}")
    assert "hidden" not in caplog.text


def test_the_log_may_be_json(monkeypatch, capsys):
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setenv("MNISTCORE_LOG_REQUESTS", "json")
    monkeypatch.setenv("MNISTCORE_PROXIES", "1")
    client = create_app().test_client()
    headers = {"X-Request-ID": "abc-1", "X-Forwarded-For": "192.0.2.9, 192.0.2.7"}
    assert client.post("/predict", json={"data": SEVEN}, headers=headers).headers["X-Request-ID"] == "abc-1"
    monkeypatch.setattr(Model, "activations", lambda *_: 1 / 0)
    client.post("/predict", json={"data": SEVEN})
    loaded, request, *_, failed = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert loaded["message"].startswith("The model classic, version ")
    assert list(request) == [
        *("time", "level", "method", "route", "status", "bytes", "ms", "client", "id", "prediction", "model")
    ]
    assert (request["route"], request["status"], request["prediction"]) == ("/predict", 200, 7)
    assert (request["client"], request["id"]) == ("192.0.2.7", "abc-1")
    assert failed["status"] == 500


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, "é", "<script>"])
def test_a_request_gets_an_id_of_its_own_if_it_has_no_usable_one(sent):
    client = create_app().test_client()
    first, second = (client.get("/health", headers={"X-Request-ID": sent}).headers["X-Request-ID"] for _ in range(2))
    assert re.fullmatch("[0-9a-f]{16}", first)
    assert first != second


def test_without_a_proxy_nobody_is_believed_to_be_another(caplog):
    client = create_app().test_client()
    with caplog.at_level(logging.INFO, "mnistcore.api"):
        client.get("/health", headers={"X-Forwarded-For": "192.0.2.7"})
    assert "client 127.0.0.1" in caplog.text


def test_a_swap_of_models_is_logged(monkeypatch, tmp_path, caplog):
    file = tmp_path / "model.npz"
    write_model(load_model("classic"), file)
    monkeypatch.setenv("MNISTCORE_MODEL", str(file))
    client = create_app().test_client()
    write_model(load_model("robust"), file)
    await_that(lambda: client.get("/model").get_json()["name"] == "robust", seconds=10)
    assert f"The model robust, version {load_model('robust').version}, is in use." in caplog.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("API_KEY", "geh,heim"), ("API_KEY", "schlüssel"), ("API_KEY", "a=b"), ("API_KEY", " ")),
        *(("CORS_ORIGINS", "https://*.example.org"), ("PROXIES", "two"), ("LOG_REQUESTS", "xml")),
    ],
)
def test_settings_that_cannot_work_end_the_start(monkeypatch, capsys, name, value):
    monkeypatch.setenv(f"MNISTCORE_{name}", value)
    with pytest.raises(SystemExit) as end:
        server.main(create_app, [])
    assert end.value.code == 2
    assert f"MNISTCORE_{name} m" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--port", "99999"], "argument --port: it must be a whole number, 1 to 65535, not '99999'"),
        (["--port", "0"], "argument --port: it must be a whole number, 1 to 65535, not '0'"),
        (["--workers", "0"], "argument --workers: it must be a whole number, 1 to 1000, not '0'"),
        (["--drain", "-1"], "argument --drain: it must be a whole number, 0 to 3600, not '-1'"),
        (["--host", "192.0.2.1"], "--host must be an address of this machine, or a name of one, not '192.0.2.1'."),
        (["--host", "a" * 70 + ".invalid"], "--host must be an address of this machine"),
    ],
)
def test_options_that_cannot_work_end_the_start_with_one_sentence(capsys, arguments, sentence):
    with pytest.raises(SystemExit) as end:
        server.main(create_app, arguments)
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert sentence in error.splitlines()[-1]
    assert "Traceback" not in error


@pytest.mark.parametrize("shared", [False, True])
def test_a_port_on_which_something_listens_is_refused(capsys, shared):
    with socket.socket() as other:
        if shared:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SystemExit) as end:
            server.main(create_app, ["--port", str(port)])
    assert end.value.code == 2
    assert f"Something else listens on port {port} of 127.0.0.1: choose another --port." in capsys.readouterr().err


def test_a_host_may_be_a_name():
    assert server.free_address("localhost", free_port()) == "127.0.0.1"


def test_without_a_directory_for_temporary_files_it_does_not_start(monkeypatch, capsys):
    monkeypatch.setattr(tempfile, "tempdir", "/no/such/directory")
    with pytest.raises(SystemExit) as end:
        server.main(create_app, ["--port", str(free_port())])
    assert end.value.code == 2
    assert "set TMPDIR to a directory that can be written to." in capsys.readouterr().err


@pytest.mark.parametrize(("value", "logged"), [("0", False), ("off", False), ("", False), ("1", True)])
def test_the_log_of_requests_can_be_switched_off(monkeypatch, value, logged):
    log = logging.getLogger("mnistcore.api")
    monkeypatch.setattr(log, "level", logging.NOTSET)
    monkeypatch.setenv("MNISTCORE_LOG_REQUESTS", value)
    create_app()
    assert (log.level == logging.INFO) is logged


def test_ready_answers_503_once_the_server_is_about_to_stop(tmp_path):
    app = server.start_worker(create_app, tmp_path / "draining", os.getppid())
    client = app.test_client()
    assert client.get("/ready").status_code == 200
    (tmp_path / "draining").touch()
    answer = client.get("/ready")
    assert (answer.status_code, answer.get_json()) == (503, {"error": "The server is about to stop."})
    assert client.get("/health").status_code == 200
    assert client.post("/predict", json={"data": SEVEN}).get_json() == {"prediction": 7}


def test_help_names_the_options(capsys):
    with pytest.raises(SystemExit) as end:
        server.main(create_app, ["--help"])
    assert end.value.code == 0
    assert {"--host", "--port", "--workers"} <= set(capsys.readouterr().out.split())


# --- metrics


def metric(client, line: str) -> float:
    found = [row for row in client.get("/metrics").get_data(as_text=True).splitlines() if row.startswith(line + " ")]
    return float(found[0].split()[-1]) if found else 0.0


def test_requests_and_predictions_are_counted():
    client = create_app().test_client()
    for _ in range(3):
        client.post("/predict", json={"data": SEVEN})
    client.post("/predict", json={"data": []})
    client.post("/predict", data=DIGITS.tobytes(), content_type="application/octet-stream")
    page = client.post("/read", data=PAGE, content_type="image/png").get_json()
    client.get("/nope")
    client.get("/nope/2")
    assert metric(client, 'mnistcore_requests_total{route="/predict",status="200"}') == 4
    assert metric(client, 'mnistcore_requests_total{route="/predict",status="400"}') == 1
    assert metric(client, 'mnistcore_requests_total{route="unknown",status="404"}') == 2
    assert metric(client, 'mnistcore_request_seconds_count{route="/predict"}') == 5
    assert metric(client, "mnistcore_requests_in_progress") == 1  # the one that asks
    labels = f'digit="7",model="classic",version="{load_model("classic").version}"'
    sevens = [d for d in page["digits"] if d["prediction"] == 7 and d["confidence"] > 0.99]
    assert metric(client, f'mnistcore_predictions_total{{confidence="0.99",{labels}}}') == 4 + len(sevens)
    assert metric(client, 'mnistcore_requests_total{route="/read",status="200"}') == 1
    text = client.get("/metrics").get_data(as_text=True)
    total = sum(float(row.split()[-1]) for row in text.splitlines() if row.startswith("mnistcore_predictions_total"))
    assert total == 7 + len(page["digits"])


def test_an_error_in_the_server_is_counted_and_its_details_are_not_sent(monkeypatch):
    app = create_app()
    monkeypatch.setattr(Model, "activations", lambda *_: 1 / 0)
    answer = app.test_client().post("/predict", json={"data": SEVEN})
    assert answer.status_code == 500
    assert "ZeroDivision" not in answer.get_json()["error"]
    assert metric(app.test_client(), 'mnistcore_requests_total{route="/predict",status="500"}') == 1


# --- the model


def test_a_model_that_comes_later_ends_the_503(monkeypatch, tmp_path):
    monkeypatch.setenv("MNISTCORE_MODEL", str(tmp_path / "model.npz"))
    client = create_app().test_client()
    assert client.get("/ready").status_code == 503
    write_model(load_model("classic"), tmp_path / "model.npz")
    await_that(lambda: client.get("/ready").status_code == 200, seconds=10)
    assert client.post("/predict", json={"data": SEVEN}).get_json() == {"prediction": 7}


# --- the document


def test_the_document_is_valid_and_holds_the_declarations():
    document = create_app().test_client().get("/openapi.json").get_json()
    assert document["openapi"] == "3.1.0"
    assert {"Image", "Batch", "Prediction", "Predictions", "Error"} <= set(document["components"]["schemas"])
    example = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["example"]
    schema = {"$ref": "#/components/schemas/Image", "components": document["components"]}
    jsonschema.validate(example, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"data": [256] * 784}, schema)


def test_answers_are_as_the_document_says():
    client = create_app().test_client()
    components = {"components": openapi.document(ROUTES, "1")["components"]}
    for body, name in (({"data": SEVEN}, "Prediction"), ({"data": [SEVEN, [0] * 784]}, "Predictions")):
        for query in ("", "?probabilities=true"):
            answer = client.post(f"/predict{query}", json=body).get_json()
            jsonschema.validate(answer, {"$ref": f"#/components/schemas/{name}"} | components)
    answer = client.post("/read?model=robust", data=PAGE, content_type="image/png").get_json()
    assert answer["text"] == "0172"
    jsonschema.validate(answer, {"$ref": "#/components/schemas/Page"} | components)


def test_the_page_has_every_route_and_needs_no_other_host():
    page = create_app().test_client().get("/docs").get_data(as_text=True)
    assert "</html>" in page
    for route in ROUTES:
        assert f"{route.method} {route.path}</code>" in page
    assert "<script" not in page
    assert "//cdn" not in page
    assert 'src="' not in page


# --- never a 500

numbers = st.one_of(st.integers(), st.floats(), st.booleans(), st.none(), st.text(max_size=3))
nested = st.recursive(
    numbers, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner), max_leaves=9
)
nearly = st.builds(lambda start, odd: {"data": [*[0] * start, odd, *[0] * (783 - start)]}, st.integers(0, 783), nested)


def is_image(body: object) -> bool:
    """Whether the body is {"data": [784 numbers within 0-255]}."""
    if not (isinstance(body, dict) and list(body) == ["data"] and isinstance(body["data"], list)):
        return False
    pixels = body["data"]
    return len(pixels) == 784 and all(type(pixel) in (int, float) and 0 <= pixel <= 255 for pixel in pixels)


@pytest.fixture(scope="module")
def client():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNISTCORE_MODEL", "classic")
        return create_app().test_client()


@settings(max_examples=200, deadline=None)
@given(st.one_of(nested, nearly, st.builds(lambda data: {"data": data}, nested)))
def test_json_is_answered_with_200_if_it_is_an_image_else_with_400(client, body):
    answer = client.post("/predict", data=json.dumps(body), content_type="application/json")
    assert answer.status_code == (200 if is_image(body) else 400)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=2000),
    st.sampled_from(
        [
            ("/predict", "application/json"),
            ("/predict", "image/png"),
            ("/predict", "multipart/form-data; boundary=x"),
            ("/read", "image/png"),
            ("/read", "multipart/form-data; boundary=x"),
        ]
    ),
)
def test_random_bytes_are_answered_with_400(client, body, sent):
    path, media = sent
    length = {"CONTENT_LENGTH": str(len(body))}  # which the test client leaves out when it is 0
    answer = client.post(path, data=body, content_type=media, environ_overrides=length)
    assert answer.status_code == 400


def _files() -> list[bytes]:
    digit = Image.fromarray(np.kron(DIGITS[0], np.ones((4, 4), np.uint8)))
    files = []
    for kind, mode in (("PNG", "L"), ("PNG", "P"), ("PNG", "RGBA"), ("JPEG", "L"), ("GIF", "P"), ("WEBP", "RGB"),
                       ("BMP", "L"), ("TIFF", "L")):  # fmt: skip
        file = BytesIO()
        digit.convert(mode).save(file, kind)
        files.append(file.getvalue())
    return files


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(_files()),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6),
    st.integers(0, 99),
    st.sampled_from(["/predict", "/read"]),
)
def test_a_damaged_picture_is_read_or_refused(client, body, changes, cut, path):
    damaged = bytearray(body)
    for place, value in changes:
        damaged[place % len(damaged)] = value
    damaged = bytes(damaged[: len(damaged) - cut])
    answer = client.post(path, data=damaged, content_type="image/png")
    assert answer.status_code in (200, 400, 422)


# --- light to start


def test_the_api_imports_nothing_that_trains_or_draws():
    heavy = "{'sklearn', 'pandas', 'matplotlib', 'streamlit'}"
    code = f"import sys, api; api.create_app(); print(sorted({heavy} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_blas_has_one_thread():
    code = "import api, os; print(os.environ['OPENBLAS_NUM_THREADS'])"
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, env=environment
    )
    assert run.stdout == "1\n"
