"""How good a model is: `evaluate.evaluate` measures one on labelled digits, `compare.compare` sets two against each
other. What was measured is plain data, `models/report.py`.

    evaluate.py       what is measured of a model, and on how many made non-digits
    metrics.py        the measures themselves: accuracy and its interval, confusion, calibration, coverage, ROC
    distortions.py    how digits are distorted to see how far a model follows
    compare.py        which digits only one of two models reads
    figures.py        the charts of a training's report
    html_report.py    the report as one HTML file
"""
