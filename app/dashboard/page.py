"""A board of all models: compared in a table and in charts, and one of them in detail."""

import altair as alt
import streamlit as st

from app.dashboard import comparison, gallery, model_actions, searches
from app.dashboard import table as model_table
from app.shared import models, outcome
from app.shared.charts import measures
from app.shared.visitors import current_visitor
from app.shared.words import duration, spoken
from mnistcore.errors import BadModelFile
from mnistcore.models import catalogue
from mnistcore.training.searches import search_names

COMMANDS = """\
python -m mnistcore report {name}
python -m mnistcore train                     # MNIST from the first source that answers
python -m mnistcore train --data mnist.npz    # MNIST from a file
python -m mnistcore search                    # for a better recipe; shown on this page
python -m mnistcore train --help"""

outcome.show()
reports = model_table.readable_reports()
if reports:
    st.markdown("## All networks")
    model_table.show_table(reports)
    model_table.show_curves(reports)
if found := search_names():
    st.markdown("## Searches for a recipe")
    searches.show(found)

st.markdown("## One network")
visitor = current_visitor()
names, own = catalogue.model_names(visitor), catalogue.own_names(visitor)
current, _ = models.current_model()
if renamed := st.session_state.pop("renamed", None):
    st.session_state["board-model"] = renamed
elif st.session_state.get("board-model") not in names:
    st.session_state["board-model"] = current.name if current and current.name in names else names[0]
chosen = st.selectbox(
    "Network",
    names,
    format_func=lambda name: f"{name} (yours)" if name in own else spoken(name, begins=True),
    key="board-model",
    persist_state="session",
)
model_actions.offer(chosen)
try:
    report = catalogue.load_report(chosen, visitor)
except BadModelFile as error:
    st.warning(f"{error} So this page cannot show how it was trained.")
    st.stop()

evaluation, recipe = report.evaluation, report.recipe
with st.container(horizontal=True, gap="large", key="figures"):
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
        f"{len(evaluation.misread):,} of {evaluation.count:,} wrong",
        delta_color="off",
        delta_arrow="off",
        width=165,
    )
st.markdown(
    f"It has {' and '.join(map(str, recipe['hidden_layers']))} hidden units, and learnt in {recipe['epochs']} epochs "
    f"from {report.data['training_rows']:,} digits ({report.data['source']}), by the recipe *{recipe['name']}*, in "
    f"{duration(report.seconds['total'])} on {report.finished[:10]}."
    + (f" The cross-validation is of {report.cv_shortened}." if report.cv_shortened else "")
)
charts: dict[str, alt.Chart | alt.LayerChart] = {
    "Precision and recall of each digit": measures.precision_recall_chart(evaluation)
}
if report.cv_scores:
    charts["Accuracy of each fold, their mean and spread"] = measures.cross_validation_chart(report)
for column, (title, chart) in zip(st.columns(len(charts), gap="large"), charts.items(), strict=True):
    with column:
        st.markdown(f"### {title}")
        st.altair_chart(chart, alt=title, height=260)
st.markdown(":small[*Precision*: of what it took for a 4, how much was one. *Recall*: of the 4s, how many it found.]")
gallery.show(report)
with st.expander("Data, recipe and versions", key="versions"):
    st.json({"data": report.data, "recipe": recipe, "seed": report.seed, "versions": report.versions})
    if chosen not in own:
        st.markdown("This report as one HTML file, and training in a terminal:")
        st.code(COMMANDS.format(name=chosen), language="bash", wrap_lines=True)

st.markdown("## Two networks compared")
comparison.show(names)
