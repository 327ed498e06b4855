"""The commands evaluate, info, report and export."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from mnistcore.cli.options import load_data, tell
from mnistcore.errors import BadModelFile
from mnistcore.home import write_file
from mnistcore.models import catalogue
from mnistcore.models.answering import load_model
from mnistcore.models.card import model_card
from mnistcore.models.personal_names import label


def evaluate(options: argparse.Namespace) -> int:
    """Measure a model on digits."""
    from tqdm import tqdm

    from mnistcore.evaluation.evaluate import evaluate

    model = load_model(options.model)
    if options.data or options.source:
        dataset = load_data(options)
        images, labels, source = dataset.test_images, dataset.test_labels, dataset.source
    else:
        from mnistcore.data.datasets import shipped_test_digits

        images, labels = shipped_test_digits()
        source = "MNIST's test set"
    with tqdm(total=100, bar_format="{bar} {n:.0f}% [{elapsed}<{remaining}]", disable=None, leave=False) as bar:
        evaluation = evaluate(
            model, images, labels, source, options.distorted, lambda done: bar.update(100 * done - bar.n)
        )
    print(f"Model {model.name} on {len(images):,} digits: {source}")
    print(evaluation.as_text())
    if options.save:
        write_file(options.save, json.dumps(asdict(evaluation), indent=1) + "\n")
    if options.at_least is not None and evaluation.accuracy < options.at_least:
        print(f"The accuracy is below the {options.at_least:.2%} asked for.", file=sys.stderr)
        return 1
    return 0


def info(options: argparse.Namespace) -> int:
    """Print a model's card."""
    model = load_model(options.model)
    try:
        asked = options.model or os.environ.get("MNISTCORE_MODEL") or model.name
        report = catalogue.load_report(asked) if catalogue.named_path(asked) else None
    except BadModelFile:  # a file of the user's own has none, whatever the name in it
        report = None
    print(model_card(model, report))
    return 0


def report(options: argparse.Namespace) -> int:
    """Write a model's report as one HTML file."""
    from mnistcore.evaluation.html_report import html_report

    report = catalogue.load_report(options.model or catalogue.current_name())
    target = options.output or Path(f"{report.name}.html")
    write_file(target, html_report(report))
    tell(f"The report on {report.name} is in {target}.", target)
    return 0


def export(options: argparse.Namespace) -> int:
    """Write a model as ONNX, or as one HTML file to draw on."""
    from mnistcore.export.html_export import to_html
    from mnistcore.export.onnx_export import to_onnx

    model = load_model(options.model)
    content = to_onnx(model) if options.form == "onnx" else to_html(model)
    target = options.out or Path(f"{label(Path(options.model).name.removesuffix('.npz'))}.{options.form}")
    write_file(target, content)
    tell(f"The model {model.name} is in {target}.", target)
    return 0
