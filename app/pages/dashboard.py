"""What the models learnt from, and how well."""

import streamlit as st

from app import charts, gallery, runs
from app.models import model_in_use
from mnistcore import BadModelFile, store

IN_A_TERMINAL = """\
python -m mnistcore report {name}
python -m mnistcore train                     # the digits come from the first source that answers
python -m mnistcore train --data mnist.npz    # or from a file of yours
python -m mnistcore train --help"""

in_use, _ = model_in_use()
current = in_use.card.get("name") if in_use else None
names = store.model_names()

st.markdown("# How the network was trained")
chosen = st.selectbox(
    "Model",
    names,
    index=names.index(current) if current in names else 0,
    format_func=lambda name: f"{name} (in use)" if name == current else name,
)

try:
    report = store.load_report(chosen)
except BadModelFile as error:
    report = None
    st.warning(f"{error} There is nothing to show of this model's training.")

if report:
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
            f"{report.test_accuracy:.2%}",
            f"{len(report.misread):,} of {report.data['test_rows']:,} misread",
            delta_color="off",
            delta_arrow="off",
            width=165,
        )
    layers = " and ".join(map(str, report.recipe["hidden_layers"]))
    st.markdown(
        f"Recipe **{report.recipe['name']}**, {layers} hidden units, {report.recipe['epochs']} epochs, "
        f"trained on {report.data['training_rows']:,} digits from {report.data['source']}, "
        f"finished {report.finished[:10]} after {runs.duration(report.seconds['total'])}."
    )

    figures = {"Precision and recall of each digit": charts.per_digit_chart(report)}
    if report.cv_scores:
        figures["Accuracy of each fold, with mean and spread"] = charts.cv_chart(report)
    figures["Training loss, epoch by epoch"] = charts.curve_chart(report.loss_curve, "loss")
    if report.validation_curve:
        where = "held out of each fold" if report.cv_scores else "set aside"
        figures[f"Accuracy on digits {where}"] = charts.curve_chart(report.validation_curve, "accuracy", percent=True)
    columns = st.columns(2, gap="large")
    for index, (title, chart) in enumerate(figures.items()):
        with columns[index % 2]:
            st.markdown(f"## {title}")
            st.altair_chart(chart, alt=title, height=260)
    st.markdown("## Which digit was read as which")
    ink = "#eeeeee" if st.context.theme.type == "dark" else "#222222"
    st.altair_chart(charts.confusion_chart(report, ink), alt="Confusion matrix", width=520, height=420)
    st.markdown("## The test digits it misread")
    gallery.show(report)
    with st.expander("Where it came from"):
        st.json({"data": report.data, "recipe": report.recipe, "seed": report.seed, "versions": report.versions})

    st.markdown("The same as one HTML file, and training another, in a terminal:")
    st.code(IN_A_TERMINAL.format(name=chosen), language="bash", wrap_lines=True)
