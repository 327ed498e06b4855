"""BentoML with the same model."""

import bentoml
import numpy as np

import mnistcore


@bentoml.service(workers=2)
class Digits:
    def __init__(self):
        self.model = mnistcore.load_model("classic")

    @bentoml.api(route="/predict")
    def predict(self, data: list[int]) -> dict:
        return {"prediction": int(self.model.predict(np.array([data], np.uint8))[0])}
