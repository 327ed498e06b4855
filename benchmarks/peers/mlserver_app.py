"""MLServer with the same model: a runtime of its own, whose settings are in the files beside it."""

import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse

import mnistcore


class Digits(MLModel):
    async def load(self) -> bool:
        self.model = mnistcore.load_model("classic")
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        images = NumpyCodec.decode_input(payload.inputs[0])
        digits = self.model.predict(images.astype(np.uint8))
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output("prediction", digits)])
