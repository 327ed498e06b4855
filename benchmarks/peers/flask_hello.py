"""The least that Flask can do, by which the rest is measured."""

from flask import Flask


def create_app():
    app = Flask(__name__)
    app.get("/hello")(lambda: {"hello": "world"})
    return app
