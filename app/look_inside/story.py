"""The steps from a drawing to the answer, each one sentence and one picture, as HTML. Every step compares two digits:
what speaks for the one is green, what speaks for the other is orange."""

import math

import numpy as np

from app.shared.charts.layout import Node, strongest, unit_shares
from app.shared.charts.network import ARROWS
from app.shared.charts.pictures import ink_url, weights_url
from app.shared.drawing import Drawing
from app.shared.words import percent
from mnistcore.digit.explain import Explanation, response_pictures
from mnistcore.digit.files import data_url
from mnistcore.digit.model import Model
from mnistcore.digit.reading import Reading

VOTES = 6  # units of the last hidden layer whose votes are shown one by one
NAMED = 3  # inputs and outputs of a unit that are named


def step(title: str, sentence: str, picture: str = "") -> str:
    """One step of the story."""
    return f'<section class="step"><h2>{title}</h2><p>{sentence}</p><div class="pictures">{picture}</div></section>'


def ink(drawing: Drawing) -> str:
    """What is on the sheet."""
    picture = _figure(data_url(drawing.png), "The drawing", "the sheet")
    return step("Your ink", "This is what you drew on the sheet.", picture)


def pixels(reading: Reading, parts: Explanation, digit: int, rival: int) -> str:
    """The image that the network is given, and which of its pixels speak for which digit."""
    return step(
        "The pixels",
        "Cut out, scaled to 20 pixels and moved to the middle, the digit is these 28×28 pixels, which are all that the "
        f"network is given; green ones speak for {digit}, orange ones for {rival}.",
        _figure(ink_url(reading.image), "The drawing as 28 by 28 pixels", "28×28 pixels")
        + _figure(
            weights_url(parts.pixels[digit] - parts.pixels[rival]),
            f"Which pixels speak for {digit} and which for {rival}",
            f"for {digit}, or for {rival}",
        ),
    )


def directions(parts: Explanation, digit: int, rival: int) -> str:
    """The stroke directions of the image, and what each says; empty for a network that is given pixels."""
    if parts.planes is None or parts.directions is None:
        return ""
    shares = parts.directions[digit] - parts.directions[rival]
    most, most_share = float(parts.planes.max()), float(np.abs(shares).max())
    pairs = "".join(
        f'<figure><figcaption>{arrow}</figcaption><img src="{ink_url(plane, most)}" alt="Edges whose ink lies {arrow}">'
        f'<img src="{weights_url(share, most_share)}" alt="What speaks for {digit} and what for {rival}"></figure>'
        for arrow, plane, share in zip(ARROWS, parts.planes, shares, strict=True)
    )
    return step(
        "The stroke directions",
        "Eight pictures show where ink begins in each direction (→ finds the left edges of strokes); in those below "
        f"them, green speaks for {digit} and orange for {rival}.",
        f'<div class="planes">{pairs}</div>',
    )


def units_sentence(digit: int, rival: int) -> str:
    """What the diagram of the hidden units shows."""
    return (
        "A hidden unit looks for one pattern, its picture: ink where it is green makes the unit fire, ink where it is "
        f"orange keeps it quiet. These units decide most between {digit} and {rival}; the brighter one is, the more it "
        "fires. Point at a unit, or tap it."
    )


def about_unit(node: Node, model: Model, parts: Explanation, digit: int, rival: int) -> str:
    """A unit's picture, how it fires and votes, and its strongest inputs and outputs."""
    layer, unit = node.layer, node.index
    (picture,) = response_pictures(model, parts, layer, np.array([unit]))
    fires = parts.activations[layer][unit]
    share = float(unit_shares(parts, layer, digit, rival)[unit])
    vote = f"It speaks for <b>{digit if share > 0 else rival}</b>, by {abs(share):.2f} points." if fires else ""
    if layer:
        inputs = _strongest(parts.flows[layer - 1][:, unit], "unit {}")
    elif parts.direction_flows is not None:
        inputs = _strongest(parts.direction_flows[:, unit], "direction {}", ARROWS)
    else:
        inputs = "the pixels where its picture is darkest"
    last = layer == len(parts.units) - 1
    outputs = _strongest(
        parts.units[layer][unit] if last else parts.flows[layer][unit], "digit {}" if last else "unit {}"
    )
    return (
        f'<img src="{weights_url(picture)}" alt="What unit {unit} looks for"><div>'
        f"<b>Unit {unit} of hidden layer {layer + 1}</b> "
        f"{f'fires with {fires:.2f}.' if fires else 'does not fire.'} {vote}"
        f"<p>It gets most from: {inputs}.</p><p>It passes most on to: {outputs}.</p></div>"
    )


def votes(model: Model, parts: Explanation, digit: int, rival: int) -> str:
    """What the units of the last hidden layer put into the difference of the two scores, and the sum."""
    if not parts.units:
        return ""
    layer = len(parts.units) - 1
    shares = unit_shares(parts, layer, digit, rival)
    shown = strongest(parts, layer, digit, rival, VOTES)
    rest = float(shares.sum() - shares[shown].sum())
    total = float(parts.scores[digit] - parts.scores[rival])
    rows = [
        (f'<img src="{weights_url(picture)}" alt="Unit {unit}">', float(shares[unit]))
        for unit, picture in zip(shown, response_pictures(model, parts, layer, shown), strict=True)
    ]
    others = len(shares) - len(shown)
    rows += [(f"{others:,} other units", rest)] if others else []
    rows += [("fixed part", total - float(shares.sum())), ("<b>all together</b>", total)]
    most = max(abs(amount) for _, amount in rows) or 1.0
    bars = "".join(
        f"<tr><th>{name}</th><td>{_bar(amount / most)}</td><td>{amount:+.1f}</td></tr>" for name, amount in rows
    )
    return step(
        "The votes",
        f"Each unit of the last hidden layer gives points to {digit} (green, to the right) or to {rival} (orange, to "
        f"the left). All together, {digit if total > 0 else rival} leads by {abs(total):.1f} points.",
        f'<table class="votes">{bars}</table>',
    )


def percentages(model: Model, reading: Reading, parts: Explanation, digit: int, rival: int) -> str:
    """How the ten scores become probabilities."""
    lead = abs(float(parts.scores[digit] - parts.scores[rival]))
    first, second = (digit, rival) if parts.scores[digit] > parts.scores[rival] else (rival, digit)
    most = float(np.abs(parts.scores).max()) or 1.0
    whether_a_digit = (
        " An eleventh output says how probable it is that this is a digit at all: "
        f"{percent(reading.digit_probability)}."
        if model.knows_non_digits
        else ""
    )
    rows = "".join(
        f'<tr class="{"compared" if k in (digit, rival) else ""}"><th>{k}</th>'
        f"<td>{_bar(score / most)}</td><td>{score:+.1f}</td>"
        f'<td><span class="track"><span class="bar" style="width:{100 * p:.1f}%"></span></span></td>'
        f"<td>{percent(p)}</td></tr>"
        for k, (score, p) in enumerate(zip(parts.scores, reading.probabilities, strict=True))
    )
    return step(
        "The percentages",
        "Every point more makes a digit 2.7 times as probable, and the ten probabilities add up to 100%: with a lead "
        f"of {lead:.1f} points, {first} is {_times(lead)} as probable as {second}.{whether_a_digit}",
        '<table class="votes"><tr><td></td><td colspan="2">points, from the mean</td><td colspan="2">probability</td>'
        f"</tr>{rows}</table>",
    )


def sums(parts: Explanation, digit: int, rival: int) -> str:
    """The exact sums behind the pictures, as a table in Markdown."""
    pixels, fixed = parts.pixels.sum(axis=(1, 2)), parts.fixed
    rows = []
    if parts.directions is not None:
        rows += [(f"direction {arrow}", parts.directions[:, k].sum(axis=(1, 2))) for k, arrow in enumerate(ARROWS)]
    rows += [("all pixels together", pixels), ("fixed part, from the biases", fixed), ("**score**", parts.scores)]
    lines = [f"| points | for {digit} | for {rival} | difference |", "|---|---:|---:|---:|"]
    lines += [f"| {name} | {v[digit]:+.2f} | {v[rival]:+.2f} | {v[digit] - v[rival]:+.2f} |" for name, v in rows]
    return "\n".join(lines)


def _times(lead: float) -> str:
    factor = math.exp(min(lead, 30))
    return "over a million times" if factor > 1e6 else f"{factor:,.0f} times" if factor >= 10 else f"{factor:.1f} times"


def _strongest(amounts: np.ndarray, form: str, names: str | None = None) -> str:
    most = [int(k) for k in np.argsort(-np.abs(amounts))[:NAMED] if amounts[k]]
    return ", ".join(f"{form.format(names[k] if names else k)} ({amounts[k]:+.2f})" for k in most) or "nothing"


def _bar(share: float) -> str:
    """A bar from the middle: green to the right above 0, orange to the left below; a share of 1 fills its half."""
    side = "for" if share > 0 else "against"
    return f'<span class="both"><span class="{side}" style="width:{50 * abs(share):.1f}%"></span></span>'


def _figure(url: str, words: str, caption: str) -> str:
    return f'<figure><img src="{url}" alt="{words}"><figcaption>{caption}</figcaption></figure>'
