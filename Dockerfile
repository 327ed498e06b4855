# Two images from one file: `docker build --target api .` serves POST /predict, `--target app` the page to draw on.

FROM python:3.11.16-slim-bookworm AS base
# TMPDIR is in memory, and can be written to even if the root is read-only
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    TMPDIR=/dev/shm \
    MNISTCORE_HOME=/models \
    MNISTCORE_DB=sqlite:////feedback/feedback.db
WORKDIR /srv
RUN useradd --system --uid 10001 --no-create-home mnist \
    && install --directory --owner=mnist /models && install --directory --owner=mnist --mode=700 /feedback
VOLUME /models /feedback
# The dependencies come first, so that Docker installs them anew only if they change. Of the package, installing takes
# the version alone; its files are then used where they are.
COPY pyproject.toml constraints.txt ./
COPY mnistcore/__init__.py mnistcore/

FROM base AS app
RUN pip install --only-binary :all: -c constraints.txt -e ".[app,postgresql]"
COPY streamlit_app.py ./
COPY app app
COPY mnistcore mnistcore
COPY .streamlit .streamlit
RUN python -m compileall -q streamlit_app.py app mnistcore
USER 10001
EXPOSE 8501
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health')"]
CMD ["streamlit", "run", "streamlit_app.py", "--server.address=0.0.0.0", "--server.headless=true"]

FROM base AS api
RUN pip install --only-binary :all: -c constraints.txt -e ".[api,postgresql]"
COPY api.py ./
COPY serving serving
COPY mnistcore mnistcore
RUN python -m compileall -q api.py serving mnistcore
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/ready')"]
CMD ["python", "api.py", "--host", "0.0.0.0", "--drain", "5"]
