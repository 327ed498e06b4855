"""An order: what is to be trained, with which digits, for whom. It has one form as JSON, in which the app gives it to
the process that trains (`child.py`), and in which it is kept beside what an interrupted training has done
(`unfinished.py`)."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from mnistcore.training.recipes import Recipe, recipe_from_json

FIRST_EPOCHS = 15  # in which most changes: whoever watches is shown them one by one


@dataclass(frozen=True)
class Order:
    """What is to be trained. All but the recipe and the seed may be left out.

    Attributes:
        recipe: how to train.
        seed: of every random choice, 0 to 2**32 - 1.
        sources: of the digits, as `datasets.load` takes them; None: the usual ones, in their order.
        data: path of a file with the digits, likewise.
        pens: paths of what people wrote with a pen, likewise.
        name: of the model; None: the recipe's name and the time.
        visitor: of the app, whose the model will be; None: everybody's, and it becomes the current one.
        ship: directory to write the model to, as those that come with the package; None: it is kept as a run.
        image: 28x28 bytes in base64, which are read after every epoch; None reads nothing.
        own_image: whether the visitor has drawn it.
    """

    recipe: Recipe
    seed: int
    sources: list[str] | None = None
    data: str | None = None
    pens: tuple[str, ...] = ()
    name: str | None = None
    visitor: str | None = None
    ship: str | None = None
    image: str | None = None
    own_image: bool = False

    def as_json(self) -> dict:
        """The order in JSON's types."""
        return asdict(self)


def order_from_json(order: dict) -> Order:
    """The order that `Order.as_json` has made JSON of.

    Raises:
        KeyError, TypeError: it is none.
        BadRecipe: a setting of its recipe is out of range.
    """
    return Order(**order | {"recipe": recipe_from_json(order["recipe"]), "pens": tuple(order.get("pens", ()))})
