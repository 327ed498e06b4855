"""The HTTP API: send a digit, get the answer.

    python api.py                               # serve on http://127.0.0.1:8000
    flask --app api run --debug                 # while working on it
    gunicorn "api:create_app()"                 # any other WSGI server will do too

The routes are here; what they stand on is in serving/. The digits are read by mnistcore.
"""

from __future__ import annotations

from serving import bodies, contract, openapi, security, server  # first: it must come before NumPy

# isort: split
import msgspec
import numpy as np
from flask import Flask, Response, current_app, request
from serving.model_watch import ModelWatch
from werkzeug.exceptions import BadRequest, HTTPException, ServiceUnavailable

from mnistcore import BadImage, BlankImage, Model
from serving.metrics import PREDICTION, Metrics
from serving.predicting import read_digits

LONGEST_SENTENCE = 400  # characters

SENTENCES = {
    401: "This route needs the API key: send it as 'Authorization: Bearer <key>'.",
    404: "There is no such route; GET / lists those there are.",
    405: "This route does not take that method; the header Allow lists those it takes.",
    411: "The request must say its length in the header Content-Length.",
    413: "The body may be 16 MiB long at most, and a form may have 1,000 parts.",
    500: "Something went wrong here, and it is not the request's fault; it has been logged.",
    503: "There is no model that can be loaded; the server's log says why.",
}
UNREAD = (401, 404, 405, 411, 413, 415, 503)  # what is answered before a body has been read


def create_app() -> Flask:
    """The app, with its model loaded if there is one; without, it answers 503 until there is."""
    app = Flask("mnistcore", static_folder=None)
    app.config["MAX_FORM_MEMORY_SIZE"] = contract.MAX_BODY  # the body's own limit is checked where it is read
    app.url_map.merge_slashes = False  # it would redirect, with a page of HTML, by the host that the client names
    app.extensions["model"] = watch = ModelWatch()
    watch.current  # noqa: B018 - loads it now, rather than in the first request

    app.get("/", strict_slashes=False)(index)  # else it would redirect a path that lacks its first slash
    app.post("/predict")(predict)
    app.get("/health")(health)
    app.get("/ready")(ready)
    app.get("/model")(model)
    app.get("/metrics")(prometheus)
    app.get("/openapi.json")(openapi_json)
    app.get("/docs")(docs)
    app.register_error_handler(HTTPException, answer_error)
    app.register_error_handler(BadImage, lambda error: answer_error(BadRequest(str(error))))
    app.register_error_handler(BlankImage, lambda error: answer(contract.Error(str(error)), 422))
    app.wsgi_app = app.extensions["metrics"] = Metrics(app)
    security.configure_security(app)
    return app


def predict() -> Response:
    """Which digit?"""
    model = model_in_use()
    images, batch = bodies.read_images(request)
    in_full = probabilities_wanted()
    probabilities, warnings = read_digits(model, images)
    digits, confidences = probabilities.argmax(axis=1), probabilities.max(axis=1)
    current_app.extensions["metrics"].count_predictions(digits, confidences)
    digits = digits.tolist()
    request.environ[PREDICTION] = f"{len(digits)} digits" if batch else digits[0]

    result = contract.Predictions(digits) if batch else contract.Prediction(digits[0])
    if in_full:
        shares = probabilities.astype(np.float64).round(6)
        if batch:
            result.confidences, result.probabilities = shares.max(axis=1).tolist(), shares.tolist()
        else:
            result.confidence, result.probabilities = float(shares.max()), shares[0].tolist()
    if warnings:
        if batch:
            result.warnings = {str(index): sentence for index, sentence in warnings.items()}
        else:
            result.warning = warnings[0]
    return answer(result)


def index() -> Response:
    """Where to go from here."""
    return answer(contract.Index("mnistcore", openapi.summaries()))


def health() -> Response:
    """Is the process up?"""
    return answer(contract.Status("up"))


def ready() -> Response:
    """Is a model loaded?"""
    model_in_use()
    return answer(contract.Status("ready"))


def model() -> Response:
    """What the model in use is."""
    card = model_in_use().card
    figures = {name: figure for name, figure in card.get("figures", {}).items() if figure is not None}
    return answer(contract.ModelInfo(card.get("name", "unnamed"), figures, card))


def prometheus() -> Response:
    """The metrics."""
    text, content_type = current_app.extensions["metrics"].exposition()
    return Response(text, content_type=content_type)


def openapi_json() -> Response:
    """The contract."""
    return answer(openapi.document())


def docs() -> str:
    """The contract, to read."""
    return openapi.page()


def model_in_use() -> Model:
    """The model, or 503."""
    model = current_app.extensions["model"].current
    if model is None:
        raise ServiceUnavailable
    return model


def probabilities_wanted() -> bool:
    """What `?probabilities=` says, by default false."""
    values = request.args.getlist("probabilities") if request.query_string else []
    if not values or values == ["false"]:
        return False
    if values != ["true"]:
        raise BadRequest("The parameter probabilities must be true or false, and stand there once.")
    return True


def answer(content: object, status: int = 200) -> Response:
    """Anything of the contract as JSON."""
    return Response(msgspec.json.encode(content), status, content_type="application/json")


def answer_error(error: HTTPException) -> Response:
    """Every error has one shape; what else HTTP demands of it (Allow, WWW-Authenticate) stays."""
    response = error.get_response()
    sentence = SENTENCES.get(error.code) or error.description
    # it may quote what was sent
    sentence = sentence if len(sentence) <= LONGEST_SENTENCE else sentence[:LONGEST_SENTENCE] + "..."
    response.data = msgspec.json.encode(contract.Error(sentence))
    response.content_type = "application/json"
    if request.method == "POST" and error.code in UNREAD:
        # what is left of the body would be taken for the next request; granian notices that, but does not always say so
        response.headers["Connection"] = "close"
    return response


if __name__ == "__main__":
    server.main()
