"""The commands train, search and personalise."""

from __future__ import annotations

import argparse
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mnistcore import store
from mnistcore.commands.options import backend_of, load_data, log
from mnistcore.errors import ClusterError, NoSuchProfile
from mnistcore.training.recipes import Recipe
from mnistcore.training.searches import Settings, counted, get_recipe
from mnistcore.training.unfinished import latest_order

if TYPE_CHECKING:  # scikit-learn takes a second to load
    from mnistcore.data.datasets import Dataset
    from mnistcore.evaluation.report import Report
    from mnistcore.feedback import Profile
    from mnistcore.model import Model
    from mnistcore.training.checkpoints import Checkpoints

PATHS = ("data", "ship")  # options that a resumed training takes over, wherever it is started
DISTORTED = 500  # digits that are distorted in each way to evaluate a model that is to be shipped


def train(options: argparse.Namespace) -> int:
    """Train a model, keep it and make it current, or ship it."""
    from mnistcore.training.checkpoints import Checkpoints

    backend = backend_of(options)
    if options.resume:
        order = latest_order(None, log)
        options.recipe, options.seed, options.source = order["recipe"], order["seed"], order["source"]
        options.data, options.ship = (Path(path) if path else None for path in (order["data"], order["ship"]))
        options.hands = [Path(path) for path in order.get("hands", [])]
        print(f"Resuming the training of {options.recipe}, seed {options.seed}.")
    recipe = get_recipe(options.recipe)
    dataset = load_data(options)
    print(f"Training on {len(dataset.images):,} digits: {dataset.source}.", flush=True)
    kept = Checkpoints(recipe, dataset, options.seed, log=log)
    paths = {name: str(path.absolute()) if path else None for name, path in vars(options).items() if name in PATHS}
    order = paths | {"recipe": options.recipe, "seed": options.seed, "source": options.source}
    order |= {"hands": [str(path.absolute()) for path in options.hands]}
    try:
        with backend([dataset]):
            kept.begin(order, options.resume)
            model, report = _train_with_a_bar(recipe, dataset, options, kept)
    except (KeyboardInterrupt, ClusterError):
        if kept.directory.exists():
            print("To go on from its last epoch: mnistcore train --resume", file=sys.stderr)
        raise

    evaluation = report.evaluation
    if options.ship:
        from mnistcore.evaluation.evaluate import evaluate

        evaluation = evaluate(model, dataset.test_images, dataset.test_labels, "MNIST's test set", DISTORTED)
        store.ship(model, replace(report, evaluation=evaluation), options.ship)
        place = options.ship
    else:
        place = store.keep_run(model, report)
        store.make_current(report.name)
    kept.delete()
    if report.cv_scores:
        of = f" of {report.cv_shortened}" if report.cv_shortened else ""
        print(f"Cross-validation scores{of}: {[round(score, 4) for score in report.cv_scores]}")
        print(f"Average cross-validation score: {report.cv_mean:.4f}")
    print(f"Test Accuracy: {evaluation.accuracy:.2%}")
    print(f"Model {report.name} is in {place}.")
    return 0


def _train_with_a_bar(
    recipe: Recipe, dataset: Dataset, options: argparse.Namespace, kept: Checkpoints
) -> tuple[Model, Report]:
    """The model and its report; a bar shows how far each network is that is being trained."""
    from tqdm import tqdm  # imported with the rest of what only training needs

    from mnistcore.training.train import Progress, train

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

        return train(recipe, dataset, options.seed, recipe.name if options.ship else None, show, kept)


def search(options: argparse.Namespace) -> int:
    """Search for a recipe, or go on with a search; print its table."""
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
            print("Stopped. The same command goes on with the search.", file=sys.stderr)
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

    from mnistcore.feedback import open_feedback
    from mnistcore.personal import keep_personal
    from mnistcore.training.personalise import personalise

    base = store.load_model(options.base)
    feedback = open_feedback()
    try:
        profile = _find_profile(feedback.profiles(), options.profile)
        images, labels = feedback.images_and_labels(profile.id)
    finally:
        feedback.close()
    if not len(images):
        raise NoSuchProfile(f"The profile {profile.name} has no digits to learn from yet.")
    with tqdm(total=100, bar_format="{bar} {n:.0f}% [{elapsed}]") as bar:
        learnt = personalise(base, images, labels, on_progress=lambda share: bar.update(100 * share - bar.n))
    print(learnt.report.as_text())
    name = keep_personal(profile.id, learnt.model, learnt.report)
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
