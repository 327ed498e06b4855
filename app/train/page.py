"""Train a network, and watch it learn."""

import streamlit as st

from app.shared import outcome
from app.shared.visitors import CHOSEN_MODEL, current_visitor
from app.train import form as training_form
from app.train import view as training_view
from app.train.job import Job
from app.train.queue import trainer
from mnistcore.models import catalogue


@st.fragment(run_every=0.5)
def follow(job: Job) -> None:
    if not job.active:
        st.rerun()  # the whole page: the presets are back
    training_view.show_state(job, trainer().place(job))
    st.button("Stop", on_click=trainer().stop, args=(job,), icon=":material/stop:")
    training_view.show_learning(job)


def show_ended(job: Job) -> None:
    if job.state == "finished" and job.outcome in catalogue.own_names(job.order.visitor):
        evaluation = catalogue.load_report(job.outcome, job.order.visitor).evaluation
        st.success(
            f"**{job.outcome}** is trained. Its accuracy is {evaluation.accuracy:.2%} "
            f"on {evaluation.count:,} test digits that it had not seen."
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Use it for my drawings", icon=":material/draw:"):
                st.session_state[CHOSEN_MODEL] = job.outcome
                st.switch_page("app/draw/page.py")
            st.page_link("app/dashboard/page.py", label="Compare it with others", icon=":material/monitoring:")
    elif job.state == "stopped":
        st.info("The training was stopped. No network was changed.")
    elif job.state == "failed":
        st.error(f"{job.outcome} No network was changed.")
    if job.progress and job.state in ("finished", "stopped"):
        training_view.show_learning(job)


outcome.show()
job = trainer().job_of(visitor) if (visitor := current_visitor()) else None
if job and job.active:
    follow(job)
else:
    if job:
        show_ended(job)
    training_form.offer_to_resume(said=job is not None)
    if job:
        st.markdown("## Train another one")
    training_form.offer_presets()
    training_form.offer_settings()
st.markdown(
    f"A network that you train here is yours alone: other visitors do not see it. Your latest {catalogue.VISITOR_RUNS} "
    f"are kept for {catalogue.VISITOR_DAYS} days, or for good once they are published with the operator's password. "
    "Your browser remembers which are yours."
)
