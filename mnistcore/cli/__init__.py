"""The commands of the command line: each takes the parsed options, and returns the exit status. Which commands and
options there are, and how an error is told, is decided in `mnistcore/__main__.py`.

    training.py    train, search, personalise
    reading.py     predict, read
    models.py      evaluate, info, report, export
    hands.py       hands
    backup.py      backup
    options.py     what several of them do with their options: the digits, the cluster, lines that are no result
    annotate.py    the page with boxes that `read --annotate` writes
"""
