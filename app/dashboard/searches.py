"""Searches for a recipe: the candidates of each in a chart and a table."""

import pandas as pd
import streamlit as st

from app.dashboard.halving import halving_chart
from mnistcore.errors import BadSearch
from mnistcore.training.searches import Search, Settings


@st.fragment
def show(names: list[str]) -> None:
    """Let the visitor choose a search, and show it."""
    chosen = st.selectbox("Search", names, key="search")
    try:
        found = Search.load(chosen)
    except BadSearch as error:
        st.warning(str(error))
        return
    state = "It is done." if found.best else f"So far {len(found.scores)} of {found.trials} trainings are done."
    st.markdown(
        f"{found.rounds[0].candidates} candidates, based on the recipe **{found.facts['recipe']['name']}**, "
        f"on {found.facts['rows']:,} digits from {found.source}. Each is trained {found.facts['folds']} times and "
        "measured on digits held out. In each round the best third goes on with "
        f"{found.facts['factor']} times as many epochs. {state}"
    )
    if not found.scores:
        return
    title = "Accuracy of each candidate in each round"
    st.markdown(f"### {title}")
    st.altair_chart(halving_chart(found), height=320, alt=title)
    table = pd.DataFrame(found.table())
    shares = table.columns[len(Settings._fields) :]
    table[shares] *= 100
    st.dataframe(
        table,
        hide_index=True,
        placeholder="–",
        column_config={"hidden units": st.column_config.Column(pinned=True)}
        | {column: st.column_config.NumberColumn(format="%.2f %%") for column in shares},
    )
    st.markdown(
        ":small[Mean accuracy over the folds, the best candidate first. *Spread* is the standard deviation over the "
        "folds in a candidate's last round: smaller differences may be chance.]"
    )
    if found.best:
        st.markdown("To train the best one in a terminal:")
        st.code(f"python -m mnistcore train --recipe {chosen}", language="bash", wrap_lines=True)
