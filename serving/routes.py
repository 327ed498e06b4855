"""What is declared of a route. Flask's rules, the OpenAPI document, the index and the API key all follow from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

JSON = "application/json"


@dataclass(frozen=True)
class Route:
    """One route; api.py has the list of them.

    Attributes:
        method: "GET" or "POST".
        path: as in an OpenAPI document, with parameters as {name}.
        view: the function that answers.
        summary: what it is for, one sentence.
        answers: the types that the content of an answer may have, of contract.py, or str or dict.
        media_type: of the answer.
        errors: the statuses of the errors that are particular to it; 401 is added if it is protected.
        done: the statuses of its answers that are no errors.
        protected: whether it needs the API key, if one is set.
        request: `parameters` and `requestBody` of the OpenAPI document.
    """

    method: str
    path: str
    view: Callable
    summary: str
    answers: tuple[type, ...]
    media_type: str = JSON
    errors: tuple[int, ...] = ()
    done: tuple[int, ...] = (200,)
    protected: bool = True
    request: dict = field(default_factory=dict)

    @property
    def rule(self) -> str:
        """The path as Flask has it."""
        return self.path.replace("{", "<").replace("}", ">")
