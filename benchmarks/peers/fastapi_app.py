"""FastAPI with the same checks and forward pass as ours. Run by uvicorn."""

from fastapi import FastAPI, Request

import mnistcore
from serving.images import json_images

model = mnistcore.load_model("classic")
app = FastAPI()


@app.post("/predict")
async def predict(request: Request):
    images, _ = json_images(await request.body())
    return {"prediction": int(mnistcore.read_batch(images, model).probabilities.argmax())}
