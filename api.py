"""The HTTP API: send a digit, get the answer.

    python api.py                               # serve on http://127.0.0.1:8000
    flask --app api run --debug                 # during development
    gunicorn "api:create_app()"                 # any other WSGI server works too

The routes are here, and in ROUTES at the end; what they use is in serving/. The digits are read by mnistcore.
"""

from __future__ import annotations

from serving import bodies, contract, openapi, security, server  # first: it must come before NumPy

# isort: split
import time

import msgspec
import numpy as np
from flask import Flask, Response, current_app, request
from werkzeug.exceptions import BadRequest, HTTPException, ServiceUnavailable, UnprocessableEntity
from werkzeug.wrappers import Response as ErrorResponse

from mnistcore import BadImage, BlankImage, Model, Readings, UnsupportedImage, read_batch
from mnistcore.watch import ModelWatch
from serving.metrics import PREDICTION, Metrics
from serving.routes import Route

LONGEST_SENTENCE = 400  # characters
UNREAD = (401, 404, 405, 411, 413, 415, 503)  # what is answered before a body has been read


def create_app() -> Flask:
    """The app, with its model loaded if there is one; without, it answers 503 until there is."""
    app = Flask("mnistcore", static_folder=None)
    app.request_class = bodies.Request
    app.config["MAX_FORM_MEMORY_SIZE"] = contract.MAX_BODY  # the body's own limit is checked where it is read
    app.url_map.merge_slashes = False  # it would redirect, with a page of HTML, to the host that the client names
    for route in ROUTES:
        # if "/" were strict it would redirect a path that lacks its first slash
        strict = route.path != "/"
        app.add_url_rule(route.path, view_func=route.view, methods=[route.method], strict_slashes=strict)
    app.register_error_handler(HTTPException, answer_error)
    app.register_error_handler(BadImage, lambda error: answer_error(BadRequest(str(error))))
    for error_type in (UnsupportedImage, BlankImage):
        app.register_error_handler(error_type, lambda error: answer_error(UnprocessableEntity(str(error))))
    security.configure_security(app, {route.path for route in ROUTES if route.protected})
    app.extensions["metrics"] = Metrics(app)
    app.wsgi_app = app.extensions["metrics"]  # type: ignore[method-assign]  # Flask's documented way to add middleware
    app.extensions["model"] = ModelWatch(period=1.0)
    app.extensions["model"].current  # noqa: B018 - loads it now, rather than in the first request
    return app


def predict() -> Response:
    model = current_model()
    images, batch = bodies.read_images(request)
    in_full = probabilities_wanted()
    try:
        readings = read_batch(images, model, deadline=time.monotonic() + contract.DEADLINE)
    except TimeoutError:
        raise bodies.Busy(
            f"Preparing these images took longer than {contract.DEADLINE:g} s: send fewer at a time."
        ) from None
    digits = readings.probabilities.argmax(axis=1)  # readings.digit has none for a blank image
    current_app.extensions["metrics"].count_predictions(digits, readings.confidence)
    request.environ[PREDICTION] = f"{len(digits)} digits" if batch else int(digits[0])
    return answer((as_batch if batch else as_single)(digits.tolist(), readings, in_full, model))


def as_single(digits: list[int], readings: Readings, in_full: bool, model: Model) -> contract.Prediction:
    """What is answered about one image."""
    result = contract.Prediction(digits[0])
    if in_full:
        probabilities = rounded(readings.probabilities[0])
        result.probabilities = probabilities.tolist()
        result.confidence = float(probabilities.max())
        result.uncertain = bool(readings.uncertain[0])
        if model.knows_non_digits:
            result.digit_probability = float(rounded(readings.digit_probability)[0])
    if readings.warnings:
        result.warning = readings.warnings[0]
    return result


def as_batch(digits: list[int], readings: Readings, in_full: bool, model: Model) -> contract.Predictions:
    """What is answered about several images."""
    result = contract.Predictions(digits)
    if in_full:
        probabilities = rounded(readings.probabilities)
        result.probabilities = probabilities.tolist()
        result.confidences = probabilities.max(axis=1).tolist()
        result.uncertain = readings.uncertain.tolist()
        if model.knows_non_digits:
            result.digit_probabilities = rounded(readings.digit_probability).tolist()
    if readings.warnings:
        result.warnings = {str(index): sentence for index, sentence in readings.warnings.items()}
    return result


def rounded(probabilities: np.ndarray) -> np.ndarray:
    """To six decimals; as float64, since float32 would show more of them in JSON."""
    return probabilities.astype(np.float64).round(6)


def index() -> Response:
    return answer(contract.Index("mnistcore", {f"{route.method} {route.path}": route.summary for route in ROUTES}))


def health() -> Response:
    return answer(contract.Status("up"))


def ready() -> Response:
    draining = current_app.config.get("DRAINING")  # set by server.py
    if draining and draining.exists():
        raise ServiceUnavailable("The server is about to stop.")
    current_model()
    return answer(contract.Status("ready"))


def model_card() -> Response:
    model = current_model()
    figures = {name: figure for name, figure in model.card.get("figures", {}).items() if figure is not None}
    return answer(contract.ModelInfo(model.name, figures, model.card))


def metrics() -> Response:
    text, content_type = current_app.extensions["metrics"].exposition()
    return Response(text, content_type=content_type)


def openapi_json() -> Response:
    return answer(openapi.document(ROUTES))


def docs() -> str:
    return openapi.page(ROUTES)


def current_model() -> Model:
    """The model that answers; raises 503 if there is none."""
    model = current_app.extensions["model"].current
    if model is None:
        raise ServiceUnavailable("There is no model that can be loaded; the server's log says why.")
    return model


def probabilities_wanted() -> bool:
    """The parameter `probabilities`, by default false; there is no other."""
    if unknown := sorted(request.args.keys() - {"probabilities"}) if request.query_string else []:
        raise BadRequest(f"There is no parameter {unknown[0]!r}; the only one is 'probabilities'.")
    values = request.args.getlist("probabilities") if request.query_string else []
    if not values or values == ["false"]:
        return False
    if values != ["true"]:
        raise BadRequest("The parameter probabilities must be true or false, and be given once.")
    return True


def answer(content: object) -> Response:
    """Anything of contract.py as JSON."""
    return Response(msgspec.json.encode(content), content_type=bodies.JSON)


def answer_error(error: HTTPException) -> ErrorResponse:
    """Every error has one shape; the headers that HTTP demands with it (Allow, WWW-Authenticate) stay."""
    response = error.get_response()
    sentence = contract.SENTENCES.get(response.status_code) or error.description or error.name
    if len(sentence) > LONGEST_SENTENCE:  # it may quote what was sent
        sentence = sentence[:LONGEST_SENTENCE] + "..."
    response.data = msgspec.json.encode(contract.Error(sentence))
    response.content_type = bodies.JSON
    if request.method == "POST" and response.status_code in UNREAD:
        # the rest of the body would be taken for the next request; granian notices that, but does not always say so
        response.headers["Connection"] = "close"
    return response


ROUTES = (
    Route(
        "POST",
        "/predict",
        predict,
        "Which digit is it?",
        (contract.Prediction, contract.Predictions),
        errors=(400, 411, 413, 415, 422, 503),
        request=openapi.PREDICT_REQUEST,
    ),
    Route("GET", "/", index, "What there is.", (contract.Index,), protected=False),
    Route("GET", "/health", health, "Is the process up?", (contract.Status,), protected=False),
    Route("GET", "/ready", ready, "Is a model loaded?", (contract.Status,), errors=(503,), protected=False),
    Route("GET", "/model", model_card, "Which model answers, how good it is.", (contract.ModelInfo,), errors=(503,)),
    Route("GET", "/metrics", metrics, "Counts and durations, for Prometheus.", (str,), "text/plain"),
    Route("GET", "/openapi.json", openapi_json, "These routes, for programs.", (dict,), protected=False),
    Route("GET", "/docs", docs, "These routes, as a page.", (str,), "text/html", protected=False),
)


if __name__ == "__main__":
    server.main(create_app)
