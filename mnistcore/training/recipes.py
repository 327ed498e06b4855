"""Named recipes: every choice that makes one trained network differ from another, with its reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from mnistcore.data.hands import SOURCES
from mnistcore.digit.features import INPUTS
from mnistcore.errors import BadRecipe


@dataclass(frozen=True)
class Recipe:
    """How to train a network. Frozen: vary one with `dataclasses.replace`, which checks the new settings too."""

    name: str
    input: str = "pixels"  # what the network is given, one of `model.INPUTS`
    hidden_layers: tuple[int, ...] = (128,)  # units; one layer of 128 is where a first MNIST network usually starts
    epochs: int = 20  # the loss has nearly levelled out; more gain a tenth of a point of test accuracy
    batch_size: int = 1000  # as accurate as 200, in half the time: changing all weights takes as long as 400 digits
    learning_rate: float = 0.0015  # of 0.001 to 0.003 the most accurate with these batches; fewer steps, larger ones
    folds: int = 5  # of cross-validation; 0 leaves it out
    fold_epochs: int = 0  # epochs of each fold's training, which is shortened so; 0 for all
    scale_pixels: bool = True  # a StandardScaler before the network, folded into its first layer afterwards
    weight_decay: float = 0.0001  # scikit-learn's default for alpha
    cosine_decay: bool = False  # decrease the learning rate to 0 along half a cosine
    swa_epochs: int = 0  # stochastic weight averaging (SWA) over the last epochs
    validation_fraction: float = 0.0  # share of the training rows kept to validate and calibrate on
    distortion: float = 0.0  # strength of the new distortions in every epoch; 0 shows the digits as they are
    hands: tuple[str, ...] = ()  # what people wrote with pens that it learns from, names of `hands.SOURCES`
    pen_digits: int = 0  # digits an epoch that people wrote with a pen, each drawn anew
    synthetic_share: float = 0.0  # of the pen digits, those that are written after allographs instead
    load_digits: bool = False  # train on scikit-learn's small digits too
    degraded_fraction: float = 0.0  # share of the images that is left as cameras, scanners and thresholds leave them
    finetune_epochs: int = 0  # in these last epochs, the distortions are reduced
    finetune_strength: float = 0.5  # to this share of their strength
    finetune_pen_digits: int = 0  # and fewer pen digits are added
    non_digits: int = 0  # images an epoch of what is no digit, as an eleventh class

    @property
    def augments(self) -> bool:
        """Whether every epoch has a training set of its own."""
        return bool(self.distortion or self.pen_digits or self.load_digits or self.degraded_fraction or self.non_digits)

    @property
    def needs_hands(self) -> bool:
        """Whether it learns from what people wrote with pens."""
        return bool(self.non_digits or (self.synthetic_share < 1 and self.pen_digits + self.finetune_pen_digits))

    def __post_init__(self) -> None:
        checks = {
            f"input must be one of {', '.join(INPUTS)}": self.input in INPUTS,
            "hidden layers must be one to four sizes of 1 to 4096 units": 1 <= len(self.hidden_layers) <= 4
            and all(1 <= units <= 4096 for units in self.hidden_layers),
            "epochs must be 1 to 1000": 1 <= self.epochs <= 1000,
            "batch size must be 1 to 10000": 1 <= self.batch_size <= 10_000,
            "learning rate must be above 0 and at most 1": 0 < self.learning_rate <= 1,
            "weight decay must be 0 to 1": 0 <= self.weight_decay <= 1,
            "SWA epochs and finetune epochs must be 0 to all epochs": 0 <= self.swa_epochs <= self.epochs
            and 0 <= self.finetune_epochs <= self.epochs,
            "validation fraction must be 0 to 0.5": 0 <= self.validation_fraction <= 0.5,
            "distortion must be 0 to 2": 0 <= self.distortion <= 2,
            f"hands must be some of {', '.join(SOURCES)}": set(self.hands) <= set(SOURCES),
            "pen digits must be 0 to 1000000, in finetuning too": 0 <= self.pen_digits <= 1_000_000
            and 0 <= self.finetune_pen_digits <= 1_000_000,
            "non-digits must be 0 to 1000000": 0 <= self.non_digits <= 1_000_000,
            "degraded fraction, finetune strength and synthetic share must be 0 to 1": 0 <= self.degraded_fraction <= 1
            and 0 <= self.finetune_strength <= 1
            and 0 <= self.synthetic_share <= 1,
            "folds must be 0 (none) or 2 to 20": self.folds == 0 or 2 <= self.folds <= 20,
            "fold epochs must be 0 to all epochs": 0 <= self.fold_epochs <= self.epochs,
        }
        for rule, holds in checks.items():
            if not holds:
                raise BadRecipe(f"{rule[0].upper()}{rule[1:]}.")


def shortened(recipe: Recipe, epochs: int) -> Recipe:
    """The same recipe with fewer epochs: weight averaging and finetuning keep their share of them."""
    return replace(
        recipe,
        epochs=epochs,
        fold_epochs=min(recipe.fold_epochs, epochs),
        swa_epochs=-(-recipe.swa_epochs * epochs // recipe.epochs),
        finetune_epochs=recipe.finetune_epochs * epochs // recipe.epochs,
    )


def recipe_to_json(recipe: Recipe) -> dict:
    """Its settings as JSON has them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(recipe).items()}


def recipe_from_json(settings: dict) -> Recipe:
    """The recipe that `recipe_to_json` has given; raises BadRecipe if a setting is out of range."""
    tuples: dict = {name: tuple(value) for name, value in settings.items() if isinstance(value, list)}
    return Recipe(**settings | tuples)


CLASSIC = Recipe("classic")

ROBUST = Recipe(
    "robust",
    input="stroke directions",  # fewer errors than pixels, in a third of the epochs
    hidden_layers=(600, 300),  # 1000 and 500 take longer for an image and are no better
    epochs=24,  # what is learnt after these is within the noise of a seed
    batch_size=250,
    learning_rate=0.001,
    cosine_decay=True,
    weight_decay=0.00001,  # what never repeats is hardly overfitted
    folds=0,  # digits and writers are kept for validation instead
    scale_pixels=False,  # the features are of the order of 1 already
    swa_epochs=6,
    validation_fraction=0.05,
    distortion=1.0,
    hands=("unipen", "pendigits"),
    pen_digits=80_000,  # people whom it never met gain by more of them, and MNIST loses nothing
    synthetic_share=0.35,  # without them, tablets other than UNIPEN's are read worse
    load_digits=True,
    degraded_fraction=0.3,  # halves the refusals of digits on paper, and MNIST gains by it
    finetune_epochs=9,  # restores what strong distortions cost on MNIST itself
    finetune_pen_digits=40_000,
    non_digits=40_000,  # fewer letters are taken for digits
)

RECIPES = {recipe.name: recipe for recipe in (CLASSIC, ROBUST)}
