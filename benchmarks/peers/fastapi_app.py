"""FastAPI with the very same checks and forward pass as ours. Run by uvicorn."""

from fastapi import FastAPI, Request

import mnistcore
from serving.bodies import json_images
from serving.predicting import read_digits

model = mnistcore.load_model("classic")
app = FastAPI()


@app.post("/predict")
async def predict(request: Request):
    images, _ = json_images(await request.body())
    probabilities, _ = read_digits(model, images)
    return {"prediction": int(probabilities.argmax())}
