"""Named recipes: every choice that makes one trained network differ from another, with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from mnistcore.errors import BadRecipe


@dataclass(frozen=True)
class Recipe:
    """How to train a network. Frozen: vary one with `dataclasses.replace`, which checks the new settings too."""

    name: str
    hidden_layers: tuple[int, ...] = (128,)  # units; one layer of 128 is where a first MNIST network usually starts
    epochs: int = 20  # the loss has nearly levelled out; more gains a tenth of a point of test accuracy
    batch_size: int = 200  # scikit-learn's own default
    learning_rate: float = 0.0005  # half of Adam's default, at which accuracy still jumps about in the last epochs
    folds: int = 5  # of cross-validation; 0 leaves it out
    scale_pixels: bool = True  # a StandardScaler before the network, folded into its first layer afterwards
    weight_decay: float = 0.0001  # scikit-learn's default for alpha
    cosine: bool = False  # let the learning rate fall to nothing along half a cosine
    averaged_epochs: int = 0  # the network is the mean of those after each of the last epochs
    set_aside: float = 0.0  # share of the training rows to calibrate on instead of learning from them
    distortion: float = 0.0  # strength of the new distortions in every epoch; 0 shows the digits as they are
    pen_digits: int = 0  # synthetic pen digits an epoch, each written once
    load_digits: bool = False  # learn from scikit-learn's small digits too
    degraded: float = 0.0  # share of all that is shown which is made coarse, hard-edged or square
    mild_epochs: int = 0  # in the last epochs, the distortions are reduced
    mildness: float = 0.5  # to this share of their strength
    mild_pen_digits: int = 0  # and only so many pen digits are shown, which brings the network nearer to MNIST's own

    @property
    def makes_digits(self) -> bool:
        """Whether every epoch shows digits that no epoch before has shown."""
        return bool(self.distortion or self.pen_digits or self.load_digits or self.degraded)

    def __post_init__(self) -> None:
        checks = {
            "hidden layers must be one to four sizes of 1 to 4096 units": 1 <= len(self.hidden_layers) <= 4
            and all(1 <= units <= 4096 for units in self.hidden_layers),
            "epochs must be 1 to 1000": 1 <= self.epochs <= 1000,
            "batch size must be 1 to 10000": 1 <= self.batch_size <= 10_000,
            "learning rate must be above 0 and at most 1": 0 < self.learning_rate <= 1,
            "weight decay must be 0 to 1": 0 <= self.weight_decay <= 1,
            "averaged epochs and mild epochs must be 0 to all epochs": 0 <= self.averaged_epochs <= self.epochs
            and 0 <= self.mild_epochs <= self.epochs,
            "the share set aside must be 0 to 0.5": 0 <= self.set_aside <= 0.5,
            "distortion must be 0 to 2": 0 <= self.distortion <= 2,
            "pen digits and mild pen digits must be 0 to 1000000": 0 <= self.pen_digits <= 1_000_000
            and 0 <= self.mild_pen_digits <= 1_000_000,
            "degraded share and mildness must be 0 to 1": 0 <= self.degraded <= 1 and 0 <= self.mildness <= 1,
            "folds must be 0 (none) or 2 to 20": self.folds == 0 or 2 <= self.folds <= 20,
        }
        for rule, holds in checks.items():
            if not holds:
                raise BadRecipe(f"Recipe {self.name}: {rule}.")


CLASSIC = Recipe("classic")

ROBUST = Recipe(
    "robust",
    hidden_layers=(1200, 500),  # as large as fits in 6 MB and a tenth of a millisecond an image
    epochs=140,  # the distortions never repeat, so it goes on learning for longer
    batch_size=250,
    learning_rate=0.001,
    cosine=True,
    weight_decay=0.00001,  # what never repeats is hardly learnt by heart
    folds=0,  # five more trainings of this size would take more than an hour
    scale_pixels=False,  # full ink at a border pixel that is nearly always blank would count for too much
    averaged_epochs=18,
    set_aside=0.05,
    distortion=1.0,
    pen_digits=35_000,  # what they teach (a 1 with a flag, a barred 7), MNIST hardly shows; more cost accuracy on MNIST
    load_digits=True,
    degraded=0.05,
    mild_epochs=32,  # brings back what strong distortions cost on MNIST itself
    mild_pen_digits=20_000,
)

RECIPES = {recipe.name: recipe for recipe in (CLASSIC, ROBUST)}


def get_recipe(name: str) -> Recipe:
    """The recipe of that name; raises BadRecipe if there is none."""
    try:
        return RECIPES[name]
    except KeyError:
        raise BadRecipe(f"There is no recipe {name!r}; there are {', '.join(RECIPES)}.") from None
