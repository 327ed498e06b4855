"""Why the model gives its answer to the current drawing: pixel by pixel, unit by unit, and as a network."""

import streamlit as st

from app import answer, digits, models
from app.charts import explanation
from app.drawing import current_drawing
from mnistcore.explain import explain, unit_pictures

st.markdown("# Why this answer?")
model, problems = models.visitor_model()
for problem in problems:
    st.warning(problem)
drawing = current_drawing()
reading = answer.read_drawing(drawing, model)

if model is None or reading is None or reading.status == "blank":
    if model:
        st.write("There is no drawing to explain: draw a digit, or take one from MNIST.")
    with st.container(horizontal=True):
        st.page_link("app/pages/draw.py", label="Draw a digit", icon=":material/draw:")
        digits.offer_digits(model)
    st.stop()

parts = explain(model, reading.image)
first, second, *others = map(int, reading.probabilities.argsort()[::-1])
left, right = st.columns([2, 3], gap="large")
with left:
    st.html(answer.as_html(reading, drawing.label if drawing else None))
    st.markdown(f"Model: **{model.name}**")
with right:
    questions: dict[str, tuple[int, int | None]] = {
        f"Why {first}?": (first, None),
        f"Why not {second}?": (first, second),
        **{f"What speaks for {digit}?": (digit, None) for digit in (second, *others)},
    }
    digit, rival = questions[st.selectbox("Question", questions)]
    pixels, slopes, score = parts.pixels[digit], parts.slopes[digit], parts.scores[digit]
    meaning = f"the score of {digit} minus the mean of all ten digits' scores"
    if rival is not None:
        pixels, slopes, score = pixels - parts.pixels[rival], slopes - parts.slopes[rival], score - parts.scores[rival]
        meaning = f"the score of {digit} minus the score of {rival}"
    st.markdown(
        f":green[Green] speaks for it, :orange[orange] against it. The attributions of all pixels add up to "
        f"{pixels.sum():+.2f}; with a fixed part of {score - pixels.sum():+.2f} that is {meaning}: **{score:+.2f}**."
    )
    with st.container(horizontal=True):
        for title, values, unit in (("Pixel attributions", pixels, "share"), ("Effect of more ink", slopes, "slope")):
            with st.container(width=explanation.PIXELS_SIDE):
                st.markdown(f"## {title}")
                st.altair_chart(explanation.pixel_chart(values, unit), width="content", alt=f"{title}, pixel by pixel")

if parts.units:
    st.markdown("## The most important hidden units")
    pattern = "is ink" if model.input == "pixels" else "are edges of strokes"
    st.write(
        f"A hidden unit responds to one pattern: it is active when there {pattern} where its picture is green, and "
        f"none where it is orange. Below each picture: its activation, and its share of the score of {digit}."
    )
    st.html(explanation.units_html(parts, unit_pictures(model), digit))

    st.markdown("## From the drawing to the answer")
    st.write(
        "The drawing, the most important units of each hidden layer, and the scores of the ten digits. The wider a "
        "line, the more it adds to (green) or takes off (orange) what it leads to. Point at anything to see its number."
    )
    st.altair_chart(
        explanation.network_chart(parts, reading.image, digit), height=460, alt="The network from drawing to digits"
    )

with st.expander("How this is computed, and why it is exact"):
    st.markdown(
        "Each hidden unit either passes its sum on or gives 0 (ReLU). As long as no unit switches between the two, "
        "every score is a plain weighted sum of the pixels. So a pixel's share is its brightness times its weight in "
        "that sum, and all shares and a fixed part add up to the score. The method is called *gradient × input* "
        "(Shrikumar et al. 2016, *Not just a black box*); for networks like this one it equals *layer-wise relevance "
        "propagation* (Ancona et al. 2018, *Towards better understanding of gradient-based attribution methods*)."
    )
