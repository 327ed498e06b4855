"""Why the model gives its answer to the current drawing: the steps from ink to percentages, comparing two digits."""

import streamlit as st

from app.look_inside import story
from app.shared import answer, mnist_digits, models, number
from app.shared.charts import network, scene
from app.shared.drawing import current_drawing
from app.shared.words import named
from mnistcore.digit.explain import explain
from mnistcore.digit.form import NON_DIGIT_CLASS

model, problems = models.visitor_model()
for problem in problems:
    st.warning(problem)
drawing = current_drawing()
reading, page = answer.of_drawing(drawing, model)
if model is None:
    st.stop()
example = drawing is None or reading is None or reading.answer is None
if drawing is None or example:
    drawing = mnist_digits.example()
    reading, page = answer.of_drawing(drawing, model)
assert reading is not None
assert reading.answer is not None

if page:
    st.write("You drew a number. Choose the digit to look at:")
    number.pick(drawing, page.readings)
parts = explain(model, reading.image, reading.layers)
with st.container(key="story-head", horizontal=True, vertical_alignment="bottom"):
    with st.container(width="stretch"):
        st.html(answer.as_html(reading, drawing.label, model, models.another_shipped(model), example))
    with st.container(horizontal=True, width="content"):
        known = range(len(parts.scores))  # the last may be that it is no digit
        digit: int = st.selectbox("Why a", known, reading.answer, format_func=named, width=120)
        # a refused drawing is compared with the closest digit
        others = [k for k in sorted(known, key=lambda k: (k == NON_DIGIT_CLASS, -parts.scores[k])) if k != digit]
        rival: int = st.selectbox("Compared with", others, format_func=named, width=120)

groups = [scene.kinds_shown(model, parts, layer, digit, rival) for layer in range(len(parts.units))]
if groups:
    st.markdown(story.at_work(parts, digit, rival))
    with st.container(key="network"):
        lit = scene.scene(model, parts, reading, digit, rival, drawing.label, groups)
        about, chosen = story.about_units(parts, groups, digit, rival)
        network.show("units", lit, about=about, chosen=chosen)
if example:
    with st.container(horizontal=True, vertical_alignment="center", key="example-choice"):
        st.page_link("app/draw/page.py", label="Draw a digit", icon=":material/draw:")
        mnist_digits.offer_digits(model, models.chosen_name())
with st.container(key="story"):
    steps = story.ink(drawing) + story.pixels(reading, parts, digit, rival) + story.directions(parts, digit, rival)
    if groups:
        steps += story.hidden_units(model, parts, groups[-1]) + story.votes(model, parts, groups[-1], digit, rival)
    st.html(steps + story.percentages(reading, parts, digit, rival))

with st.expander("The exact sums, and how they are computed"):
    st.markdown(story.sums(parts, digit, rival))
    st.markdown(
        "Points are a digit's score, counted from the mean of all. Each hidden unit either passes "
        "its sum on or gives 0 (ReLU). As long as no unit switches between the two, every score is a plain weighted "
        "sum of the pixels. So a pixel's share is its brightness times its weight in that sum, and all shares and a "
        "start value (the biases) add up to the score. The method is called *gradient × input* (Shrikumar et al. 2016, "
        "*Not just a black box*); for networks like this one it equals *layer-wise relevance propagation* (Ancona et "
        "al. 2018, *Towards better understanding of gradient-based attribution methods*). What a unit looks for is "
        "drawn from its weights, traced back to the pixels through the units below it that fire."
    )
