"""How good are the shipped models, on plain digits and on distorted ones, and do they know when they are wrong?"""

import streamlit as st

from app import charts, gallery, quality_charts
from mnistcore import BadModelFile, store

st.markdown("# How good is it?")

evaluations, reports = [], {}
for name in store.SHIPPED:
    try:
        evaluations.append(store.load_evaluation(name))
        reports[name] = store.load_report(name)
    except BadModelFile as error:
        st.warning(str(error))
if not evaluations:
    st.stop()

st.markdown(f"Measured on {evaluations[0].source}, {evaluations[0].count:,} digits that no model here learnt from.")
with st.container(horizontal=True, gap="large"):
    for evaluation in evaluations:
        wrong = evaluation.count - sum(evaluation.confusion[digit][digit] for digit in range(10))
        st.metric(
            f"{evaluation.name}: read rightly",
            f"{evaluation.accuracy:.2%}",
            f"{wrong:,} of {evaluation.count:,} misread",
            delta_color="off",
            delta_arrow="off",
            width=240,
        )

st.markdown("## When digits are distorted")
st.markdown(
    "The same digits on a large sheet: moved, turned, scaled, thickened, thinned, or on "
    "noisy paper. What share is still read rightly by "
    + " and by ".join(f"**:{colour}[{e.name}]**" for colour, e in zip(("green", "orange"), evaluations, strict=False))
    + "?"
)
columns = st.columns(3)
for index, kind in enumerate(evaluations[0].distorted):
    with columns[index % 3]:
        st.markdown(f"**{kind.capitalize()}**")
        st.altair_chart(
            quality_charts.distortion_chart(evaluations, kind), alt=f"Accuracy on {kind} digits", height=230
        )

left, right = st.columns(2, gap="large")
with left:
    st.markdown("## Is it right as often as it says?")
    st.altair_chart(quality_charts.calibration_chart(evaluations), alt="Confidence against accuracy", height=300)
    errors = ", ".join(f"{e.name} {e.calibration_error:.2%}" for e in evaluations)
    st.markdown(f"How far off its word it is, on average: {errors}.")
with right:
    st.markdown("## Does it know when it is wrong?")
    st.altair_chart(quality_charts.refusal_chart(evaluations), alt="Errors removed by refusing answers", height=300)

st.markdown("## What is read as what")
chosen = st.segmented_control("Model", [e.name for e in evaluations], default=evaluations[0].name, required=True)
evaluation = next(e for e in evaluations if e.name == chosen)
ink = "#eeeeee" if st.context.theme.type == "dark" else "#222222"
st.altair_chart(charts.confusion_chart(evaluation, ink), alt="Confusion matrix", width=520, height=420)
if chosen in reports:
    st.markdown("## The test digits it misread")
    gallery.show(reports[chosen])
