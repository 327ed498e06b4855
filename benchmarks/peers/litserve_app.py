"""LitServe with the same model."""

import sys

import litserve
import numpy as np

import mnistcore


class Digits(litserve.LitAPI):
    def setup(self, device):  # noqa: ARG002 - the library's own name
        self.model = mnistcore.load_model("classic")

    def decode_request(self, request):
        return np.array([request["data"]], np.uint8)

    def predict(self, images):
        return self.model.predict(images)[0]

    def encode_response(self, digit):
        return {"prediction": int(digit)}


if __name__ == "__main__":
    server = litserve.LitServer(Digits(), accelerator="cpu", workers_per_device=2)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), num_api_servers=2, generate_client_file=False)
