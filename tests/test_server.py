"""The server as a process: its start, its workers, connections that stop halfway, and its end."""

from __future__ import annotations

import http.client
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest
from conftest import ROOT, Server, await_that, start_api

from mnistcore.data.datasets import shipped_test_digits
from serving.admission import MAX_RECEIVED

pytestmark = pytest.mark.server

SEVEN = '{"prediction":7}'
BODY = json.dumps({"data": shipped_test_digits()[0][0].ravel().tolist()}).encode()
JSON = {"Content-Type": "application/json"}


def predict(server: Server) -> str:
    return server.ask("POST", "/predict", BODY, JSON)[1]


def metrics(server: Server) -> str:
    return server.ask("GET", "/metrics")[1]


def send(server: Server, sent: bytes) -> socket.socket:
    """A connection over which these bytes were sent."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    connection.sendall(sent)
    return connection


def is_waited_for(connection: socket.socket) -> bool:
    """Whether the server has neither answered nor closed a connection."""
    connection.setblocking(False)
    try:
        connection.recv(1)
    except BlockingIOError:
        return True
    return False


def workers(server: Server) -> list[int]:
    """Their process ids."""
    process = server.process.pid
    return [int(pid) for pid in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    running = start_api(tmp_path_factory.mktemp("server"), MNISTCORE_MODEL="classic")
    yield running
    running.stop()


def test_it_answers_and_names_no_version(server):
    assert predict(server) == SEVEN
    assert server.ask("GET", "/health")[2]["Server"] == "granian"


def test_workers_count_together(server):
    def counted() -> float:
        line = 'mnistcore_requests_total{route="/predict",status="200"} '
        return sum(float(row.removeprefix(line)) for row in metrics(server).splitlines() if row.startswith(line))

    time.sleep(1)  # after which all is written, whoever counted it
    before = counted()
    for _ in range(20):
        predict(server)
    time.sleep(1)
    assert [counted() for _ in range(4)] == [before + 20] * 4  # whichever worker answers


def test_idle_connections_keep_nobody_out(server):
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with ExitStack() as idle:
        idle.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (allowed, most))
        for _ in range(1_100):  # granian's own limit is 1,024 for all workers
            connection = idle.enter_context(send(server, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"))
            connection.settimeout(5)
            assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_a_chunked_body_is_refused(server):
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with send(server, head + b"2\r\n{}\r\n0\r\n\r\n") as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 411 ")


def test_a_path_without_its_slash_is_not_redirected(server):
    with send(server, b"GET health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n") as connection:
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"POST /predict" in answer
    assert b"evil.example" not in answer


@pytest.mark.parametrize(
    ("media", "size", "status"), [("application/octet-stream", 17_000_000, 413), ("text/plain", 4_000_000, 415)]
)
def test_a_connection_is_closed_if_its_body_was_not_read(server, media, size, status):
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
        for _ in range(5):
            with suppress(BrokenPipeError, ConnectionResetError):  # it is refused halfway
                connection.request("POST", "/predict", bytes(size), {"Content-Type": media})
            answer = connection.getresponse()
            assert answer.status == status
            assert answer.headers["Connection"] == "close"
            answer.read()
            connection.request("POST", "/predict", BODY, JSON)
            assert connection.getresponse().read().decode() == SEVEN


def test_a_huge_body_is_refused_before_it_is_sent(server):
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n"
    with send(server, head) as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="silent"),
        pytest.param(b"POST /predict HT", id="half a header"),
        pytest.param(b'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n{"data"', id="half a body"),
    ],
)
def test_connections_that_stop_halfway_delay_nobody(server, sent):
    halfway = [send(server, sent) for _ in range(40)]
    for _ in range(10):
        assert predict(server) == SEVEN
    for connection in halfway:
        assert is_waited_for(connection), "it was answered or given up before the others were answered"
        connection.close()


def test_bodies_that_stall_stop_no_other_route(tmp_path):
    server = Server(tmp_path, [str(ROOT / "api.py"), "--workers", "1", "--port"], "/health", None)
    try:
        head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2000\r\n\r\n{"
        halfway = [send(server, head) for _ in range(MAX_RECEIVED)]
        await_that(lambda: f"mnistcore_requests_in_progress {MAX_RECEIVED + 1}.0" in metrics(server))
        for route in ("/health", "/ready"):
            assert server.ask("GET", route)[0] == 200
        status, content, headers = server.ask("POST", "/predict", BODY, JSON)
        assert (status, headers["Retry-After"], headers["Connection"]) == (503, "1", "close")
        assert "too many requests" in content
        for connection in halfway:
            connection.close()
        await_that(lambda: server.answers("POST", "/predict", BODY, JSON))
    finally:
        server.stop()


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x00", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"])
def test_what_is_not_http_ends_no_worker(server, sent):
    before = workers(server)
    with send(server, sent) as connection:
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1000):  # until the server has done with it
            pass
        assert predict(server) == SEVEN
    assert workers(server) == before


def test_a_killed_worker_is_replaced(server):
    before = workers(server)
    os.kill(before[0], signal.SIGKILL)
    await_that(lambda: len(set(workers(server)) - {before[0]}) == len(before))
    await_that(lambda: all(server.answers("POST", "/predict", BODY, JSON) for _ in range(10)))
    await_that(lambda: "mnistcore_requests_in_progress 1.0" in metrics(server))


def test_workers_as_many_as_cores_keep_to_one_each_and_end_with_their_killed_parent(tmp_path):
    all_cores = os.sched_getaffinity(0)
    cores = sorted(all_cores)[:2]
    os.sched_setaffinity(0, cores)  # which the server inherits
    try:
        server = start_api(tmp_path)
    finally:
        os.sched_setaffinity(0, all_cores)
    try:

        def kept() -> list[list[int]]:
            return sorted(sorted(os.sched_getaffinity(worker)) for worker in workers(server))

        one_each = sorted([core] for core in cores) if len(cores) == 2 else [cores, cores]
        await_that(lambda: kept() == one_each)
        killed = workers(server)[0]
        os.kill(killed, signal.SIGKILL)
        await_that(lambda: killed not in workers(server) and kept() == one_each)
        last = workers(server)
        server.process.kill()
        server.process.wait()
        await_that(lambda: not any(Path(f"/proc/{pid}").exists() for pid in last))
    finally:
        server.process.kill()


def test_a_request_in_progress_is_answered_before_the_end(tmp_path):
    server = start_api(tmp_path)
    head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
    connection = send(server, head.encode() + BODY[:100])
    await_that(lambda: "mnistcore_requests_in_progress 2.0" in metrics(server))
    before = workers(server)
    stopped = threading.Thread(target=server.stop)
    stopped.start()
    await_that(lambda: "Shutting down" in server.log.read_text())
    connection.sendall(BODY[100:])
    with connection, connection.makefile("rb") as answer:
        assert answer.read().endswith(SEVEN.encode())
    stopped.join()
    assert server.process.returncode == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in before)


def test_at_the_end_it_is_not_ready_first_and_answers_until_it_stops_listening(tmp_path):
    (tmp_path / "api.py").write_text("raise SystemExit('this is another api.py')")
    command = [str(ROOT / "api.py"), "--host", "localhost", "--drain", "3600", "--port"]
    # it must not write there, so it need not be a directory
    server = Server(tmp_path, command, "/health", None, MNISTCORE_HOME="/dev/null", MNISTCORE_MODEL="classic")
    assert server.ask("GET", "/ready")[0] == 200
    server.process.terminate()
    await_that(lambda: server.ask("GET", "/ready")[0] == 503)
    assert predict(server) == SEVEN
    assert server.stop() == 0  # told a second time, it does not wait


def test_ctrl_c_in_a_terminal_reaches_the_parent_alone(tmp_path):
    server = start_api(tmp_path)
    groups = {os.getpgid(pid) for pid in workers(server)}
    assert len(groups) == len(workers(server))
    assert os.getpgid(server.process.pid) not in groups
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(20) == 0


def test_it_can_be_stopped_as_soon_as_it_answers(tmp_path):
    assert start_api(tmp_path).stop() == 0


def test_without_a_model_it_starts_all_the_same_and_the_log_may_be_json(tmp_path):
    server = start_api(tmp_path, MNISTCORE_MODEL=str(tmp_path / "none.npz"), MNISTCORE_LOG_REQUESTS="json")
    assert server.ask("GET", "/ready")[0] == 503
    assert server.stop() == 0
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]  # granian's, too
    assert any("There is no model file" in line.get("message", "") for line in lines)
    assert any("Listening at" in line.get("message", "") for line in lines)


@pytest.mark.slow
def test_answers_conform_to_the_openapi_document(tmp_path):
    server = start_api(tmp_path, MNISTCORE_MODEL="classic", MNISTCORE_API_KEY="secret")
    schemathesis = Path(sys.executable).with_name("schemathesis")
    options = ["--checks=all", "--max-examples=10", "--generation-deterministic", "--no-color"]
    options += ["--header=Authorization: Bearer secret"]  # without a key there is no feedback
    run = subprocess.run(
        [schemathesis, "run", f"http://127.0.0.1:{server.port}/openapi.json", *options],
        cwd=tmp_path,  # it leaves a cache where it runs
        env={**os.environ, "PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": "tests.schemathesis_media"},
        capture_output=True,
        text=True,
        check=False,
    )
    server.stop()
    assert run.returncode == 0, run.stdout[:5000]
    assert "No issues found" in run.stdout, run.stdout[-3000:]
