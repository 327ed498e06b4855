"""A training from its order to the model that is kept, as `mnistcore train` and the app's child process both do it.

1. load          the digits
2. checkpoint    begin to keep where the training is, or find out where it was when it was interrupted
3. train         `train.py`
4. keep          the model among the runs, everybody's or the visitor's, or where those that ship lie
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import replace
from pathlib import Path

from mnistcore.data import datasets
from mnistcore.data.datasets import Dataset
from mnistcore.digit.model import Model
from mnistcore.evaluation.evaluate import evaluate
from mnistcore.evaluation.figures import training_charts
from mnistcore.models import catalogue
from mnistcore.models.report import Report
from mnistcore.training.checkpoints import Checkpoints
from mnistcore.training.folds import check_digits
from mnistcore.training.order import Order
from mnistcore.training.train import Progress, train

DISTORTED = 500  # digits that are distorted in each way to evaluate a model that is to be shipped


def carry_out(
    order: Order,
    resume: bool,
    follow: Callable[[Dataset], AbstractContextManager[Callable[[Progress], None]]],
    log: Callable[[str], None],
    backend: Callable[[Sequence[object]], AbstractContextManager[None]] = lambda _: nullcontext(),
    n_jobs: int | None = None,
) -> tuple[Report, Path]:
    """Train what is ordered, and keep it. If it is interrupted, what is done so far is kept to be resumed.

    Args:
        order: what to train.
        resume: whether to go on from what there is of the same order, rather than anew.
        follow: a context that is given the digits once they are there, and gives what is called after every epoch.
        log: called with one sentence for each source that is tried, and for each checkpoint that cannot be used.
        backend: a context in which joblib computes, given the arguments that many tasks share.
        n_jobs: how many networks are trained at a time, as `train` takes it.

    Returns:
        The report, and the directory in which the model is.

    Raises:
        DataUnavailable: there are no digits, or not enough.
        AlreadyRunning: another process does the training that is to be resumed.
        BadModelFile: the name is taken or unusable.
    """
    if order.ship and Path(order.ship).exists() and not Path(order.ship).is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), order.ship)
    dataset = datasets.load(
        order.sources, Path(order.data) if order.data else None, log, [Path(path) for path in order.pens]
    )
    check_digits(order.recipe, dataset)  # before anything is kept to be resumed
    with closing(Checkpoints(order, dataset, log)) as checkpoints:
        with backend([dataset]):
            checkpoints.begin(resume)
            with follow(dataset) as on_progress:
                model, report = train(order.recipe, dataset, order.seed, order.name, on_progress, checkpoints, n_jobs)
        kept = _keep(order, dataset, model, report)
        checkpoints.delete()
    return kept


def _keep(order: Order, dataset: Dataset, model: Model, report: Report) -> tuple[Report, Path]:
    """Keep the model where its order says; the report of one to be shipped says how it reads distorted digits, too."""
    if order.ship:
        source = "MNIST's test set"
        evaluation = evaluate(model, dataset.test_images, dataset.test_labels, source, DISTORTED)
        report = replace(report, evaluation=evaluation)
        catalogue.ship(model, report, Path(order.ship))
        return report, Path(order.ship)
    runs = catalogue.visitor_runs(order.visitor) if order.visitor else catalogue.runs()
    place = runs.keep(model, report, training_charts(report), numbered=order.name is None)
    if not order.visitor:
        catalogue.make_current(place.name)
    return replace(report, name=place.name), place
