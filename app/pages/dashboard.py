"""How one model was trained, and how good it is."""

import altair as alt
import streamlit as st

from app import gallery, runs
from app.charts import measures
from app.models import current_model
from mnistcore import BadModelFile, store

COMMANDS = """\
python -m mnistcore report {name}
python -m mnistcore train                     # MNIST from the first source that answers
python -m mnistcore train --data mnist.npz    # MNIST from a file
python -m mnistcore train --help"""

model, _ = current_model()
current = model.name if model else None
names = store.model_names()

st.markdown("# How the network was trained")
chosen = st.selectbox(
    "Model",
    names,
    index=names.index(current) if current in names else 0,
    format_func=lambda name: f"{name} (current)" if name == current else name,
)
try:
    report = store.load_report(chosen)
except BadModelFile as error:
    st.warning(f"{error} So this page cannot show how the model was trained.")
    st.stop()

evaluation, recipe = report.evaluation, report.recipe
with st.container(horizontal=True, gap="large"):
    if report.cv_scores:
        st.metric(
            "Cross-validation",
            f"{report.cv_mean:.2%}",
            f"± {report.cv_spread:.2%} over {len(report.cv_scores)} folds",
            delta_color="off",
            delta_arrow="off",
            width=165,
        )
    st.metric(
        "Test accuracy",
        f"{evaluation.accuracy:.2%}",
        f"{len(evaluation.misread):,} of {evaluation.count:,} misread",
        delta_color="off",
        delta_arrow="off",
        width=165,
    )
st.markdown(
    f"Recipe **{recipe['name']}**, {' and '.join(map(str, recipe['hidden_layers']))} hidden units, "
    f"{recipe['epochs']} epochs, trained on {report.data['training_rows']:,} digits from {report.data['source']}, "
    f"finished {report.finished[:10]} after {runs.duration(report.seconds['total'])}."
    + (f" The cross-validation is of {report.cv_shortened}." if report.cv_shortened else "")
)

charts: dict[str, alt.Chart | alt.LayerChart] = {
    "Precision and recall of each digit": measures.precision_recall_chart(evaluation)
}
if report.cv_scores:
    charts["Accuracy of each fold, with mean and spread"] = measures.cross_validation_chart(report)
charts["Training loss of each epoch"] = measures.epoch_chart({chosen: report.loss_curve}, "loss")
if report.validation_curve:
    charts["Validation accuracy of each epoch"] = measures.epoch_chart(
        {chosen: report.validation_curve}, "accuracy", percent=True
    )
columns = st.columns(2, gap="large")
for index, (title, chart) in enumerate(charts.items()):
    with columns[index % 2]:
        st.markdown(f"## {title}")
        st.altair_chart(chart, alt=title, height=260)
st.markdown("## Confusion matrix")
ink = "#eeeeee" if st.context.theme.type == "dark" else "#222222"
st.altair_chart(measures.confusion_chart(evaluation, ink), alt="Confusion matrix", width=520, height=420)
st.markdown("## Misread test digits")
gallery.show(report)
with st.expander("Data, recipe and versions"):
    st.json({"data": report.data, "recipe": recipe, "seed": report.seed, "versions": report.versions})

st.markdown("This report as one HTML file, and training in a terminal:")
st.code(COMMANDS.format(name=chosen), language="bash", wrap_lines=True)
