"""The usual way: a scikit-learn pipeline in Flask, with the weights of the model that ours serves. Run by gunicorn."""

import numpy as np
from flask import Flask, jsonify, request
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import mnistcore

model = mnistcore.load_model("classic")
hidden = tuple(len(bias) for bias in model.biases[:-1])
pipeline = make_pipeline(StandardScaler(), MLPClassifier(hidden, max_iter=1, batch_size=10))
pipeline.fit(np.random.default_rng(0).random((100, 784)), np.arange(100) % 10)
pipeline[0].mean_, pipeline[0].scale_ = np.zeros(784), np.full(784, 255.0)
pipeline[1].coefs_, pipeline[1].intercepts_ = list(model.weights), list(model.biases)

app = Flask(__name__)


@app.post("/predict")
def predict():
    return jsonify(prediction=int(pipeline.predict([request.get_json()["data"]])[0]))
