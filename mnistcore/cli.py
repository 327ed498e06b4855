"""The command line: train, evaluate, predict, read, personalise, info, report."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mnistcore import store
from mnistcore.annotation import annotate
from mnistcore.errors import BadImage, BadModelFile, MnistCoreError, NoSuchProfile
from mnistcore.evaluation.model_card import model_card
from mnistcore.home import atomic_path
from mnistcore.image_files import open_image, open_page
from mnistcore.pages import read_page
from mnistcore.reading import read
from mnistcore.training.recipes import RECIPES, get_recipe

if TYPE_CHECKING:
    from mnistcore.feedback import Profile

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")  # that a folder is searched for
DISTORTED = 500  # digits that an evaluation distorts in each way
EXTRAS = {  # optional packages, see pyproject.toml
    "train": ("matplotlib", "mlxtend", "pandas", "pooch", "sklearn", "urllib3"),
    "feedback": ("alembic", "sqlalchemy"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the words of the command line; by default the process's own.

    Returns:
        The exit status: 0 all is well, 1 something could not be done (said in one line on stderr), 130 interrupted.
    """
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except MnistCoreError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:  # such as a home or an output file that cannot be written to
        if error.filename is None:
            raise
        print(f"{error.filename} cannot be used: {error.strerror}.", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        extra = next((extra for extra, packages in EXTRAS.items() if error.name in packages), None)
        if extra is None:
            raise
        print(f"This needs {error.name}, which is not installed: pip install 'mnistcore[{extra}]'", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. The model that was in use before still is.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mnistcore", description="Train, measure and use digit models.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[argparse.Namespace], int], purpose: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=purpose, description=purpose)
        sub.set_defaults(command=command)
        return sub

    train = add("train", _train, "Train a model, evaluate it, keep it and make it current.")
    train.add_argument("--recipe", default="classic", choices=list(RECIPES), help="how to train (default: classic)")
    train.add_argument("--seed", type=int, default=0, help="of every random choice (default: 0)")
    train.add_argument(
        "--ship", metavar="DIRECTORY", type=Path, help="write the model there under its recipe's name, to be shipped"
    )
    _add_data_options(train)

    evaluate = add("evaluate", _evaluate, "Measure a model on MNIST's test digits, or on other data.")
    _add_model_option(evaluate)
    evaluate.add_argument("--at-least", type=float, metavar="SHARE", help="exit 1 if the accuracy is below this, 0-1")
    evaluate.add_argument(
        "--distorted", type=int, default=500, metavar="N", help="how many digits to distort in each way (default: 500)"
    )
    evaluate.add_argument("--save", type=Path, metavar="FILE", help="write the figures there too, as JSON")
    _add_data_options(evaluate)

    predict = add("predict", _predict, "Read the digit in each picture: one line a file.")
    predict.add_argument("files", nargs="+", metavar="FILE", help="a picture in any format that Pillow can open")
    _add_model_option(predict)

    read_ = add("read", _read, "Read all digits on photos, scans or drawings of pages.")
    read_.add_argument("files", nargs="+", metavar="FILE", type=Path, help="a picture, or a folder of pictures")
    read_.add_argument("--json", action="store_true", help="print one JSON object a file, with each digit's box")
    read_.add_argument("--annotate", type=Path, metavar="OUT.png", help="draw boxes on the one picture, and write it")
    _add_model_option(read_)

    personalise = add("personalise", _personalise, "Have a model learn a person's confirmed and corrected digits.")
    personalise.add_argument("profile", metavar="PROFILE", help="the name or the id of a handwriting profile")
    personalise.add_argument(
        "--base", default="robust", metavar="MODEL", help="the model that learns (default: robust)"
    )

    info = add("info", _info, "Print a model's card: what it was trained on, and how good it is.")
    _add_model_option(info)

    report = add("report", _report, "Write the report of a model's training as one HTML file.")
    report.add_argument("model", metavar="MODEL", nargs="?", help="a model's name (default: the current one)")
    report.add_argument("--output", metavar="FILE", type=Path, help="where to (default: MODEL.html)")
    return parser


def _add_model_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", help="a model's name or file (default: the current one)")


def _add_data_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, metavar="FILE", help="MNIST on this disk: mnist.npz, or the IDX files")
    parser.add_argument("--source", metavar="NAME[,NAME...]", help="try these sources only, in this order")


def _train(options: argparse.Namespace) -> int:
    from tqdm import tqdm  # imported with the rest of what only training needs

    from mnistcore.training.train import Progress, train

    dataset = _load_data(options)
    print(f"Training on {len(dataset.images):,} digits: {dataset.source}.", flush=True)
    with tqdm(total=100, bar_format="{desc} {bar} {n:.0f}% [{elapsed}<{remaining}]") as bar:

        def show(progress: Progress) -> None:
            stage = f"fold {progress.fold}/{progress.folds}" if progress.fold else "all rows"
            bar.set_description_str(
                f"{stage}, epoch {progress.epoch}/{progress.epochs}, loss {progress.loss:.4f}", refresh=False
            )
            bar.update(100 * progress.share - bar.n)

        recipe = get_recipe(options.recipe)
        name = recipe.name if options.ship else None
        model, report = train(recipe, dataset, options.seed, name, show)

    evaluation = report.evaluation
    if options.ship:
        from mnistcore.evaluation.evaluate import evaluate

        evaluation = evaluate(model, dataset.test_images, dataset.test_labels, "MNIST's test set", DISTORTED)
        store.ship(model, replace(report, evaluation=evaluation), options.ship)
        place = options.ship
    else:
        place = store.keep_run(model, report)
        store.make_current(report.name)
    if report.cv_scores:
        of = f" of {report.cv_shortened}" if report.cv_shortened else ""
        print(f"Cross-validation scores{of}: {[round(score, 4) for score in report.cv_scores]}")
        print(f"Average cross-validation score: {report.cv_mean:.4f}")
    print(f"Test Accuracy: {evaluation.accuracy:.2%}")
    print(f"Model {report.name} is in {place}.")
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    from mnistcore.evaluation.evaluate import evaluate

    model = store.load_model(options.model)
    if options.data or options.source:
        dataset = _load_data(options)
        images, labels, source = dataset.test_images, dataset.test_labels, dataset.source
    else:
        from mnistcore.data.datasets import shipped_test_digits

        images, labels = shipped_test_digits()
        source = "MNIST's test set"
    evaluation = evaluate(model, images, labels, source, options.distorted)
    print(f"Model {model.name} on {len(images):,} digits: {source}")
    print(evaluation.as_text())
    if options.save:
        with atomic_path(options.save) as temporary:
            temporary.write_text(json.dumps(asdict(evaluation), indent=1) + "\n", encoding="utf-8")
    if options.at_least is not None and evaluation.accuracy < options.at_least:
        print(f"The accuracy is below the {options.at_least:.2%} asked for.", file=sys.stderr)
        return 1
    return 0


def _predict(options: argparse.Namespace) -> int:
    model = store.load_model(options.model)
    status = 0
    for file in options.files:
        try:
            reading = read(open_image(file), model)
        except MnistCoreError as error:
            print(f"{file}: {error}", file=sys.stderr)
            status = 1
            continue
        if reading.digit is None:
            print(f"{file}: {reading.message}", file=sys.stderr)
            status = 1
        elif reading.status == "not a digit":
            print(f"{file}: not a digit (closest: {reading.digit})")
        else:
            remark = f" {reading.message}" if reading.message else ""
            print(f"{file}: {reading.digit} ({reading.confidence:.1%}){remark}")
    return status


def _read(options: argparse.Namespace) -> int:
    from tqdm import tqdm

    files = [file for given in options.files for file in _pictures(given)]
    if options.annotate and len(files) != 1:
        raise BadImage(f"--annotate takes one picture; these are {len(files)}.")
    model = store.load_model(options.model)
    status = 0
    bar = tqdm(files, unit="page", disable=None if len(files) > 1 else True)  # None: unless on a terminal
    for file in bar:
        try:
            image, size = open_page(file)
            page = read_page(image, model, size)
        except MnistCoreError as error:
            bar.write(f"{file}: {error}", file=sys.stderr)
            status = 1
            continue
        if options.json:
            bar.write(json.dumps({"file": str(file)} | page.as_dict()))
        else:
            bar.write(page.text if len(files) == 1 else f"{file}:\n{page.text}")
        if options.annotate:
            with atomic_path(options.annotate) as temporary:
                annotate(image, page).save(temporary, "PNG")
    return status


def _pictures(given: Path) -> list[Path]:
    """A file, or the pictures in a folder in the order of their names."""
    if not given.is_dir():
        return [given]
    files = sorted(file for file in given.iterdir() if file.suffix.lower() in PICTURES)
    if not files:
        raise BadImage(f"There is no picture in the folder {given}.")
    return files


def _personalise(options: argparse.Namespace) -> int:
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


def _info(options: argparse.Namespace) -> int:
    model = store.load_model(options.model)
    try:
        report = store.load_report(model.name)
    except BadModelFile:  # a model file of the user's own has no report beside it
        report = None
    print(model_card(model, report))
    return 0


def _report(options: argparse.Namespace) -> int:
    from mnistcore.evaluation.html_report import html_report
    from mnistcore.home import atomic_path

    report = store.load_report(options.model or store.current_name())
    target = options.output or Path(f"{report.name}.html")
    with atomic_path(target) as temporary:
        temporary.write_text(html_report(report), encoding="utf-8")
    print(f"The report on {report.name} is in {target}.")
    return 0


def _load_data(options: argparse.Namespace):
    from mnistcore.data import datasets

    sources = options.source.split(",") if options.source else None
    return datasets.load(sources, options.data, log=lambda line: print(line, file=sys.stderr))
