"""The commands predict and read."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

from mnistcore.cli.annotate import annotate
from mnistcore.cli.options import backend_of
from mnistcore.digit.files import open_image, open_page, pictures_in
from mnistcore.errors import BadImage, ClusterError, MnistCoreError
from mnistcore.home import atomic_path
from mnistcore.models.answering import load_model
from mnistcore.models.readers import shipped_reader
from mnistcore.page import single
from mnistcore.page.pages import read_page


def predict(options: argparse.Namespace) -> int:
    """Print the digit in each picture, or write the labels of all images that --bulk names."""
    if options.bulk:
        return _label(options)
    if options.out:
        options.refuse("--out is for --bulk.")
    if options.scheduler:
        raise ClusterError("--scheduler is for --bulk.")
    model = load_model(options.model)
    status = 0
    for file in options.files:
        try:
            reading = single.read(open_image(file), model, shipped_reader())
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

    from mnistcore.bulk import label as bulk

    if not options.out:
        raise BadImage("--bulk needs --out LABELS.csv, the file to write.")
    backend = backend_of(options)
    source = bulk.open_source(options.bulk)
    model = load_model(options.model)
    with tqdm(total=source.count, unit=" images", smoothing=0) as bar:

        def show(done: int) -> None:
            if not bar.n:
                bar.initial = done  # those of an interrupted call say nothing of the speed
            bar.update(done - bar.n)

        try:
            with backend([model]):
                bulk.label(source, options.out, model, show, lambda line: bar.write(line, file=sys.stderr))
        except KeyboardInterrupt:
            print(f"Stopped. The same command resumes {options.out}.", file=sys.stderr)
            return 130
        except OSError:  # such as a disk that is full
            if bar.n:
                print(f"The same command resumes {options.out}.", file=sys.stderr)
            raise
    print(f"The labels of {source.count:,} images are in {options.out}.")
    return 0


def read(options: argparse.Namespace) -> int:
    """Print all digits on each page."""
    from tqdm import tqdm

    if options.annotate and options.annotate.suffix.lower() not in (".png", ""):
        options.refuse(f"--annotate writes a PNG file: {options.annotate} must end in .png.")
    files: list[Path] = []
    status = 0
    for given in options.files:
        try:
            files += pictures_in(given) if given.is_dir() else [given]
        except BadImage as error:
            print(error, file=sys.stderr)
            status = 1
        except OSError as error:  # such as a name that is too long
            print(f"{given}: {error.strerror}.", file=sys.stderr)
            status = 1
    if options.annotate and len(files) != 1:
        raise BadImage(f"--annotate takes one picture; these are {len(files)}.")
    if not files:
        return status
    model = load_model(options.model)
    bar = tqdm(files, unit="page", disable=None if len(files) > 1 else True)  # None: unless on a terminal
    for file in bar:
        try:
            image, size = open_page(file)
            page = read_page(image, model, shipped_reader(), size)
        except MnistCoreError as error:
            bar.write(f"{file}: {error}", file=sys.stderr)
            status = 1
            continue
        if options.json:
            bar.write(json.dumps({"file": str(file)} | page.as_dict()))
        elif options.csv:
            named = [[str(file), *row] for row in page.rows] if len(files) > 1 else page.rows
            with bar.external_write_mode():
                csv.writer(sys.stdout, lineterminator="\n").writerows(named)
        else:
            bar.write(page.text if len(files) == 1 else f"{file}:\n{page.text}")
        if options.annotate:
            with atomic_path(options.annotate) as temporary:
                annotate(image, page).save(temporary, "PNG")
    return status
