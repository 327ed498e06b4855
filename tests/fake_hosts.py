"""A host on 127.0.0.1 that speaks as OpenML and Keras' storage do, and fails as they might."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np


@dataclass
class Answer:
    body: bytes = b""
    status: int = 200
    encoding: str = ""  # Content-Encoding
    location: str = ""  # where a redirect leads
    cut: bool = False  # close the line halfway through the body
    hang: bool = False  # say nothing at all


class Host:
    """Answers each path with the first of its answers that has not been given yet; the last one stays for good."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[str] = []
        self.closing = threading.Event()

    def next_answer(self, path: str) -> Answer:
        self.asked.append(path)
        waiting = self.answers.get(path, [Answer(status=404)])
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


@contextmanager
def running_host() -> Iterator[Host]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = host.next_answer(self.path)
            if answer.hang:
                host.closing.wait()
                return
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body)))
            if answer.encoding:
                self.send_header("Content-Encoding", answer.encoding)
            if answer.location:
                self.send_header("Location", answer.location)
            self.end_headers()
            self.wfile.write(answer.body[: len(answer.body) // 2] if answer.cut else answer.body)

        def log_message(self, *args: object) -> None:
            """Keep the test output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host = Host(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield host
    finally:
        host.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def as_json(value: object) -> list[Answer]:
    """A gzipped JSON answer, as OpenML's API sends it."""
    return [Answer(gzip.compress(json.dumps(value).encode()), encoding="gzip")]


def openml_answers(url: str, images: np.ndarray, labels: np.ndarray) -> dict[str, list[Answer]]:
    """What OpenML answers to the requests that scikit-learn makes for mnist_784; the data lies behind a redirect."""
    pixels = [f"pixel{i}" for i in range(1, 785)]
    header = "\n".join(f"@ATTRIBUTE {name} real" for name in pixels)
    rows = "\n".join(
        f"{','.join(map(str, image.ravel()))},{label}" for image, label in zip(images, labels, strict=True)
    )
    arff = f"@RELATION mnist_784\n\n{header}\n@ATTRIBUTE class {{0,1,2,3,4,5,6,7,8,9}}\n\n@DATA\n{rows}\n".encode()
    plain = {"is_ignore": "false", "is_row_identifier": "false", "number_of_missing_values": "0"}
    features = [{**plain, "name": name, "data_type": "numeric", "is_target": "false"} for name in pixels]
    features.append({**plain, "name": "class", "data_type": "nominal", "is_target": "true"})
    description = {
        "id": "554",
        "name": "mnist_784",
        "version": "1",
        "description": "The MNIST database of handwritten digits",
        "format": "ARFF",
        "status": "active",
        "url": f"{url}/data/v1/download/52667/mnist_784.arff",
        "md5_checksum": hashlib.md5(arff).hexdigest(),
    }
    listed = {"did": 554, "name": "mnist_784", "version": 1, "status": "active", "format": "ARFF"}
    api = "/api/v1/json/data"
    return {
        f"{api}/list/data_name/mnist_784/limit/2/data_version/1": as_json({"data": {"dataset": [listed]}}),
        f"{api}/554": as_json({"data_set_description": description}),
        f"{api}/features/554": as_json({"data_features": {"feature": features}}),
        f"{api}/qualities/554": as_json(
            {"data_qualities": {"quality": [{"name": "NumberOfInstances", "value": f"{len(images)}.0"}]}}
        ),
        "/data/v1/download/52667/mnist_784.arff": [Answer(status=302, location=f"{url}/mirror/mnist_784.arff")],
        "/mirror/mnist_784.arff": [Answer(gzip.compress(arff), encoding="gzip")],
    }
