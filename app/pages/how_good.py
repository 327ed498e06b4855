"""How good are the shipped models, on plain digits and on distorted ones, and do they know when they are wrong?"""

import numpy as np
import streamlit as st

from app import charts, quality_charts
from mnistcore import BadModelFile, store

GALLERY = 48  # misread digits to show

st.markdown("##### How good is it?")

evaluations = []
for name in store.SHIPPED:
    try:
        evaluations.append(store.load_evaluation(name))
    except BadModelFile as error:
        st.warning(str(error))
if not evaluations:
    st.stop()

st.markdown(f"Measured on {evaluations[0].source}, {evaluations[0].count:,} digits that no model here learnt from.")
for evaluation, column in zip(evaluations, st.columns(2), strict=False):
    wrong = evaluation.count - sum(evaluation.confusion[digit][digit] for digit in range(10))
    column.metric(
        f"{evaluation.name}: read rightly",
        f"{evaluation.accuracy:.2%}",
        f"{wrong} misread; calibration error {evaluation.calibration_error:.2%}",
        delta_color="off",
        delta_arrow="off",
    )

st.markdown("###### When digits are distorted")
st.caption(
    "The same digits on a large sheet, moved, turned, scaled, thickened, thinned or on noisy paper, and then read."
)
for index, kind in enumerate(evaluations[0].distorted):
    if index % 3 == 0:
        columns = st.columns(3)
    with columns[index % 3]:
        st.markdown(f"**{kind}**")
        st.altair_chart(
            quality_charts.distortion_chart(evaluations, kind), alt=f"Accuracy on {kind} digits", height=220
        )

left, right = st.columns(2, gap="large")
with left:
    st.markdown("###### Is it right as often as it says?")
    st.altair_chart(quality_charts.calibration_chart(evaluations), alt="Confidence against accuracy", height=300)
with right:
    st.markdown("###### Does it know when it is wrong?")
    st.altair_chart(quality_charts.refusal_chart(evaluations), alt="Errors removed by refusing answers", height=300)

st.markdown("###### What is misread")
chosen = st.segmented_control("Model", [e.name for e in evaluations], default=evaluations[0].name, required=True)
evaluation = next(e for e in evaluations if e.name == chosen)
st.altair_chart(charts.confusion_chart(evaluation), alt="Confusion matrix", width=520, height=420)
try:
    report = store.load_report(chosen)
except BadModelFile as error:
    st.warning(str(error))
    st.stop()
st.caption(f"The first {min(GALLERY, len(report.misread))} of {len(report.misread)}: what it is → what was read.")
enlarged = [np.kron(pixels, np.ones((3, 3), np.uint8)) for pixels in report.misread_pixels()[:GALLERY]]
st.image(enlarged, caption=[f"{d['label']} → {d['prediction']}" for d in report.misread[:GALLERY]], output_format="PNG")
