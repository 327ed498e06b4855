"""Train a network, and watch it learn."""

import numpy as np
import streamlit as st

from app.shared import answer, models, outcome
from app.shared.drawing import current_drawing
from app.shared.visitors import CHOSEN_MODEL, current_visitor
from app.train import film
from app.train import form as training_form
from app.train import view as training_view
from app.train.job import Job
from app.train.queue import trainer
from mnistcore.models import catalogue


def image_to_read() -> np.ndarray | None:
    """The visitor's drawing as the network sees it; None if there is none, or if it is a number or no digit."""
    reading, page = answer.of_drawing(current_drawing(), models.visitor_model()[0])
    return reading.image if reading and page is None and reading.status in ("digit", "uncertain") else None


def follow(job: Job) -> None:
    """What is seen of a running training, anew as often as there is something to see."""
    pace = film.pace(len(job.progress))

    def frame() -> None:
        if not job.active:
            st.rerun()  # the whole page: the presets are back
        training_view.show_state(job, trainer().place(job))
        st.button("Stop", on_click=trainer().stop, args=(job,), icon=":material/stop:")
        training_view.show_learning(job)
        if film.pace(len(job.progress)) != pace:
            st.rerun()

    st.fragment(frame, run_every=pace)()


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
    image = image_to_read()
    training_form.offer_presets(image)
    training_form.offer_settings(image)
st.markdown(
    f"A network that you train here is yours alone: other visitors do not see it. Your latest {catalogue.VISITOR_RUNS} "
    f"are kept for {catalogue.VISITOR_DAYS} days, or for good once they are published with the operator's password. "
    "Your browser remembers which are yours."
)
