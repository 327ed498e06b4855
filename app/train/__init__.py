"""The page Train: a network is trained in a process of its own, and watched while it learns.

    page.py      what is shown before, during and after a training
    form.py      what Start and Resume order: which recipe, which digits, which name; settings of the visitor's own
    presets.py   the recipes on the cards, and the sources of digits that can be chosen
    queue.py     which training runs and which waits: how many at once, one of each visitor; how one is stopped
    job.py       one training: the child process, what it is told and what it tells
    view.py      how far a training is, its curves and what they say
    film.py      pause, play, and a slider over the epochs
    charts.py    the first units as they form, and one drawing read after every epoch

The child process is `mnistcore/training/child.py`; what it does, step by step, is `mnistcore/training/start.py`.
"""
