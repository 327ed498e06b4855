"""The HTTP API: send a digit, get the answer.

    python api.py                               # serve on http://127.0.0.1:8000
    flask --app api run --debug                 # during development
    gunicorn "api:create_app()"                 # any other WSGI server works too

The routes are here, and in ROUTES at the end; what they use is in serving/. The digits are read by mnistcore.
"""

from __future__ import annotations

from serving import bodies, contract, inference, openapi, security, server  # first: it must come before NumPy

# isort: split
import time
from collections.abc import Callable

import msgspec
import numpy as np
from flask import Flask, Response, current_app, request
from werkzeug.exceptions import BadRequest, HTTPException, NotFound, ServiceUnavailable, UnprocessableEntity
from werkzeug.wrappers import Response as ErrorResponse

import mnistcore
from mnistcore.digit.model import Model
from mnistcore.digit.reading import Readings, read_batch
from mnistcore.errors import BadImage, BlankImage, UnsupportedImage
from mnistcore.models.personal_names import label
from serving import logs
from serving.admission import LIGHT_BATCH, Admission, Busy, heavy_slot, light_turn
from serving.feedback import FeedbackStore, feedback_parameters
from serving.images import read_images, read_picture, read_sent_digit
from serving.metrics import MODEL, PREDICTED, PREDICTION, ROUTE, Metrics
from serving.models import configure_models, get_model
from serving.routes import Route

LONGEST_SENTENCE = 400  # characters


class App(Flask):
    """Flask, less what it looks up at every request and none of these routes needs."""

    request_class = bodies.Request

    def ensure_sync(self, func: Callable) -> Callable:
        """The function itself: no view here is a coroutine."""
        return func


def create_app() -> Flask:
    """The app, with its model loaded if there is one; without, it answers 503 until there is."""
    logs.configure()
    app = App("mnistcore", static_folder=None)
    app.config["MAX_FORM_MEMORY_SIZE"] = contract.MAX_BODY  # the body's own limit is checked where it is read
    app.url_map.merge_slashes = False  # it would redirect, with a page of HTML, to the host that the client names
    for route in ROUTES:
        # if "/" were strict it would redirect a path that lacks its first slash
        strict = route.path != "/"
        app.add_url_rule(route.rule, view_func=route.view, methods=[route.method], strict_slashes=strict)
    app.before_request(note_route)
    app.register_error_handler(HTTPException, answer_error)
    app.register_error_handler(BadImage, lambda error: answer_error(BadRequest(str(error))))
    for error_type in (UnsupportedImage, BlankImage):
        app.register_error_handler(error_type, lambda error: answer_error(UnprocessableEntity(str(error))))
    origins = security.settings().origins
    admission = Admission(app.wsgi_app, lambda environ: security.cors_headers(environ, origins))
    app.extensions["metrics"] = Metrics(admission)
    app.wsgi_app = app.extensions["metrics"]  # type: ignore[method-assign]  # Flask's documented way to add middleware
    security.configure_security(app, {route.rule for route in ROUTES if route.protected})
    # without a key any web page could send digits here, from the browser of somebody who may reach the API
    app.extensions["feedback"] = FeedbackStore() if security.settings().keys else None
    configure_models(app)
    return app


def note_route() -> None:
    """For the metrics and the log."""
    if rule := request.url_rule:
        request.environ[ROUTE] = rule.rule


def predict() -> Response:
    start, environ = time.monotonic(), request.environ
    in_full, model = parameters("probabilities", "model")
    images, batch = read_images(environ)
    digits, readings = read(images, model, start)
    environ[PREDICTION] = f"{len(digits)} digits" if batch else digits[0]
    return answer((as_batch if batch else as_single)(digits, readings, in_full, model), model)


def read_page() -> Response:
    start, model = time.monotonic(), parameters("model")[-1]
    file = read_picture(request.environ)
    try:
        with heavy_slot():
            picture, size = mnistcore.open_page(file)
            page = mnistcore.read_page(picture, model, size, start + contract.DEADLINE).as_dict()
    except TimeoutError:
        raise Busy(f"Reading this page took longer than {contract.DEADLINE:g} s: send a part of it.") from None
    digits = page["digits"]
    predictions, confidences = ([digit[key] for digit in digits] for key in ("prediction", "confidence"))
    request.environ[PREDICTED] = model, predictions, confidences
    request.environ[PREDICTION] = f"{len(digits)} digits"
    return answer(page, model)


def feedback() -> Response:
    store = current_app.extensions["feedback"]
    if store is None:
        raise NotFound("POST /feedback is off: it needs an API key, which the operator sets with MNISTCORE_API_KEY.")
    digit, profile = feedback_parameters(request)
    model = get_model()
    picture, image = read_sent_digit(request.environ)
    predicted = int(read_batch(image[np.newaxis], model).digit[0])
    added = store.add(profile, picture, image, digit, predicted, model.full_name)
    response = answer(contract.Kept(added.id), model)
    response.status_code = 201 if added.new else 200
    return response


def infer(name: str) -> Response:
    start, model = time.monotonic(), parameters(model=name)[-1]
    images, asked = inference.read_request(request.environ)
    digits, readings = read(images, model, start)
    request.environ[PREDICTION] = f"{len(digits)} digits"
    response = inference.write_response(model, asked, np.array(digits), readings)
    request.environ[MODEL] = model
    return response


def read(images: np.ndarray, model: Model, start: float) -> tuple[list[int], Readings]:
    """The n digits, and what else the model reads in the images of a request that began at the time `start`."""
    try:
        with heavy_slot() if len(images) > LIGHT_BATCH else light_turn:
            readings = read_batch(images, model, deadline=start + contract.DEADLINE)
    except TimeoutError:
        raise Busy(f"Preparing these images took longer than {contract.DEADLINE:g} s: send fewer at a time.") from None
    digits, confidences = most_probable(readings.probabilities)
    request.environ[PREDICTED] = model, digits, confidences
    return digits, readings


def most_probable(probabilities: np.ndarray) -> tuple[list[int], list[float]]:
    """Of each row of (n, 10) probabilities the digit, of a blank image too, and its probability."""
    if len(probabilities) == 1:  # without NumPy, which takes longer to begin with so few numbers
        row = probabilities[0].tolist()
        return [row.index(max(row))], [max(row)]
    return probabilities.argmax(axis=1).tolist(), probabilities.max(axis=1).tolist()


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
    if warnings := readings.warnings:
        result.warning = warnings[0]
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
    check_ready()
    return answer(contract.Status("ready"))


def check_ready() -> None:
    """Raises 503 if the server is about to stop, or has no model."""
    draining = current_app.config.get("DRAINING")  # set by server.py
    if draining and draining.exists():
        raise ServiceUnavailable("The server is about to stop.")
    get_model()


def model_card() -> Response:
    model = parameters("model")[-1]
    figures = {name: figure for name, figure in model.card.get("figures", {}).items() if figure is not None}
    return answer(contract.ModelInfo(model.name, model.version, figures, model.card), model)


def metrics() -> Response:
    try:
        served = get_model()
    except ServiceUnavailable:
        served = None
    text, content_type = current_app.extensions["metrics"].exposition(served)
    return Response(text, content_type=content_type)


def v2_server() -> Response:
    return answer(contract.ServerMetadata("mnistcore", mnistcore.__version__, ["binary_tensor_data"]))


def v2_live() -> Response:
    return answer(contract.Live(True))


def v2_ready() -> Response:
    check_ready()
    return answer(contract.Ready(True))


def v2_model(name: str) -> Response:
    model = get_model(name)
    return answer(inference.metadata(model), model)


def v2_model_ready(name: str) -> Response:
    check_ready()
    try:
        model = get_model(name)
    except NotFound:  # whose sentence lists the others, which only those with the key may know
        raise NotFound("There is no model of that name.") from None
    return answer(contract.ModelReady(label(name), True), model)


def openapi_json() -> Response:
    return answer(openapi.document(ROUTES, mnistcore.__version__))


def docs() -> str:
    return openapi.page(ROUTES, mnistcore.__version__)


def parameters(*known: str, model: str | None = None) -> tuple[bool, Model]:
    """The parameters `probabilities`, by default false, and `model`, by default the one that is served, or that of this
    name.

    Raises:
        HTTPException: 400, there is a parameter that is not among the known ones, or one has no value that it can
            have; 404 or 503, as `get_model`.
    """
    if not request.environ.get("QUERY_STRING"):
        return False, get_model(model)
    if unknown := sorted(request.args.keys() - set(known)):
        there_is = f"; there is {' and '.join(map(repr, known))}" if known else ""
        raise BadRequest(f"There is no parameter {unknown[0]!r} here{there_is}.")
    values = request.args.getlist("probabilities")
    if len(values) > 1 or not {*values} <= {"true", "false"}:
        raise BadRequest("The parameter probabilities must be true or false, and be given once.")
    names = request.args.getlist("model")
    if len(names) > 1:
        raise BadRequest("The parameter model must be given once.")
    return values == ["true"], get_model(names[0] if names else model)


def answer(content: object, model: Model | None = None) -> Response:
    """Anything of contract.py as JSON, and the model whose answer it is."""
    if model:
        request.environ[MODEL] = model
    return Response(msgspec.json.encode(content), content_type=bodies.JSON)


def answer_error(error: HTTPException) -> ErrorResponse:
    """Every error has one shape; the headers that HTTP demands with it (Allow, WWW-Authenticate) stay."""
    response = error.get_response()
    sentence = contract.SENTENCES.get(response.status_code) or error.description or error.name
    if response.status_code == 404 and request.url_rule:  # it is a model that there is not
        sentence = error.description or error.name
    sentence = label(sentence)  # it may quote what was sent
    if len(sentence) > LONGEST_SENTENCE:
        sentence = sentence[:LONGEST_SENTENCE] + "..."
    response.data = msgspec.json.encode(contract.Error(sentence))
    response.content_type = bodies.JSON
    return response


ROUTES = (
    Route(
        "POST",
        "/predict",
        predict,
        "Which digit is it?",
        (contract.Prediction, contract.Predictions),
        errors=(400, 404, 411, 413, 415, 422, 503),
        request=openapi.PREDICT_REQUEST,
    ),
    Route(
        "POST",
        "/read",
        read_page,
        "Which digits are on this page, and where?",
        (contract.Page,),
        errors=(400, 404, 411, 413, 415, 422, 503),
        request=openapi.READ_REQUEST,
    ),
    Route(
        "POST",
        "/feedback",
        feedback,
        "Keep this digit, which somebody confirmed or corrected.",
        (contract.Kept,),
        errors=(400, 404, 411, 413, 415, 422, 429, 503),
        done=(200, 201),
        request=openapi.FEEDBACK_REQUEST,
    ),
    Route("GET", "/", index, "What there is.", (contract.Index,), protected=False),
    Route("GET", "/health", health, "Is the process up?", (contract.Status,), protected=False),
    Route("GET", "/ready", ready, "Is a model loaded?", (contract.Status,), errors=(503,), protected=False),
    Route(
        "GET",
        "/model",
        model_card,
        "Which model answers, how good it is.",
        (contract.ModelInfo,),
        errors=(400, 404, 503),
        request=openapi.MODEL_PARAMETER,
    ),
    Route("GET", "/metrics", metrics, "Counts and durations, for Prometheus.", (str,), "text/plain"),
    Route("GET", "/openapi.json", openapi_json, "These routes, for programs.", (dict,), protected=False),
    Route("GET", "/docs", docs, "These routes, as a page.", (str,), "text/html", protected=False),
    # the Open Inference Protocol
    Route("GET", "/v2", v2_server, "Name, version and extensions.", (contract.ServerMetadata,), protected=False),
    Route("GET", "/v2/health/live", v2_live, "Is the process up?", (contract.Live,), protected=False),
    Route("GET", "/v2/health/ready", v2_ready, "Is a model loaded?", (contract.Ready,), errors=(503,), protected=False),
    Route(
        "GET",
        "/v2/models/{name}",
        v2_model,
        "Inputs and outputs of a model.",
        (contract.ModelMetadata,),
        errors=(404, 503),
    ),
    Route(
        "GET",
        "/v2/models/{name}/ready",
        v2_model_ready,
        "Is this model loaded?",
        (contract.ModelReady,),
        errors=(404, 503),
        protected=False,
    ),
    Route(
        "POST",
        "/v2/models/{name}/infer",
        infer,
        "Which digits are these?",
        (inference.InferenceResponse,),
        errors=(400, 404, 411, 413, 415, 503),
        request=openapi.INFER_REQUEST,
    ),
)


if __name__ == "__main__":
    server.main(create_app)
