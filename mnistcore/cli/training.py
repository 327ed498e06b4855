"""The commands train, search and personalise."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from mnistcore.cli.options import backend_of, load_data, log, sources_of
from mnistcore.errors import ClusterError, NoSuchProfile, NothingUnfinished
from mnistcore.models.answering import load_model
from mnistcore.training.order import Order
from mnistcore.training.searches import Settings, get_recipe
from mnistcore.training.unfinished import latest_order
from mnistcore.words import counted

if TYPE_CHECKING:  # scikit-learn takes a second to load
    from mnistcore.confirmed import Profile
    from mnistcore.data.datasets import Dataset
    from mnistcore.training.train import Progress


def train(options: argparse.Namespace) -> int:
    """Train a model, keep it and make it current, or ship it."""
    from mnistcore.training.start import carry_out

    backend = backend_of(options)
    order = latest_order(None, log) if options.resume else _order(options)
    if options.resume:
        print(f"Resuming the training of {order.recipe.name}, seed {order.seed}.")
    try:
        report, place = carry_out(order, options.resume, _bar_of_networks, log, backend)
    except (KeyboardInterrupt, ClusterError, OSError):  # OSError: such as a disk that is full
        with suppress(NothingUnfinished):
            if latest_order(None) == order:
                print("To go on from its last epoch: mnistcore train --resume", file=sys.stderr)
        raise
    if report.cv_scores:
        of = f" of {report.cv_shortened}" if report.cv_shortened else ""
        print(f"Cross-validation scores{of}: {[round(score, 4) for score in report.cv_scores]}")
        print(f"Average cross-validation score: {report.cv_mean:.4f}")
    print(f"Test Accuracy: {report.evaluation.accuracy:.2%}")
    print(f"Model {report.name} is in {place}.")
    return 0


def _order(options: argparse.Namespace) -> Order:
    """What the options say; paths are absolute, so that it can be resumed from any directory."""
    recipe = get_recipe(options.recipe)
    data, ship = (path and str(path.absolute()) for path in (options.data, options.ship))
    name = recipe.name if ship else None
    pens = tuple(str(path.absolute()) for path in options.hands)
    return Order(recipe, options.seed, sources_of(options), data, pens, name, ship=ship)


@contextmanager
def _bar_of_networks(dataset: Dataset) -> Iterator[Callable[[Progress], None]]:
    """What is to be called after each epoch: a bar shows how far each network is that is being trained."""
    from tqdm import tqdm

    print(f"Training on {len(dataset.images):,} digits: {dataset.source}.", flush=True)
    under_way: dict[int | None, str] = {}
    with tqdm(total=100, bar_format="{desc} {bar} {n:.0f}% [{elapsed}<{remaining}]") as bar:

        def show(progress: Progress) -> None:
            stage = f"fold {progress.fold}/{progress.folds}" if progress.fold else "all rows"
            under_way[progress.fold] = f"{stage}, epoch {progress.epoch}/{progress.epochs}"
            networks = f"{len(under_way)} networks" if len(under_way) > 2 else "; ".join(under_way.values())
            bar.set_description_str(f"{networks}, loss {progress.loss:.4f}", refresh=False)
            bar.update(100 * progress.share - bar.n)
            if progress.epoch == progress.epochs:
                del under_way[progress.fold]

        yield show


def search(options: argparse.Namespace) -> int:
    """Search for a recipe, or resume one; print its table."""
    import pandas as pd
    from tqdm import tqdm

    from mnistcore.training.search import SearchProgress, search

    backend = backend_of(options)
    base, name = get_recipe(options.recipe), options.name or f"{options.recipe}-search"
    dataset = load_data(options)
    print(f"Searching with {len(dataset.images):,} digits: {dataset.source}.", flush=True)
    with tqdm(total=100, smoothing=0, bar_format="{desc} {bar} {n:.0f}% [{elapsed}<{remaining}]") as bar:

        def show(progress: SearchProgress) -> None:
            if not bar.n:
                bar.initial = 100 * progress.share  # what was done before says nothing of the speed
            latest = "" if progress.accuracy is None else f", accuracy {progress.accuracy:.2%}"
            sizes = f"{counted(progress.candidates, 'candidate')}, {counted(progress.epochs, 'epoch')}"
            bar.set_description_str(f"round {progress.round}/{progress.rounds}, {sizes}{latest}", refresh=False)
            bar.update(100 * progress.share - bar.n)

        try:
            with backend([dataset]):
                found = search(base, dataset, options.candidates, name, on_progress=show)
        except KeyboardInterrupt:
            print("Stopped. The same command resumes the search.", file=sys.stderr)
            return 130
    table = pd.DataFrame(found.table())
    for column in table.columns[len(Settings._fields) :]:  # shares
        table[column] = table[column].map("{:.2%}".format, na_action="ignore")
    print(table.to_string(index=False, na_rep="", float_format="{:g}".format))
    data = [word for kind in ("data", "source") if (given := vars(options)[kind]) for word in (f"--{kind}", str(given))]
    print(f"To train the best one: {shlex.join(['mnistcore', 'train', '--recipe', name, *data])}")
    return 0


def personalise(options: argparse.Namespace) -> int:
    """Have a model learn a profile's digits."""
    from tqdm import tqdm

    from mnistcore.confirmed import open_feedback

    base = load_model(options.base)
    feedback = open_feedback()
    try:
        profile = _find_profile(feedback.profiles(), options.profile)
        images, labels = feedback.images_and_labels(profile.id)
    finally:
        feedback.close()
    if not len(images):
        raise NoSuchProfile(f"The profile {profile.name} has no digits to learn from yet.")
    from mnistcore.training.personalise import keep_personalised, personalise  # a mistake is told before it is loaded

    with tqdm(total=100, bar_format="{bar} {n:.0f}% [{elapsed}]") as bar:
        learnt = personalise(base, images, labels, on_progress=lambda share: bar.update(100 * share - bar.n))
    print(learnt.report.as_text())
    name = keep_personalised(profile.id, learnt)
    print(f"Model {name} has learnt the handwriting {profile.name}.")
    return 0


def _find_profile(profiles: list[Profile], wanted: str) -> Profile:
    found = [profile for profile in profiles if wanted in (profile.id, profile.name)]
    if len(found) > 1:
        raise NoSuchProfile(
            f"{len(found)} profiles have the name {wanted!r}: give an id: {', '.join(p.id for p in found)}."
        )
    if not found:
        names = ", ".join(profile.name for profile in profiles) or "none yet"
        raise NoSuchProfile(f"There is no handwriting profile {wanted[:100]!r}; there are: {names}.")
    return found[0]
