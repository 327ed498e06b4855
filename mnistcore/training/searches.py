"""Searches for a recipe: what each has measured so far, as plain JSON in `searches/NAME.json` of `MNISTCORE_HOME`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import mean, pstdev
from typing import NamedTuple

from mnistcore.errors import BadRecipe, BadSearch
from mnistcore.home import home, read_text, write_file
from mnistcore.training.recipes import RECIPES, Recipe, recipe_from_json
from mnistcore.words import counted


class Settings(NamedTuple):
    """What distinguishes one candidate from another, each as in `Recipe`."""

    hidden_layers: tuple[int, ...]
    learning_rate: float
    weight_decay: float
    distortion: float

    def recipe(self, base: Recipe, name: str) -> Recipe:
        """The base with these settings, under another name."""
        return replace(base, name=name, **self._asdict())


class Trial(NamedTuple):
    """One training of a search: a candidate, with this many epochs, measured on this fold, from 1."""

    settings: Settings
    epochs: int
    fold: int


class Round(NamedTuple):
    """A round of the halving: how many candidates are trained, for how many epochs each."""

    candidates: int
    epochs: int


@dataclass
class Search:
    """A search, finished or not.

    Attributes:
        name: of its file, and of the recipe that it finds.
        facts: plain JSON of all that its scores depend on; "recipe" is the base of the candidates.
        source: where its digits are from, in one line.
        rounds: the first one first.
        scores: the accuracy of each training that is done, on the rows that its fold holds out, 0-1.
        best: the settings that it has found; None while it is not finished.
    """

    name: str
    facts: dict
    source: str
    rounds: list[Round]
    scores: dict[Trial, float] = field(default_factory=dict)
    best: Settings | None = None

    @property
    def trials(self) -> int:
        """How many trainings it has in all."""
        return self.facts["folds"] * sum(round_.candidates for round_ in self.rounds)

    def recipe(self) -> Recipe:
        """The recipe that it has found; raises BadRecipe if it is not finished."""
        if self.best is None:
            raise BadRecipe(
                f"The search {self.name!r} is not finished ({len(self.scores)} of {self.trials} trainings are done): "
                "the command that began it resumes it."
            )
        return self.best.recipe(recipe_from_json(self.facts["recipe"]), self.name)

    def ranking(self) -> list[tuple[Settings, dict[int, list[float]]]]:
        """The candidates, the best first: who came further, or else was more accurate, is better.

        Returns:
            For each its settings, and its accuracies on the folds by the epochs of each round that it took part in.
        """
        candidates: dict[Settings, dict[int, list[float]]] = {}
        for (settings, epochs, _), accuracy in sorted(self.scores.items()):
            candidates.setdefault(settings, {}).setdefault(epochs, []).append(accuracy)

        def quality(candidate: tuple[Settings, dict[int, list[float]]]) -> tuple:
            settings, accuracies = candidate
            return settings == self.best, max(accuracies), mean(accuracies[max(accuracies)])

        return sorted(candidates.items(), key=quality, reverse=True)

    def table(self) -> list[dict]:
        """One row a candidate, the best first: its settings, its mean accuracy over the folds in each round, 0-1 or
        None, and the standard deviation over the folds in its last one."""
        return [
            {
                "hidden units": " + ".join(map(str, settings.hidden_layers)),
                "learning rate": settings.learning_rate,
                "weight decay": settings.weight_decay,
                "distortion": settings.distortion,
                **{
                    counted(epochs, "epoch"): mean(accuracies[epochs]) if epochs in accuracies else None
                    for _, epochs in self.rounds
                },
                "spread": pstdev(accuracies[max(accuracies)]),
            }
            for settings, accuracies in self.ranking()
        ]

    def save(self) -> None:
        """Write the file, whole or not at all. The same scores make the same file, in whatever order they came."""
        kept = vars(self) | {
            "scores": [
                {**trial.settings._asdict(), "epochs": trial.epochs, "fold": trial.fold, "accuracy": accuracy}
                for trial, accuracy in sorted(self.scores.items(), key=lambda score: score[0][1:] + score[0][:1])
            ],
            "rounds": [round_._asdict() for round_ in self.rounds],
            "best": self.best and self.best._asdict(),
        }
        write_file(path_of(self.name), json.dumps(kept, indent=1) + "\n")

    @classmethod
    def load(cls, name: str) -> Search:
        """Read a file; raises BadSearch if there is none of that name, or it is damaged."""
        path = path_of(name)
        try:
            kept = json.loads(read_text(path))
            scores = {
                Trial(_settings(row), int(row["epochs"]), int(row["fold"])): float(row["accuracy"])
                for row in kept["scores"]
            }
            rounds = [Round(**row) for row in kept["rounds"]]
            best = kept["best"] and _settings(kept["best"])
            found = cls(name, dict(kept["facts"]), str(kept["source"]), rounds, scores, best)
            recipe_from_json(found.facts["recipe"])
            if not all(isinstance(found.facts[fact], int) for fact in ("rows", "folds", "factor")):
                raise ValueError("these are counts")
            if not rounds or not {trial.epochs for trial in scores} <= {round_.epochs for round_ in rounds}:
                raise ValueError("scores belong to rounds")
            return found
        except FileNotFoundError:
            raise BadSearch(f"There is no search {name!r}.") from None
        except Exception as error:  # a damaged file fails in more ways than can be listed
            raise BadSearch(
                f"The search in {path} is damaged ({type(error).__name__}): delete the file to begin it anew."
            ) from error


def path_of(name: str) -> Path:
    """Where the search of that name is kept; raises BadSearch if a search may not have this name."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", name) or name in RECIPES:
        raise BadSearch(
            f"{name[:100]!r} is no name for a search: use up to 40 letters, digits, dots, dashes and underscores, a "
            f"letter or digit first, and not the name of a recipe."
        )
    return home() / "searches" / f"{name}.json"


def search_names() -> list[str]:
    """All searches that are kept, the latest first."""
    paths = (home() / "searches").glob("[!.]*.json")
    return [path.stem for path in sorted(paths, key=lambda path: path.stat().st_mtime, reverse=True)]


def get_recipe(name: str) -> Recipe:
    """The recipe of that name, or the one that the search of that name has found.

    Raises:
        BadRecipe: there is none, or the search is not finished.
        BadSearch: the search's file is damaged.
    """
    if name in RECIPES:
        return RECIPES[name]
    if name in search_names():
        return Search.load(name).recipe()
    raise BadRecipe(f"There is no recipe {name[:100]!r}; there are {', '.join([*RECIPES, *search_names()])}.")


def _settings(row: dict) -> Settings:
    hidden_layers = tuple(int(units) for units in row["hidden_layers"])
    return Settings(hidden_layers, *(float(row[name]) for name in Settings._fields[1:]))
