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

    def __post_init__(self) -> None:
        checks = {
            "hidden_layers must be one to four sizes of 1 to 4096 units": 1 <= len(self.hidden_layers) <= 4
            and all(1 <= units <= 4096 for units in self.hidden_layers),
            "epochs must be 1 to 1000": 1 <= self.epochs <= 1000,
            "batch_size must be 1 to 10000": 1 <= self.batch_size <= 10_000,
            "learning_rate must be above 0 and at most 1": 0 < self.learning_rate <= 1,
            "folds must be 0 (none) or 2 to 20": self.folds == 0 or 2 <= self.folds <= 20,
        }
        for rule, holds in checks.items():
            if not holds:
                raise BadRecipe(f"Recipe {self.name}: {rule}.")


CLASSIC = Recipe("classic")

RECIPES = {recipe.name: recipe for recipe in (CLASSIC,)}


def get_recipe(name: str) -> Recipe:
    """The recipe of that name; raises BadRecipe if there is none."""
    try:
        return RECIPES[name]
    except KeyError:
        raise BadRecipe(f"There is no recipe {name!r}; there are {', '.join(RECIPES)}.") from None
