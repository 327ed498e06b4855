"""A training report as one HTML file that refers to no other file and needs no network."""

from __future__ import annotations

import json
from html import escape
from string import Template

from mnistcore.digit.files import data_url
from mnistcore.evaluation import figures
from mnistcore.models.report import Report

PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$name: training report</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
img { max-width: 100%; height: auto; }
table { border-collapse: collapse; }
th, td { padding: 0.2rem 1rem 0.2rem 0; text-align: left; vertical-align: top; }
pre { overflow-x: auto; background: #f4f4f4; padding: 1rem; }
</style>
</head>
<body>
<h1>$name</h1>
<table>
$facts
</table>
$figures
<h2>Recipe, data and versions</h2>
<pre>$provenance</pre>
</body>
</html>
""")


def html_report(report: Report) -> str:
    """The report with its figures as one HTML document; the pictures are inside it."""
    facts = {
        "Test accuracy": f"{report.evaluation.accuracy:.2%} of {report.data['test_rows']:,} digits",
        "Misread": f"{len(report.evaluation.misread):,}",
        "Trained on": f"{report.data['training_rows']:,} digits: {report.data['source']}",
        "Finished": f"{report.finished}, after {report.seconds['total']:.0f} s",
    }
    pictures = {
        "Learning curves": figures.loss_chart(report),
        "Confusion matrix": figures.confusion_chart(report),
        "Precision and recall of each digit": figures.precision_recall_chart(report),
    }
    if report.cv_scores:
        scores = ", ".join(f"{score:.2%}" for score in report.cv_scores)
        of = f", of {report.cv_shortened}" if report.cv_shortened else ""
        facts = {"Cross-validation": f"{report.cv_mean:.2%} ± {report.cv_spread:.2%} ({scores}){of}"} | facts
        pictures = {"Accuracy of each fold": figures.cv_chart(report)} | pictures
    if report.evaluation.misread:
        pictures["Misread test digits"] = figures.misread_chart(report)
    provenance = {"recipe": report.recipe, "seed": report.seed, "data": report.data, "versions": report.versions}
    return PAGE.substitute(
        name=escape(report.name),
        facts="\n".join(f"<tr><th>{name}</th><td>{escape(value)}</td></tr>" for name, value in facts.items()),
        figures="\n".join(
            f'<h2>{title}</h2>\n<img alt="{title}" src="{data_url(figures.as_png(figure))}">'
            for title, figure in pictures.items()
        ),
        provenance=escape(json.dumps(provenance, indent=2)),
    )
