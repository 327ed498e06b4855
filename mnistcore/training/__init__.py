"""From digits to a trained model: `start.carry_out` does all that a press on Start or `mnistcore train` asks for, and
`train.train` the training alone. In the order in which they work:

    recipes.py          named settings of a training, each number with its reason
    order.py            what is to be trained, with which digits, for whom: the form in which it is asked for and kept
    start.py            the whole sequence: load the digits, begin or resume, train, keep the model
    child.py            the same in a process of its own, for the app
    train.py            cross-validate, fit, calibrate, evaluate; the report
    epoch_data.py       the training set of each epoch
    folds.py            which rows each network learns and is measured on; several networks at a time
    fitting.py          one network, epoch by epoch, with scikit-learn's MLPClassifier
    parallel.py         tasks at the same time, in threads here or wherever joblib's backend is
    calibration.py      probabilities that are kept to; below which one an answer is uncertain, or no digit
    checkpoints.py      where each network of a training is, on the disk
    unfinished.py       which trainings were interrupted, and how long they are kept
    learning_curves.py  one sentence on what the curves show: still learning, too small, memorising

To look for better settings, by successive halving:

    search.py           which candidates are drawn, trained and go on
    searches.py         what each search has measured and found, on the disk

To learn one person's handwriting:

    personalise.py      the last layer of a model is trained on a person's digits; how far, and the report
    last_layer.py       the training of that layer
    rehearsal.py        the known digits that it is shown meanwhile, and how they were chosen
"""
