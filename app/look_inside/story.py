"""The steps from a drawing to the answer, each one sentence and one picture, as HTML. Every step compares two digits:
what speaks for the one is green, what speaks for the other is orange."""

import math

import numpy as np

from app.shared.charts.pictures import ink_url, weights_url
from app.shared.charts.scene import explained, unit_shares
from app.shared.drawing import Drawing
from app.shared.words import named, percent
from mnistcore.digit.explain import Explanation, response_pictures
from mnistcore.digit.files import data_url
from mnistcore.digit.model import Model
from mnistcore.digit.reading import Reading
from mnistcore.words import counted

ARROWS = "→↘↓↙←↖↑↗"  # the stroke directions, in the order of mnistcore.digit.features
NAMED = 3  # inputs and outputs of a unit that are named


def step(title: str, sentence: str, picture: str = "") -> str:
    """One step of the story."""
    return f'<section class="step"><h2>{title}</h2><p>{sentence}</p><div class="pictures">{picture}</div></section>'


def ink(drawing: Drawing) -> str:
    """What is on the sheet."""
    picture = _figure(data_url(drawing.png), "The drawing", "the sheet")
    if drawing.label is not None:
        return step("The ink", "This is a digit of MNIST's test set, in place of a drawing.", picture)
    return step("Your ink", "This is what you drew on the sheet.", picture)


def pixels(reading: Reading, parts: Explanation, digit: int, rival: int) -> str:
    """The image that the network is given, and which of its pixels speak for which digit."""
    this, that = named(digit), named(rival)
    return step(
        "The pixels",
        "Cut out, scaled to 20 pixels and moved to the middle, the digit is these 28×28 pixels, which are all that the "
        f"network is given; green ones say {this}, orange ones {that}.",
        _figure(ink_url(reading.image), "The drawing as 28 by 28 pixels", "28×28 pixels")
        + _figure(
            weights_url(parts.pixels[digit] - parts.pixels[rival]),
            f"Which pixels say {this} and which {that}",
            f"for {this}, or for {that}",
        ),
    )


def directions(parts: Explanation, digit: int, rival: int) -> str:
    """The stroke directions of the image, and what each says; empty for a network that is given pixels."""
    this, that = named(digit), named(rival)
    if parts.planes is None or parts.directions is None:
        return ""
    shares = parts.directions[digit] - parts.directions[rival]
    most, most_share = float(parts.planes.max()), float(np.abs(shares).max())
    pairs = "".join(
        f'<figure><figcaption>{arrow}</figcaption><img src="{ink_url(plane, most)}" alt="Edges whose ink lies {arrow}">'
        f'<img src="{weights_url(share, most_share)}" alt="What says {this} and what {that}"></figure>'
        for arrow, plane, share in zip(ARROWS, parts.planes, shares, strict=True)
    )
    return step(
        "The stroke directions",
        "Eight pictures show where ink begins in each direction (→ finds the left edges of strokes); in those below "
        f"them, green says {this} and orange {that}.",
        f'<div class="planes">{pairs}</div>',
    )


def at_work(parts: Explanation, digit: int, rival: int) -> str:
    """What the stage shows of two digits, of which one leads."""
    lead = float(parts.scores[digit] - parts.scores[rival])
    first, second = (named(digit), named(rival)) if lead > 0 else (named(rival), named(digit))
    return (
        f"**{first}** gets {abs(lead):.1f} points more than **{second}**: that is its *lead*. These hidden units "
        "explain most of it; choose one to see its pattern."
    )


def hidden_units(model: Model, parts: Explanation, group: list[np.ndarray]) -> str:
    """What a hidden unit does, and the picture of one of the last layer; the kinds of that layer are given."""
    picture, *_ = response_pictures(model, parts, len(parts.units) - 1, np.array([group[0][0]]))
    return step(
        "The hidden units",
        "A hidden unit looks for one pattern, its picture: ink where it is green makes the unit fire, ink where it is "
        "orange keeps it quiet. In the diagram above, the brighter a unit is, the more it fires; those that look for "
        "the same are shown as one.",
        _figure(weights_url(picture), "What a hidden unit looks for", "one unit's picture"),
    )


def about_units(parts: Explanation, groups: list[list[np.ndarray]], digit: int, rival: int) -> tuple[dict, str]:
    """HTML on each unit of the stage, by its name, and the name of the one that decides most: how it fires and votes,
    and its strongest inputs and outputs."""
    about: dict[str, str] = {}
    votes: dict[str, float] = {}
    for layer, group in enumerate(groups):
        shares = unit_shares(parts, layer, digit, rival)
        for members in group:
            name = f"unit-{layer}-{members[0]}"
            share = float(shares[members].sum())
            about[name] = _about(parts, layer, members, share, digit if share > 0 else rival)
            votes[name] = abs(share) + 1e9 * layer  # those of the last layer speak for themselves
    return about, max(votes, key=votes.__getitem__, default="")


def _about(parts: Explanation, layer: int, members: np.ndarray, share: float, spoken_for: int) -> str:
    if layer:
        inputs = _strongest(parts.flows[layer - 1][:, members].sum(axis=1), "unit {}")
    elif parts.direction_flows is not None:
        inputs = _strongest(parts.direction_flows[:, members].sum(axis=1), "direction {}", ARROWS)
    else:
        inputs = "the pixels where its picture is darkest"
    last = layer == len(parts.units) - 1
    onward = parts.units[layer] if last else parts.flows[layer]
    outputs = _strongest(onward[members].sum(axis=0), "digit {}" if last else "unit {}")
    others = f" and {counted(len(members) - 1, 'other')} like it" if len(members) > 1 else ""
    return (
        f"<b>Unit {members[0]} of hidden layer {layer + 1}{others}</b> gives "
        f"{abs(share):.2f} points to <b>{named(spoken_for)}</b>; its own value for this ink is "
        f"{parts.activations[layer][members].sum():.2f}."
        f"<p>Gets most from: {inputs}.</p><p>Passes most on to: {outputs}.</p>"
    )


def votes(model: Model, parts: Explanation, group: list[np.ndarray], digit: int, rival: int) -> str:
    """What the kinds of unit of the last hidden layer put into the difference of the two scores, and the sum."""
    this, that = named(digit), named(rival)
    layer = len(parts.units) - 1
    shares = unit_shares(parts, layer, digit, rival)
    pictures = response_pictures(model, parts, layer, np.array([members[0] for members in group]))
    amounts = [float(shares[members].sum()) for members in group]
    total = float(parts.scores[digit] - parts.scores[rival])
    rows = [
        (f'<img src="{weights_url(picture)}" alt="Unit {members[0]}"> {counted(len(members), "unit")}', amount)
        for members, picture, amount in zip(group, pictures, amounts, strict=True)
    ]
    others = int(np.count_nonzero(shares)) - sum(map(len, group))
    rows += [(f"{counted(others, 'other unit')}", float(shares.sum()) - sum(amounts))] if others else []
    rows += [("start value", total - float(shares.sum())), ("<b>all together</b>", total)]
    most = max(abs(amount) for _, amount in rows) or 1.0
    bars = "".join(
        f"<tr><th>{name}</th><td>{_bar(amount / most)}</td><td>{amount:+.1f}</td></tr>" for name, amount in rows
    )
    return step(
        "The votes",
        f"Units of the last hidden layer give points to {this} (green, to the right) or to {that} (orange, to the "
        f"left). All together, {this if total > 0 else that} leads by {abs(total):.1f} points; the kinds with a "
        f"picture explain {explained(np.array(amounts), shares):.0%} of that.",
        f'<table class="votes">{bars}</table>',
    )


def percentages(reading: Reading, parts: Explanation, digit: int, rival: int) -> str:
    """How the scores become probabilities."""
    lead = abs(float(parts.scores[digit] - parts.scores[rival]))
    first, second = (digit, rival) if parts.scores[digit] > parts.scores[rival] else (rival, digit)
    most = float(np.abs(parts.scores).max()) or 1.0
    shares = [*(reading.digit_probability * reading.probabilities), 1 - reading.digit_probability]
    rows = "".join(
        f'<tr class="{"compared" if k in (digit, rival) else ""}"><th>{named(k)}</th>'
        f"<td>{_bar(score / most)}</td><td>{score:+.1f}</td>"
        f'<td><span class="track"><span class="bar" style="width:{100 * p:.1f}%"></span></span></td>'
        f"<td>{percent(p)}</td></tr>"
        for k, (score, p) in enumerate(zip(parts.scores, shares, strict=False))
    )
    return step(
        "The percentages",
        "The more points, the more probable a digit is, and all probabilities add up to 100%: with a lead "
        f"of {lead:.1f} points, {named(first)} is {_times(lead)} as probable as {named(second)}.",
        '<table class="votes"><tr><td></td><td colspan="2">points</td><td colspan="2">probability</td>'
        f"</tr>{rows}</table>",
    )


def sums(parts: Explanation, digit: int, rival: int) -> str:
    """The exact sums behind the pictures, as a table in Markdown."""
    this, that = named(digit), named(rival)
    pixels, fixed = parts.pixels.sum(axis=(1, 2)), parts.fixed
    rows = []
    if parts.directions is not None:
        rows += [(f"direction {arrow}", parts.directions[:, k].sum(axis=(1, 2))) for k, arrow in enumerate(ARROWS)]
    rows += [("all pixels together", pixels), ("start value, from the biases", fixed), ("**score**", parts.scores)]
    lines = [f"| points | for {this} | for {that} | difference |", "|---|---:|---:|---:|"]
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
