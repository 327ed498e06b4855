"""What a model has learnt of one person's handwriting, and whether it got worse by it."""

from __future__ import annotations

from dataclasses import dataclass

MORE_MNIST_ERRORS = 0.001  # of the test digits: a personal model that misreads so many more than its base is refused,
MORE_NON_DIGITS = 0.03  # and so is one that takes so many more of the non-digits for a digit


@dataclass(frozen=True)
class PersonalReport:
    """The record of one personal learning. Each pair is before and after.

    Attributes:
        base: name of the model that learnt.
        seed: of all random numbers.
        sha256: of the digits' images and labels, each label as one byte.
        digits: how many digits of the person there were of each class, 0 to 9.
        own_errors: how many of them are misread; after: by models that did not learn from these, in cross-validation.
        mnist_errors: how many of MNIST's test digits are misread.
        mnist_digits: how many these are.
        non_digits_accepted: share, 0-1, of non-digits that are taken for a digit; None for models that know none.
        share: how far it went, from 0, the base, to 1, what fits the person best, so as not to forget other digits.
        losses: mean training loss of each pass.
        seconds: how long it took.
    """

    base: str
    seed: int
    sha256: str
    digits: list[int]
    own_errors: tuple[int, int]
    mnist_errors: tuple[int, int]
    mnist_digits: int
    non_digits_accepted: tuple[float, float] | None
    share: float
    losses: list[float]
    seconds: float

    @property
    def refusal(self) -> str | None:
        """One sentence if the model is worse than its base, and must not be used; None if it is not."""
        before, after = self.own_errors
        if after > before:
            return (
                f"It got worse: of the person's {sum(self.digits)} digits, each read by a model that had not learnt "
                f"from it, {after} are misread, and {before} by {self.base}."
            )
        before, after = self.mnist_errors
        if after - before > MORE_MNIST_ERRORS * self.mnist_digits:
            return (
                f"It got worse: of MNIST's {self.mnist_digits:,} test digits {after} are misread, "
                f"and {before} by {self.base}."
            )
        shares = self.non_digits_accepted
        if shares and shares[1] - shares[0] > MORE_NON_DIGITS:
            return f"It got worse: {shares[1]:.1%} of non-digits are taken for a digit, {shares[0]:.1%} by {self.base}."
        return None

    def as_text(self) -> str:
        """The figures for a terminal."""
        lines = [
            f"learnt from         {sum(self.digits)} digits in {self.seconds:.1f} s",
            f"the person's own    {self.own_errors[0]} misread before, {self.own_errors[1]} now (cross-validated)",
            f"MNIST's test set    {self.mnist_errors[0]} misread before, {self.mnist_errors[1]} now",
        ]
        if self.non_digits_accepted:
            before, after = self.non_digits_accepted
            lines.append(f"non-digits          {before:.1%} taken for a digit before, {after:.1%} now")
        return "\n".join(lines)
