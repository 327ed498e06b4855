"""Personal models: each has learnt one person's handwriting, and is kept for that person alone.

    personal/3f0c.../personal-9b1e.../    a run, as in `runs.py`, of the handwriting profile 3f0c...

No list of models names them. Whoever knows a personal model's name, of 32 random hexadecimal digits, may use it:
`load_model` and the API's `?model=` find it.
"""

from __future__ import annotations

import math
import re
import secrets
import shutil
import tempfile
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from mnistcore.digit.model import Model
from mnistcore.errors import BadModelFile, GotWorse
from mnistcore.home import home
from mnistcore.models.personal_report import PersonalReport
from mnistcore.models.report import Report
from mnistcore.models.runs import Runs

MODELS = 5  # the latest that are kept of a profile


def keep_personal(profile_id: str, model: Model, report: PersonalReport) -> str:
    """Keep a personal model, and return its name, which nobody can guess.

    Args:
        profile_id: of the handwriting profile: 32 hexadecimal digits.
        model: as `training.personalise` gives it.
        report: likewise.

    Raises:
        GotWorse: the report refuses the model.
        BadModelFile: the profile's id is none.
    """
    if report.refusal:
        raise GotWorse(report.refusal)
    name = f"personal-{secrets.token_hex(16)}"
    runs = _runs(profile_id)
    model = replace(model, card=model.card | {"name": name} | _facts(report))
    runs.keep(model, _training_report(model, report))
    runs.prune(MODELS, math.inf)
    return name


def personal_models(profile_id: str) -> list[str]:
    """The names of a profile's personal models, the latest first."""
    return _runs(profile_id).names()


def delete_personal(profile_id: str) -> None:
    """Delete all personal models of a profile; there may be none."""
    directory = _runs(profile_id).directory
    if directory.is_dir():
        # out of sight at once, so that nobody meets a model that is half gone
        shutil.rmtree(
            directory.rename(Path(tempfile.mkdtemp(dir=directory.parent, prefix=".")) / directory.name).parent
        )


def personal_path(name: str) -> Path | None:
    """Where the personal model of that name lies; None if there is none."""
    if not re.fullmatch(r"personal-[0-9a-f]{32}", name):
        return None
    return next((home() / "personal").glob(f"[!.]*/{name}/model.npz"), None)


def _facts(report: PersonalReport) -> dict:
    """What the card says of a personal model."""
    return {
        "recipe": {"name": "personal", "base": report.base, "epochs": len(report.losses)},
        "seed": report.seed,
        "data": {
            "source": "one person's handwriting",
            "sha256": report.sha256,
            "training_rows": sum(report.digits),
            "test_rows": report.mnist_digits,
        },
        "figures": {"test_accuracy": 1 - report.mnist_errors[1] / report.mnist_digits},
        "personal": asdict(report),
    }


def _training_report(model: Model, report: PersonalReport) -> Report:
    """The report of a run, with the evaluation on MNIST's test digits."""
    from mnistcore.data.datasets import shipped_test_digits
    from mnistcore.evaluation.evaluate import evaluate

    return Report(
        name=model.name,
        recipe=model.card["recipe"],
        seed=report.seed,
        data=model.card["data"],
        versions=model.card.get("versions", {}),
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds={"total": report.seconds},
        cv_scores=[],
        loss_curve=report.losses,
        validation_curve=[],
        evaluation=evaluate(model, *shipped_test_digits(), "MNIST's test set"),
    )


def _runs(profile_id: str) -> Runs:
    if not re.fullmatch(r"[0-9a-f]{32}", profile_id):
        raise BadModelFile(f"{profile_id[:100]!r} is not the id of a handwriting profile: 32 hexadecimal digits.")
    return Runs(home() / "personal" / profile_id)
