"""Everything that can go wrong, each with a sentence for a person to read.

MnistCoreError
├── BlankImage          a picture without a digit's worth of ink
├── BadImage            something that is no picture
│   └── UnsupportedImage    a picture that is too large, animated or of several pages
├── BadModelFile        a model file that is missing, damaged, foreign or pickled
│   └── NoSuchModel         a name that no model has
├── DataUnavailable     no source of digits could be read
├── GotWorse            a personal model that is worse than its base
├── BadRecipe           a recipe that does not exist, or a setting outside its range
├── BadSearch           a search that does not exist, is damaged, or is of other digits or settings
├── NothingUnfinished   no training was interrupted, so none can be resumed
├── AlreadyRunning      another process does the same work at the moment
├── ClusterError        a cluster that cannot be used, or is lost
└── FeedbackError       confirmed digits that cannot be kept or read
    ├── FeedbackBusy        others write at the moment: try again
    ├── FeedbackFull        there are as many digits or profiles as may be kept
    └── NoSuchProfile       a profile that does not exist, or no longer
"""


class MnistCoreError(Exception):
    """The base of every error that this package raises on purpose."""


class BlankImage(MnistCoreError):
    """There is no ink in the picture, or no more than a dot."""


class BadImage(MnistCoreError):
    """The input cannot be understood as one picture."""


class UnsupportedImage(BadImage):
    """A picture file that has too many pixels or scans, is animated, or has several pages."""


class BadModelFile(MnistCoreError):
    """A model file is missing, damaged, or not one of ours."""


class NoSuchModel(BadModelFile):
    """There is no model of that name."""


class DataUnavailable(MnistCoreError):
    """None of the sources asked for could serve its digits."""


class GotWorse(MnistCoreError):
    """A model that has learnt a person's handwriting is worse than its base, and is not kept."""


class BadRecipe(MnistCoreError):
    """There is no such recipe, or one of its settings is out of range."""


class BadSearch(MnistCoreError):
    """A search for a recipe does not exist, is damaged, or cannot be resumed."""


class NothingUnfinished(MnistCoreError):
    """There is no interrupted training that could be resumed."""


class AlreadyRunning(MnistCoreError):
    """Another process is writing the same file."""


class ClusterError(MnistCoreError):
    """There is no cluster to compute on, it differs from this machine, or it is lost."""


class FeedbackError(MnistCoreError):
    """Digits that people confirmed cannot be kept or read; what was kept before is unchanged."""


class FeedbackBusy(FeedbackError):
    """Others wrote for longer than one waits; it may work if tried again."""


class FeedbackFull(FeedbackError):
    """As many digits or profiles are kept as may be."""


class NoSuchProfile(FeedbackError):
    """There is no profile with this id, or no longer."""
