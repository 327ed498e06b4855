"""A hello-world in Flask: the baseline."""

from flask import Flask


def create_app():
    app = Flask(__name__)
    app.get("/hello")(lambda: {"hello": "world"})
    return app
