"""Why the network reads the current drawing as it does: pixel by pixel, unit by unit, and as a whole."""

import streamlit as st

from app import answer, digits, insight, models
from app.drawing import current_drawing
from mnistcore.explain import explain, unit_pictures

st.markdown("# Why does it read what it reads?")
model, problem = models.model_of_visitor()
if problem:
    st.warning(problem)
drawing = current_drawing()
reading = answer.read(drawing, model) if model else None

if reading is None:
    if model:
        st.write("There is nothing to look at yet: draw a digit, or take one of MNIST's.")
    with st.container(horizontal=True):
        st.page_link("app/pages/draw.py", label="Draw a digit", icon=":material/draw:")
        digits.offer_digits(model)
    st.stop()

parts = explain(model, reading.image)
first, second = map(int, reading.ranking[:2])
left, right = st.columns([2, 3], gap="large")
with left:
    st.html(answer.as_html(drawing, reading, model))
    st.markdown(f"Read by the model **{model.card.get('name', 'unnamed')}**.")
with right:
    questions = {f"Why a {first}?": (first, None), f"Why not a {second}?": (first, second)} | {
        f"What speaks for a {digit}?": (digit, None) for digit in map(int, reading.ranking[1:])
    }
    asked = st.selectbox("Question", questions)
    digit, rival = questions[asked]
    pixels, slopes, score = parts.pixels[digit], parts.slopes[digit], parts.scores[digit]
    meaning = f"the score of {digit} against the mean of all ten digits"
    if rival is not None:
        pixels, slopes, score = pixels - parts.pixels[rival], slopes - parts.slopes[rival], score - parts.scores[rival]
        meaning = f"the lead of {digit} over {rival}"
    st.markdown(
        f":green[Green] speaks for it, :orange[orange] against it. "
        f"Each square is one pixel: together they make up {meaning}, **{score:+.2f}** "
        f"({pixels.sum():+.2f} from the ink, {score - pixels.sum():+.2f} fixed)."
    )
    with st.container(horizontal=True):
        for title, values, words in (
            ("What the ink says", pixels, "share"),
            ("Where ink would count", slopes, "slope"),
        ):
            with st.container(width=insight.PIXELS_SIDE):
                st.markdown(f"## {title}")
                st.altair_chart(insight.pixel_chart(values, words), width="content", alt=f"{title}, pixel by pixel")

if parts.units:
    st.markdown("## The hidden units that matter most here")
    st.write(
        "A hidden unit looks for one pattern: it fires when ink lies where its picture is green, and not where it is "
        f"orange. Below each: how strongly it fired, and what it put into the score of {digit}."
    )
    st.html(insight.units_html(parts, unit_pictures(model), digit))

    st.markdown("## The way through the network")
    st.write(
        "From your drawing through the units that matter most to the ten digits. The wider a path, the more went along "
        "it; green raises what it leads to, orange lowers it. Point at anything to see its number."
    )
    st.altair_chart(
        insight.network_chart(parts, reading.image, digit), height=460, alt="The network from the drawing to ten digits"
    )

with st.expander("How this is computed, and why it is exact"):
    st.markdown(
        "The network's units are switches: each passes its sum on, or nothing. While no switch flips, every score is a "
        "plain weighted sum of the pixels, so a pixel's share is its ink times its weight in that sum, and the shares "
        "and a fixed part add up to the score to the last digit. The method is called *gradient × input* "
        "(Shrikumar et al. 2016, *Not just a black box*); for networks like this one it equals *layer-wise relevance "
        "propagation* (Ancona et al. 2018, *Towards better understanding of gradient-based attribution methods*)."
    )
