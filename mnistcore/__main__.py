"""The command line: its commands and options, and how an error is told."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mnistcore.cli import backup, hands, models, reading, training
from mnistcore.cli.options import check_apart, share, whole
from mnistcore.digit.files import FORMATS
from mnistcore.errors import MnistCoreError
from mnistcore.home import how_to_install

EXTRAS = {  # optional packages -> the extra of pyproject.toml that has them
    **dict.fromkeys(
        ("joblib", "matplotlib", "mlxtend", "pandas", "pooch", "sklearn", "threadpoolctl", "urllib3"), "train"
    ),
    **dict.fromkeys(("alembic", "sqlalchemy"), "feedback"),
    **dict.fromkeys(("dask", "distributed"), "cluster"),
    "onnx": "export",
}
PICTURE = f"a picture: {', '.join(FORMATS[:-1])} or {FORMATS[-1]}"


def run() -> None:
    """The program `mnistcore`: `main` with the words of the command line, then the end of the process."""
    if sys.stderr is None:  # closed by whoever started the process: what would be said there is said to nobody
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    status = _main_and_its_output()
    if status:
        # What was given up may still be computed in other threads for some seconds. They are not waited for, and Python
        # must not be taken down under them: that ends a process with SIGABRT now and then.
        with suppress(OSError):
            sys.stderr.flush()
        os._exit(status)


def _main_and_its_output() -> int:
    """The exit status, once all output is written."""
    if sys.stdout is None:
        print("There is nowhere to print to: the standard output is closed.", file=sys.stderr)
        return 1
    for stream in (sys.stdout, sys.stderr):  # names of files need not be UTF-8
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        try:
            status = main()
        except SystemExit as end:  # after --help or a usage error
            status = int(end.code or 0)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output wants no more of it, such as `head`
        os._exit(128 + signal.SIGPIPE)  # as if it had ended the process; another way out would try to write the rest
    except OSError as error:
        print(f"The output cannot be written: {error.strerror}.", file=sys.stderr)
        return 1
    return status


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the words of the command line; by default the process's own.

    Returns:
        The exit status: 0 all is well, 1 something could not be done (said in one line on stderr), 130 interrupted.

    Raises:
        SystemExit: after --help, or with the status 2 for words that are no command.
        OSError: the output cannot be written.
    """
    words = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(words)
    if any(word == "" or (word.startswith("--") and word.endswith("=")) for word in words):
        options.refuse("an argument is empty")  # it would stand for the usual, or for this folder
    check_apart(options)
    try:
        return options.command(options)
    except MnistCoreError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:  # such as a home or an output file that cannot be written to
        if error.filename is None:
            raise
        print(f"{os.fsdecode(error.filename)} cannot be used: {error.strerror}.", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        if error.name not in EXTRAS:
            raise
        print(f"This needs {error.name}, which is not installed: {how_to_install(EXTRAS[error.name])}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. The model that was in use before still is.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mnistcore", description="Train, measure and use digit models.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[argparse.Namespace], int], purpose: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=purpose, description=purpose)
        sub.set_defaults(command=command, refuse=sub.error)
        return sub

    train = add("train", training.train, "Train a model, evaluate it, keep it and make it current.")
    train.add_argument(
        "--recipe", default="classic", metavar="NAME", help="classic, robust, or a finished search (default: classic)"
    )
    train.add_argument(
        "--seed", type=whole(0, 2**32 - 1), default=0, help="of every random choice, 0 to 4294967295 (default: 0)"
    )
    train.add_argument(
        "--ship", metavar="DIRECTORY", type=Path, help="write the model there under its recipe's name, to be shipped"
    )
    train.add_argument(
        "--resume", action="store_true", help="resume the training that was interrupted last, with its own options"
    )
    _add_data_options(train)
    _add_hands_option(train)
    _add_backend_options(train)

    search = add(
        "search", training.search, "Search for a recipe: layers, width, learning rate, weight decay, distortion."
    )
    search.add_argument("--recipe", default="classic", metavar="NAME", help="all other settings (default: classic)")
    search.add_argument("--candidates", type=int, default=20, metavar="N", help="how many are tried (default: 20)")
    search.add_argument("--name", help="of the search, and of the recipe it finds (default: RECIPE-search)")
    _add_data_options(search)
    _add_hands_option(search)
    _add_backend_options(search)

    hands_ = add("hands", hands.hands, "Write what people wrote with a pen, to train or to measure on, as one file.")
    hands_.add_argument(
        "folder", metavar="FOLDER", type=Path, help="UNIPEN's train_r01_v07, or pendigits-orig.tra, or a .jsonl.gz file"
    )
    hands_.add_argument("out", metavar="OUT.jsonl.gz", type=Path, help="the file that is written")
    hands_.add_argument("--only", choices=("digits", "others"), help="digits, or letters and signs")
    hands_.add_argument(
        "--validation", action="store_true", help="only the people whom nothing is trained on, to measure on"
    )

    evaluate = add("evaluate", models.evaluate, "Measure a model on MNIST's test digits, or on other data.")
    _add_model_option(evaluate)
    evaluate.add_argument("--at-least", type=share, metavar="SHARE", help="exit 1 if the accuracy is below this, 0-1")
    evaluate.add_argument(
        "--distorted",
        type=whole(0),
        default=500,
        metavar="N",
        help="how many digits to distort in each way (default: 500)",
    )
    evaluate.add_argument("--save", type=Path, metavar="FILE", help="write the figures there too, as JSON")
    _add_data_options(evaluate)

    predict = add("predict", reading.predict, "Read the digit in each picture: one line a file.")
    which = predict.add_mutually_exclusive_group(required=True)
    which.add_argument("files", nargs="*", default=[], metavar="FILE", help=PICTURE)
    which.add_argument("--bulk", type=Path, metavar="IMAGES.npy|FOLDER", help="label all images in it, however many")
    predict.add_argument("--out", type=Path, metavar="LABELS.csv", help="the file that --bulk writes")
    _add_model_option(predict)
    _add_backend_options(predict)

    read_ = add("read", reading.read, "Read all digits on photos, scans or drawings of pages.")
    read_.add_argument("files", nargs="+", metavar="FILE", type=Path, help=f"{PICTURE}; or a folder of such")
    form = read_.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object a file, with each digit's box")
    form.add_argument("--csv", action="store_true", help="print a table's rows, or the lines, for a spreadsheet")
    read_.add_argument("--annotate", type=Path, metavar="OUT.png", help="draw boxes on the one picture, and write it")
    _add_model_option(read_)

    personalise = add(
        "personalise", training.personalise, "Have a model learn a person's confirmed and corrected digits."
    )
    personalise.add_argument("profile", metavar="PROFILE", help="the name or the id of a handwriting profile")
    personalise.add_argument(
        "--base", default="robust", metavar="MODEL", help="the model that learns (default: robust)"
    )

    info = add("info", models.info, "Print a model's card: what it was trained on, and how good it is.")
    _add_model_option(info)

    report = add("report", models.report, "Write the report of a model's training as one HTML file.")
    report.add_argument("model", metavar="MODEL", nargs="?", help="a model's name (default: the current one)")
    report.add_argument("--output", metavar="FILE", type=Path, help="where to (default: MODEL.html)")

    backup_ = add(
        "backup", backup.backup, "Copy the database of confirmed digits into one file, while others may use it."
    )
    backup_.add_argument("file", metavar="FILE", type=Path, help="the copy")

    export = add("export", models.export, "Write a model as a file that needs no Python.")
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


def _add_hands_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--hands", type=Path, nargs="+", default=[], metavar="FILE",
        help="what people wrote with a pen, which robust learns from: UNIPEN's train_r01_v07, pendigits-orig.tra, or "
        "files that `mnistcore hands` has made of them",
    )  # fmt: skip


def _add_backend_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--backend", choices=("local", "dask"), default="local",
        help="compute on this machine's cores, or on a Dask cluster (default: local)",
    )  # fmt: skip
    parser.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="the address of the cluster's scheduler")


if __name__ == "__main__":
    run()
