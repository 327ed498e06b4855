"""How good the shipped models are: accuracy, robustness, calibration, and risk against coverage."""

import streamlit as st

from app.shared.charts import measures
from mnistcore.errors import BadModelFile
from mnistcore.models import catalogue

reports = {}
for name in catalogue.SHIPPED:
    try:
        reports[name] = catalogue.load_report(name)
    except BadModelFile as error:
        st.warning(str(error))
if not reports:
    st.stop()
evaluations = {name: report.evaluation for name, report in reports.items()}
first = next(iter(evaluations.values()))

st.markdown(f"Measured on {first.source}: {first.count:,} digits that no model was trained on.")
with st.container(horizontal=True, gap="large"):
    for name, evaluation in evaluations.items():
        st.metric(
            f"Accuracy of {name}",
            f"{evaluation.accuracy:.2%}",
            f"{len(evaluation.misread):,} of {evaluation.count:,} misread",
            delta_color="off",
            delta_arrow="off",
            width=240,
        )

rejections = {name: evaluation.rejection for name, evaluation in evaluations.items() if evaluation.rejection}
for name, rejection in rejections.items():
    st.markdown("## Digits and non-digits")
    st.markdown(
        f"**{name}** also says when a picture is not a digit. Of {rejection['non_digits']:,} letters, symbols, "
        f"drawings, scribbles and groups of digits it took **{rejection['non_digits_accepted']:.1%}** for a digit, and "
        f"of the test digits it refused **{rejection['digits_refused']:.2%}**."
    )

st.markdown("## Robustness: accuracy on distorted digits")
st.markdown(
    "The same digits on a larger canvas: shifted, turned, scaled, with thick or thin strokes, or on noisy paper. "
    + " ".join(f"**:{colour}[{name}]**" for colour, name in zip(("green", "orange"), evaluations, strict=False))
)
columns = st.columns(3)
for index, kind in enumerate(first.robustness):
    with columns[index % 3]:
        st.markdown(f"**{kind.capitalize()}**")
        st.altair_chart(measures.robustness_chart(evaluations, kind), alt=f"Accuracy on {kind} digits", height=230)

left, right = st.columns(2, gap="large")
with left:
    st.markdown("## Calibration: confidence against accuracy")
    st.markdown("Of the answers with 90% confidence, 90% should be correct: the dashed line.")
    st.altair_chart(measures.calibration_chart(evaluations), alt="Accuracy against confidence", height=300)
    errors = [f"{name} {e.calibration_error:.2%}" for name, e in evaluations.items() if e.calibration_error is not None]
    st.markdown(f"Calibration error, the mean distance from that line: {', '.join(errors)}.")
with right:
    st.markdown("## Risk and coverage: which errors are avoided")
    st.markdown("Rejecting the least confident answers should remove most of the errors.")
    st.altair_chart(measures.risk_coverage_chart(evaluations), alt="Errors avoided by rejecting answers", height=300)

st.page_link("app/dashboard/page.py", label="Which digits each of them misreads", icon=":material/monitoring:")
