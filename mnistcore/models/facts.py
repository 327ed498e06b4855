"""What a model's card and report say in JSON: the types that their values must have, or the file is refused."""

from __future__ import annotations

from typing import TypedDict


class RecipeFacts(TypedDict, total=False):
    """Of the settings that a run used, as `training/recipes.py` has them, those that are shown."""

    name: str
    epochs: int
    fold_epochs: int
    finetune_epochs: int
    hidden_layers: list[int]
    distortion: float
    pen_digits: int
    non_digits: int
    hands: list[str]
    load_digits: bool


class DataFacts(TypedDict, total=False):
    """Which digits a run learnt from."""

    source: str
    sha256: str
    training_rows: int
    validation_rows: int
    test_rows: int
    hands: str
    hands_sha256: str


class PersonalFacts(TypedDict):
    """Of a personal learning, as `report.PersonalReport` has them, those that are shown."""

    base: str
    digits: list[int]
    own_errors: tuple[int, int]
    mnist_errors: tuple[int, int]
    mnist_digits: int


class Card(TypedDict, total=False):
    """What a model is and where it comes from. A card may lack any of these, and say more."""

    name: str
    recipe: RecipeFacts
    seed: int
    data: DataFacts
    versions: dict[str, str]
    figures: dict[str, float | None]
    rejection_threshold: float
    unsure_below: float
    digit_threshold: float
    personal: PersonalFacts
