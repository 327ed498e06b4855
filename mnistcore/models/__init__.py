"""Which models there are, and which one answers. Only this room touches model files.

answering.py         `load_model`: which model answers; what happens when its file changes or breaks, in a server too
catalogue.py         which models there are, whose they are, and which of them is current
personal_names.py    what of a personal model's name may be shown
runs.py              training runs in a directory: kept, copied, moved and deleted as a whole
files.py             a model as one `.npz` file
readers.py           the networks of `page/`, likewise
report.py            what is known of a model besides its weights: of its training, its evaluation, its learning
facts.py             the types of what the card and the report say
card.py              the same in words: the model card
shipped/             the models that come with the package
"""
