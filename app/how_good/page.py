"""How good the shipped networks are: accuracy, robustness, calibration, and what they gain by not answering."""

import streamlit as st

from app.shared.charts import measures
from app.shared.words import spoken
from mnistcore.errors import BadModelFile
from mnistcore.models import catalogue

reports = {}
for name in catalogue.SHIPPED:
    try:
        reports[spoken(name)] = catalogue.load_report(name)
    except BadModelFile as error:
        st.warning(str(error))
if not reports:
    st.stop()
evaluations = {name: report.evaluation for name, report in reports.items()}
first = next(iter(evaluations.values()))

st.markdown(f"Measured on {first.source}: {first.count:,} digits that neither network has learnt from.")
with st.container(horizontal=True, gap="large", key="how-good-figures"):
    for name, evaluation in evaluations.items():
        st.metric(
            f"Accuracy of {name}",
            f"{evaluation.accuracy:.2%}",
            f"{len(evaluation.misread):,} of {evaluation.count:,} wrong",
            delta_color="off",
            delta_arrow="off",
            width=240,
        )

rejections = {name: evaluation.rejection for name, evaluation in evaluations.items() if evaluation.rejection}
for name, rejection in rejections.items():
    st.markdown("## Digits and non-digits")
    st.markdown(
        f"**{name.capitalize()}** also says when a picture is not a digit. Of {rejection['non_digits']:,} "
        "letters, symbols, drawings, scribbles and groups of digits it took "
        f"**{rejection['non_digits_accepted']:.1%}** for a digit; of the test digits it refused "
        f"**{rejection['digits_refused']:.2%}**."
    )

st.markdown("## Distorted digits: how much can it take?")
st.markdown(
    "The same digits on a larger canvas: shifted, turned, scaled, with thick or thin strokes, or on noisy paper.\n\n"
    + " · ".join(
        f"**:{colour}[{name.capitalize()}]**" for colour, name in zip(("green", "orange"), evaluations, strict=False)
    )
)
columns = st.columns(3)
for index, kind in enumerate(first.robustness):
    with columns[index % 3]:
        st.markdown(f"**{kind.capitalize()}**")
        st.altair_chart(measures.robustness_chart(evaluations, kind), alt=f"Accuracy on {kind} digits", height=230)

left, right = st.columns(2, gap="large")
with left:
    st.markdown("## Calibration: is it as often right as it says?")
    st.markdown("Of the answers of which it is 90% sure, 90% should be right: the dashed line.")
    st.altair_chart(measures.calibration_chart(evaluations), alt="Accuracy against confidence", height=300)
    errors = [f"{name} {e.calibration_error:.2%}" for name, e in evaluations.items() if e.calibration_error is not None]
    st.markdown(f"Calibration error, the mean distance from that line: {', '.join(errors)}.")
with right:
    st.markdown("## If it may say: I do not know")
    st.markdown("Without the answers of which it is least sure, most of its errors should be gone.")
    st.altair_chart(measures.risk_coverage_chart(evaluations), alt="Errors avoided by rejecting answers", height=300)

st.page_link("app/dashboard/page.py", label="Which digits each of them gets wrong", icon=":material/monitoring:")
