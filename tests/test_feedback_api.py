"""POST /feedback."""

from __future__ import annotations

import gzip
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from io import BytesIO

import jsonschema
import numpy as np
import pytest
from conftest import await_that, picture_of, start_api
from flask.testing import FlaskClient

from api import ROUTES, create_app
from mnistcore import load_model
from mnistcore.confirmed import Feedback, database, open_feedback
from mnistcore.confirmed import feedback as module
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit.files import as_png
from mnistcore.models.files import write_model
from serving import openapi
from serving.feedback import UNUSABLE

DIGITS, LABELS = shipped_test_digits()
SEVEN = DIGITS[0].ravel().tolist()
DATA = {"data": SEVEN}
PNG = as_png(np.kron(DIGITS[0], np.ones((5, 5), np.uint8)))
JSON, FORM = "application/json", "multipart/form-data"
KEY = {"Authorization": "Bearer secret"}


pytestmark = pytest.mark.usefixtures("api_environment")


@pytest.fixture
def client(monkeypatch) -> Iterator[FlaskClient]:
    """Of an API with a key."""
    monkeypatch.setenv("MNISTCORE_API_KEY", "secret")
    with ExitStack() as opened:
        monkeypatch.setattr("mnistcore.confirmed.open_feedback", lambda: opened.enter_context(closing(open_feedback())))
        yield create_app().test_client()


@pytest.fixture
def feedback() -> Iterator[Feedback]:
    """The same database."""
    opened = open_feedback()
    yield opened
    opened.close()


def test_a_digit_is_kept_and_corrected(client, feedback):
    first = client.post("/feedback?digit=1", json=DATA, headers=KEY)
    assert first.status_code == 201
    assert list(first.get_json()) == ["id"]
    again = client.post("/feedback?digit=4", json=DATA, headers=KEY)
    assert (again.status_code, again.get_json()) == (200, first.get_json())
    (profile,) = feedback.profiles()
    assert (profile.owner, profile.name) == ("api", "API")
    (digit,) = feedback.digits(profile.id)
    assert (digit.id, digit.label, digit.predicted) == (first.get_json()["id"], 4, 7)
    assert digit.model == f"classic {load_model('classic').version}" == first.headers["X-Model"]
    assert (digit.image == DIGITS[0]).all()
    assert picture_of(feedback, profile.id, digit.id) == as_png(DIGITS[0])
    document = {"$ref": "#/components/schemas/Kept", "components": openapi.document(ROUTES, "1")["components"]}
    jsonschema.validate(first.get_json(), document)


def test_the_models_name_is_quoted_in_the_header_alone(monkeypatch, tmp_path, feedback, caplog):
    classic = load_model("classic")
    write_model(replace(classic, card=classic.card | {"name": "Zoé's 2nd"}), tmp_path / "model.npz")
    monkeypatch.setenv("MNISTCORE_MODEL", str(tmp_path / "model.npz"))
    monkeypatch.setenv("MNISTCORE_API_KEY", "secret")
    monkeypatch.setenv("MNISTCORE_LOG_REQUESTS", "json")
    answer = create_app().test_client().post("/feedback?digit=7", json=DATA, headers=KEY)
    assert answer.headers["X-Model"] == f"Zo%C3%A9%27s%202nd {classic.version}"
    (digit,) = feedback.digits(feedback.profiles()[0].id)
    assert digit.model == f"Zoé's 2nd {classic.version}"
    assert caplog.records[-1].request["model"] == digit.model


@pytest.mark.parametrize(
    ("body", "media", "headers"),
    [
        (json.dumps({"data": SEVEN}).encode(), JSON, {}),
        (PNG, "image/png", {}),
        (gzip.compress(PNG), "image/png", {"Content-Encoding": "gzip"}),
        ({"image": (BytesIO(PNG), "seven.png")}, FORM, {}),
    ],
    ids=["JSON", "picture", "gzip", "form"],
)
def test_one_picture_is_sent_as_to_predict(client, feedback, body, media, headers):
    answer = client.post("/feedback?digit=7", data=body, content_type=media, headers=KEY | headers)
    assert answer.status_code == 201
    (profile,) = feedback.profiles()
    (digit,) = feedback.digits(profile.id)
    assert (digit.label, digit.predicted) == (7, 7)
    assert picture_of(feedback, profile.id, digit.id) == (as_png(DIGITS[0]) if media == JSON else PNG)


def test_it_may_belong_to_another_profile(client, feedback):
    ada = feedback.find_or_create_profile("visitor", "Ada")
    assert client.post(f"/feedback?digit=7&profile={ada.id}", json=DATA, headers=KEY).status_code == 201
    assert (feedback.count(ada.id), feedback.profiles()) == (1, [ada])
    for unknown in ("0" * 32, "", "%00", "%ff", ada.id + "%00"[:0] + "0"):
        answer = client.post(f"/feedback?digit=7&profile={unknown}", json=DATA, headers=KEY)
        assert (answer.status_code, answer.get_json()) == (
            404,
            {"error": "There is no such profile, or it was deleted."},
        )


def test_without_a_key_there_is_none(home):
    answer = create_app().test_client().post("/feedback?digit=7", json=DATA)
    assert answer.status_code == 404
    assert answer.get_json() == {
        "error": "POST /feedback is off: it needs an API key, which the operator sets with MNISTCORE_API_KEY."
    }
    assert not (home / "feedback.db").exists()


def test_it_needs_the_key(client, home):
    assert client.post("/feedback?digit=7", json=DATA).status_code == 401
    assert client.get("/feedback", headers=KEY).status_code == 405
    assert not (home / "feedback.db").exists()


BAD = {
    "no digit": ("", DATA, 400, "digit must be given once"),
    "10": ("digit=10", DATA, 400, "be a digit from 0 to 9"),
    "a letter": ("digit=x", DATA, 400, "be a digit from 0 to 9"),
    "another alphabet's": ("digit=%D9%A3", DATA, 400, "be a digit from 0 to 9"),
    "two digits": ("digit=1&digit=2", DATA, 400, "digit must be given once"),
    "two profiles": ("digit=1&profile=a&profile=b", DATA, 400, "profile must be given once"),
    "another parameter": ("digit=1&model=classic", DATA, 400, "no parameter 'model' here"),
    "a batch": ("digit=1", {"data": [SEVEN]}, 400, "must hold one image"),
    "783 numbers": ("digit=1", {"data": SEVEN[1:]}, 400, "array of length >= 784"),
    "nothing drawn": ("digit=1", {"data": [0] * 784}, 422, "nothing drawn"),
}


@pytest.mark.parametrize(("query", "data", "status", "words"), BAD.values(), ids=BAD)
def test_a_bad_request_is_told_why(client, feedback, query, data, status, words):
    answer = client.post(f"/feedback?{query}", json=data, headers=KEY)
    assert answer.status_code == status
    assert words in answer.get_json()["error"]
    assert all(feedback.count(profile.id) == 0 for profile in feedback.profiles())


def test_raw_pixels_are_no_picture(client):
    answer = client.post("/feedback?digit=7", data=bytes(784), content_type="application/octet-stream", headers=KEY)
    assert answer.status_code == 415


def test_there_is_a_limit(client, monkeypatch):
    monkeypatch.setattr(module, "MOST_ROWS", 1)
    assert client.post("/feedback?digit=7", json=DATA, headers=KEY).status_code == 201
    answer = client.post("/feedback?digit=2", json={"data": DIGITS[1].ravel().tolist()}, headers=KEY)
    assert answer.status_code == 429
    assert answer.get_json() == {"error": "There are 1 digits, as many as are kept: delete some first."}
    assert client.post("/feedback?digit=1", json=DATA, headers=KEY).status_code == 200


def test_a_database_that_cannot_be_used_is_told_and_tried_again(client, home, caplog):
    home.mkdir()
    (home / "feedback.db").write_bytes(b"seven" * 1000)
    answer = client.post("/feedback?digit=7", json=DATA, headers=KEY)
    assert answer.status_code == 503
    assert answer.get_json() == {"error": UNUSABLE}
    assert "A digit could not be kept: The database file is damaged" in caplog.text
    assert client.post("/predict", json=DATA, headers=KEY).get_json() == {"prediction": 7}
    (home / "feedback.db").unlink()
    assert client.post("/feedback?digit=7", json=DATA, headers=KEY).status_code == 201


def test_who_writes_waits_and_nobody_else_does(client, home):
    assert client.post("/feedback?digit=7", json=DATA, headers=KEY).status_code == 201
    statuses: list[int] = []

    def correct(digit: int) -> None:
        statuses.append(
            client.application.test_client().post(f"/feedback?digit={digit}", json=DATA, headers=KEY).status_code
        )

    threads = [threading.Thread(target=correct, args=(digit,)) for digit in range(8)]
    with closing(sqlite3.connect(home / "feedback.db")) as writer:
        writer.isolation_level = None
        writer.execute("BEGIN IMMEDIATE")
        for thread in threads:
            thread.start()
        await_that(lambda: len(statuses) == 4)  # those beyond the four that may wait are answered at once
        assert statuses == [503] * 4
        assert client.post("/predict", json=DATA, headers=KEY).get_json() == {"prediction": 7}
        writer.execute("ROLLBACK")
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 4 + [503] * 4


def test_who_waits_too_long_is_told_to_try_again(client, home, monkeypatch):
    monkeypatch.setattr(database, "WAIT", 0.1)
    assert client.post("/feedback?digit=7", json=DATA, headers=KEY).status_code == 201
    with closing(sqlite3.connect(home / "feedback.db")) as writer:
        writer.isolation_level = None
        writer.execute("BEGIN IMMEDIATE")
        answer = client.post("/feedback?digit=7", json=DATA, headers=KEY)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.get_json()["error"].startswith("Others are writing to the database")


@pytest.mark.server
def test_two_workers_share_a_database(database_url, tmp_path):
    server = start_api(tmp_path, MNISTCORE_API_KEY="secret", MNISTCORE_DB=database_url)
    answers: list[tuple[int, str]] = []

    def send(start: int) -> None:
        for index in range(start, 40, 4):
            body = json.dumps({"data": DIGITS[index].ravel().tolist()})
            headers = KEY | {"Content-Type": JSON}
            status, content, _ = server.ask("POST", f"/feedback?digit={LABELS[index]}", body, headers)
            answers.append((status, json.loads(content)["id"]))

    try:
        threads = [threading.Thread(target=send, args=(start,)) for start in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        assert server.stop() == 0, server.log.read_text()
    with closing(open_feedback(database_url)) as feedback:
        (profile,) = feedback.profiles()
        assert {status for status, _ in answers} == {201}
        assert {id_ for _, id_ in answers} == {digit.id for digit in feedback.digits(profile.id)}
        assert sorted(feedback.images_and_labels(profile.id)[1]) == sorted(LABELS[:40])
