"""The command line: train, search, evaluate, predict, read, personalise, info, report, export."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mnistcore import store
from mnistcore.annotation import annotate
from mnistcore.errors import BadImage, BadModelFile, ClusterError, MnistCoreError, NoSuchProfile
from mnistcore.evaluation.model_card import model_card
from mnistcore.home import atomic_path
from mnistcore.image_files import open_image, open_page, pictures_in
from mnistcore.pages import read_page
from mnistcore.reading import read
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
DISTORTED = 500  # digits that an evaluation distorts in each way
EXTRAS = {  # optional packages -> the extra of pyproject.toml that has them
    **dict.fromkeys(
        ("joblib", "matplotlib", "mlxtend", "pandas", "pooch", "sklearn", "threadpoolctl", "urllib3"), "train"
    ),
    **dict.fromkeys(("alembic", "sqlalchemy"), "feedback"),
    **dict.fromkeys(("dask", "distributed"), "cluster"),
    "onnx": "export",
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
        if error.name not in EXTRAS:
            raise
        extra = EXTRAS[error.name]
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
    train.add_argument(
        "--recipe", default="classic", metavar="NAME", help="classic, robust, or a finished search (default: classic)"
    )
    train.add_argument("--seed", type=int, default=0, help="of every random choice (default: 0)")
    train.add_argument(
        "--ship", metavar="DIRECTORY", type=Path, help="write the model there under its recipe's name, to be shipped"
    )
    train.add_argument(
        "--resume", action="store_true", help="go on with the training that was interrupted last, with its own options"
    )
    _add_data_options(train)
    _add_backend_options(train)

    search = add("search", _search, "Search for a recipe: layers, width, learning rate, weight decay, distortion.")
    search.add_argument("--recipe", default="classic", metavar="NAME", help="all other settings (default: classic)")
    search.add_argument("--candidates", type=int, default=20, metavar="N", help="how many are tried (default: 20)")
    search.add_argument("--name", help="of the search, and of the recipe it finds (default: RECIPE-search)")
    _add_data_options(search)
    _add_backend_options(search)

    evaluate = add("evaluate", _evaluate, "Measure a model on MNIST's test digits, or on other data.")
    _add_model_option(evaluate)
    evaluate.add_argument("--at-least", type=float, metavar="SHARE", help="exit 1 if the accuracy is below this, 0-1")
    evaluate.add_argument(
        "--distorted", type=int, default=500, metavar="N", help="how many digits to distort in each way (default: 500)"
    )
    evaluate.add_argument("--save", type=Path, metavar="FILE", help="write the figures there too, as JSON")
    _add_data_options(evaluate)

    predict = add("predict", _predict, "Read the digit in each picture: one line a file.")
    which = predict.add_mutually_exclusive_group(required=True)
    which.add_argument("files", nargs="*", default=[], metavar="FILE", help="a picture in any format that Pillow opens")
    which.add_argument("--bulk", type=Path, metavar="IMAGES.npy|FOLDER", help="label all images in it, however many")
    predict.add_argument("--out", type=Path, metavar="LABELS.csv", help="the file that --bulk writes")
    _add_model_option(predict)
    _add_backend_options(predict)

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

    export = add("export", _export, "Write a model as a file that needs no Python.")
    export.add_argument("model", metavar="MODEL", help="a model's name or file")
    form = export.add_mutually_exclusive_group(required=True)
    form.add_argument("--onnx", dest="form", action="store_const", const="onnx", help="a graph for ONNX runtimes")
    form.add_argument("--html", dest="form", action="store_const", const="html", help="one page to draw on, off line")
    export.add_argument("--out", metavar="FILE", type=Path, help="where to (default: MODEL.onnx or MODEL.html)")
    return parser


def _add_model_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", help="a model's name or file (default: the current one)")


def _add_data_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, metavar="FILE", help="MNIST on this disk: mnist.npz, or the IDX files")
    parser.add_argument("--source", metavar="NAME[,NAME...]", help="try these sources only, in this order")


def _add_backend_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--backend", choices=("local", "dask"), default="local",
        help="compute on this machine's cores, or on a Dask cluster (default: local)",
    )  # fmt: skip
    parser.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="the address of the cluster's scheduler")


def _backend(options: argparse.Namespace) -> Callable[[Sequence[object]], AbstractContextManager[None]]:
    """A context in which joblib computes where the options say, given the arguments that many tasks share."""
    if (options.backend == "dask") != bool(options.scheduler):
        raise ClusterError("--backend dask and --scheduler tcp://HOST:PORT go together.")
    if not options.scheduler:
        return lambda _: nullcontext()
    from mnistcore.cluster import cluster

    return partial(cluster, options.scheduler)


def _train(options: argparse.Namespace) -> int:
    from mnistcore.training.checkpoints import Checkpoints

    backend = _backend(options)
    if options.resume:
        order = latest_order(None, _log)
        options.recipe, options.seed, options.source = order["recipe"], order["seed"], order["source"]
        options.data, options.ship = (Path(path) if path else None for path in (order["data"], order["ship"]))
        print(f"Resuming the training of {options.recipe}, seed {options.seed}.")
    dataset = _load_data(options)
    print(f"Training on {len(dataset.images):,} digits: {dataset.source}.", flush=True)
    recipe = get_recipe(options.recipe)
    kept = Checkpoints(recipe, dataset, options.seed, log=_log)
    paths = {name: str(path.absolute()) if path else None for name, path in vars(options).items() if name in PATHS}
    order = paths | {"recipe": options.recipe, "seed": options.seed, "source": options.source}
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


def _search(options: argparse.Namespace) -> int:
    import pandas as pd
    from tqdm import tqdm

    from mnistcore.training.search import SearchProgress, search

    backend = _backend(options)
    base, name = get_recipe(options.recipe), options.name or f"{options.recipe}-search"
    dataset = _load_data(options)
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
    if options.bulk:
        return _label(options)
    if options.scheduler:
        raise ClusterError("--scheduler is for --bulk.")
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


def _label(options: argparse.Namespace) -> int:
    from tqdm import tqdm

    from mnistcore import bulk

    if not options.out:
        raise BadImage("--bulk needs --out LABELS.csv, the file to write.")
    backend = _backend(options)
    source = bulk.open_source(options.bulk)
    model = store.load_model(options.model)
    with tqdm(total=source.count, unit=" images", smoothing=0) as bar:

        def show(done: int) -> None:
            if not bar.n:
                bar.initial = done  # those of an interrupted call say nothing of the speed
            bar.update(done - bar.n)

        try:
            with backend([model]):
                bulk.label(source, options.out, model, show, lambda line: bar.write(line, file=sys.stderr))
        except KeyboardInterrupt:
            print(f"Stopped. The same command goes on with {options.out}.", file=sys.stderr)
            return 130
    print(f"The labels of {source.count:,} images are in {options.out}.")
    return 0


def _read(options: argparse.Namespace) -> int:
    from tqdm import tqdm

    files = [file for given in options.files for file in (pictures_in(given) if given.is_dir() else [given])]
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


def _export(options: argparse.Namespace) -> int:
    from mnistcore.export.html_export import to_html
    from mnistcore.export.onnx_export import to_onnx

    model = store.load_model(options.model)
    content = to_onnx(model) if options.form == "onnx" else to_html(model).encode()
    target = options.out or Path(f"{Path(options.model).name.removesuffix('.npz')}.{options.form}")
    with atomic_path(target) as temporary:
        temporary.write_bytes(content)
    print(f"The model {model.name} is in {target}.")
    return 0


def _load_data(options: argparse.Namespace):
    from mnistcore.data import datasets

    sources = options.source.split(",") if options.source else None
    return datasets.load(sources, options.data, log=_log)


def _log(line: str) -> None:
    print(line, file=sys.stderr)
