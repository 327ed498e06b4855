"""What can one hostile request cost?

    python benchmarks/attacks.py

Each kind is sent eight times at once to one worker. Printed are the answers, the processor time of each request that
was not refused with 503, by how much the worker's memory grew, and how long an ordinary request took that was sent in
the midst of them. At the end one worker has answered it all.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
from machine import load_printed
from open_loop import request, send
from PIL import Image

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
from mnistcore.data.datasets import shipped_test_digits  # noqa: E402

PORT = 8821
AT_ONCE = 8
PATIENCE = 120  # seconds: the next attack begins when this one is over
DIGITS = shipped_test_digits()[0]
RAW, FORM = "application/octet-stream", "multipart/form-data; boundary=x"
ORDINARY = request("/predict", json.dumps({"data": DIGITS[0].ravel().tolist()}).encode())


def picture(image: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def progressive(image: Image.Image, scans: int) -> bytes:
    """A JPEG whose last, cheapest scan is repeated."""
    jpeg = picture(image, "JPEG", progressive=True)
    last = jpeg.rindex(b"\xff\xda")
    return jpeg[:-2] + jpeg[last:-2] * scans + jpeg[-2:]


def png_of_parts(count: int) -> bytes:
    """A PNG with so many empty chunks before its pixels."""
    png, chunk = picture(Image.new("L", (28, 28)), "PNG"), b"\0\0\0\0teSt"
    return png[:33] + (chunk + zlib.crc32(chunk[4:]).to_bytes(4)) * count + png[33:]


def drawn(width: int, height: int, mode: str) -> Image.Image:
    return Image.fromarray(DIGITS[0]).resize((width, height)).convert(mode)


def grey_paper(side: int, apart: int) -> Image.Image:
    """Dots on paper whose brightness falls off: a digit is looked for on it."""
    light = np.broadcast_to(200 - np.arange(side) // 8, (side, side))
    return Image.fromarray((light - 20 * (np.asarray(specks(side, apart)) == 0)).astype(np.uint8))


def noise(width: int, height: int) -> Image.Image:
    """Grey, with as many strokes and specks as there can be."""
    return Image.fromarray((np.random.default_rng(0).random((height, width)) > 0.5).astype(np.uint8) * 255)


def form(file: bytes) -> bytes:
    return b'--x\r\nContent-Disposition: form-data; name="image"; filename="x"\r\n\r\n' + file + b"\r\n--x--\r\n"


def in_form_of_mnist(count: int) -> bytes:
    return DIGITS[:count].tobytes()


def off_centre(count: int) -> bytes:
    return np.roll(DIGITS[:count], (3, -3), (1, 2)).tobytes()


def specks(side: int, apart: int) -> Image.Image:
    """Dots half as large as they are apart."""
    dot = np.pad(np.zeros((apart // 2, apart // 2), np.uint8), (0, apart - apart // 2), constant_values=255)
    return Image.fromarray(np.tile(dot, (side // apart, side // apart)))


def blocks(side: int, size: int) -> Image.Image:
    """Squares of black at random, of which many touch."""
    cells = np.random.default_rng(0).random((side // size, side // size)) > 0.3
    return Image.fromarray(np.kron(cells.astype(np.uint8) * 255, np.ones((size, size), np.uint8)))


def full_of_digits(side: int, scale: int) -> Image.Image:
    """Rows of digits that touch."""
    count = side // (18 * scale)
    rows = [255 - np.hstack(DIGITS[i * count : (i + 1) * count, :, 5:23]) for i in range(side // (28 * scale))]
    return Image.fromarray(np.kron(np.vstack(rows), np.ones((scale, scale), np.uint8)))


def ruled(side: int, apart: int) -> Image.Image:
    """Printed lines, two pixels thick, across and down."""
    page = np.full((side, side), 255, np.uint8)
    for first in (0, 1):
        page[first::apart] = page[:, first::apart] = 0
    return Image.fromarray(page)


# by name, each of a route's path; made when it is sent, for some take seconds to make
Attack = Callable[[str], bytes]
WITH_PICTURES: dict[str, Attack] = {
    "JPEG, 2,000 more scans": lambda path: request(path, progressive(drawn(280, 280, "L"), 2000), "image/jpeg"),
    "JPEG, 25 megapixels, 40 more scans": lambda path: request(
        path, progressive(drawn(5000, 5000, "RGB"), 40), "image/jpeg"
    ),
    "JPEG, 25 megapixels": lambda path: request(path, picture(drawn(5000, 5000, "RGB"), "JPEG"), "image/jpeg"),
    "WebP, RGBA, 5000x5000": lambda path: request(path, picture(drawn(5000, 5000, "RGBA"), "WEBP"), "image/webp"),
    "WebP, RGBA, 4000x3000": lambda path: request(path, picture(drawn(4000, 3000, "RGBA"), "WEBP"), "image/webp"),
    "PNG, RGBA, 25 megapixels": lambda path: request(path, picture(drawn(5000, 5000, "RGBA"), "PNG"), "image/png"),
    "PNG, noise, 1 megapixel": lambda path: request(path, picture(noise(1024, 1024), "PNG"), "image/png"),
    "PNG, noise, 25 megapixels": lambda path: request(path, picture(noise(5000, 5000), "PNG"), "image/png"),
    "PNG, grey paper of 512x512": lambda path: request(path, picture(grey_paper(512, 8), "PNG"), "image/png"),
    "PNG, 400 megapixels": lambda path: request(path, picture(Image.new("1", (20_000, 20_000)), "PNG"), "image/png"),
    "PNG, 100,000 chunks": lambda path: request(path, png_of_parts(100_000), "image/png"),
    "TIFF, 25 megapixels": lambda path: request(
        path, picture(drawn(5000, 5000, "L"), "TIFF", compression="tiff_lzw"), "image/tiff"
    ),
    "form of 15 MB": lambda path: request(path, form(bytes(15_000_000)), FORM),
    "form of 1,000 parts": lambda path: request(path, form(b"") * 1000, FORM),
    "gzip of 16 MB": lambda path: request(path, gzip.compress(bytes(16_700_000)), "image/png", Content_Encoding="gzip"),
    "gzip of 1 GB": lambda path: request(
        path, gzip.compress(bytes(1_000_000_000), 1), "image/png", Content_Encoding="gzip"
    ),
    "body of 17 MB": lambda path: request(path, bytes(17_000_000), "image/png"),
}
WITH_PIXELS: dict[str, Attack] = {
    "raw, 10,000 prepared": lambda path: request(path, in_form_of_mnist(10_000), RAW),
    "raw, 10,000 off centre": lambda path: request(path, off_centre(10_000), RAW),
    "raw, 10,000 of noise": lambda path: request(path, np.random.default_rng(0).bytes(7_840_000), RAW),
    "raw, gzip of 16 MB": lambda path: request(path, gzip.compress(bytes(16_700_000)), RAW, Content_Encoding="gzip"),
    "JSON, 1,000 off centre": lambda path: request(
        path, json.dumps({"data": (DIGITS[:1000, ::-1].reshape(-1, 784) / 255).round(5).tolist()}).encode()
    ),
    "JSON, 16 MB of brackets": lambda path: request(path, b'{"data": ' + b"[" * 16_000_000),
}
WITH_PAGES: dict[str, Attack] = {
    "JPEG, 50 megapixels": lambda path: request(path, picture(drawn(8160, 6120, "RGB"), "JPEG"), "image/jpeg"),
    "JPEG, 50 megapixels, 40 more scans": lambda path: request(
        path, progressive(drawn(8160, 6120, "RGB"), 40), "image/jpeg"
    ),
    "page of squares, 8 pixels": lambda path: request(path, picture(blocks(2600, 8), "PNG"), "image/png"),
    "page of squares, 24 pixels": lambda path: request(path, picture(blocks(2600, 24), "PNG"), "image/png"),
    "page of 100,000 specks": lambda path: request(path, picture(specks(2600, 8), "PNG"), "image/png"),
    "page of 12,000 dots": lambda path: request(path, picture(specks(2600, 24), "PNG"), "image/png"),
    "page of 8,000 digits": lambda path: request(path, picture(full_of_digits(2016, 1), "PNG"), "image/png"),
    "page of 800 large digits": lambda path: request(path, picture(full_of_digits(2576, 4), "PNG"), "image/png"),
    "page of 400 printed lines": lambda path: request(path, picture(ruled(2600, 12), "PNG"), "image/png"),
    "page of noise": lambda path: request(path, picture(noise(2600, 2600), "PNG"), "image/png"),
}
ATTACKS: dict[str, Callable[[], bytes]] = {
    f"{path}: {name}": partial(attack, path)
    for path, attacks in (("/predict", WITH_PICTURES | WITH_PIXELS), ("/read", WITH_PICTURES | WITH_PAGES))
    for name, attack in attacks.items()
}


class Halfway:
    """Connections whose bodies never end: half of them stall, half go on with a byte now and then."""

    def __init__(self, address: tuple[str, int], count: int, pause: float = 4.0) -> None:
        head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2000\r\n\r\n{"
        self._stop = threading.Event()
        self.connections = [socket.create_connection(address, timeout=10) for _ in range(count)]
        for connection in self.connections:
            connection.sendall(head)
        self._thread = threading.Thread(target=self._trickle, args=(pause,), daemon=True)
        self._thread.start()

    def _trickle(self, pause: float) -> None:
        while not self._stop.wait(pause):
            for connection in self.connections[::2]:
                try:
                    connection.sendall(b" ")
                except OSError:
                    continue

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        for connection in self.connections:
            connection.close()


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int, most: bool = False) -> float:
    """Resident memory, MB, now or the most since `forget`."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"Vm{'HWM' if most else 'RSS'}:\s+(\d+)", status)[1]) / 1024


def forget(pid: int) -> None:
    """Have the most memory counted from now on."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def main() -> int:
    """Send them, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="part of a name")
    only = parser.parse_args().only
    address = ("127.0.0.1", PORT)
    command = [sys.executable, "api.py", "--port", str(PORT), "--workers", "1"]
    lost = 0
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            while send(address, itertools.repeat((request("/ready"), 0)), 10, 0.1)[0].status != 200:
                time.sleep(0.2)
            (worker,) = children(server.pid)
            rest = memory(worker)
            print("| attack | bytes | answers | processor, s each | memory, MB more | ordinary request meanwhile, ms |")
            print("|---|---:|---|---:|---:|---:|")
            for name, make in ATTACKS.items():
                if only not in name:
                    continue
                content = make()
                forget(worker)
                before = processor_seconds(worker)
                mixed = [(content, "attack")] * AT_ONCE + [(ORDINARY, "ordinary")]
                answers = send(address, iter(mixed), 1000, len(mixed) / 1000, patience=PATIENCE)
                statuses = Counter(answer.status for answer in answers if answer.kind == "attack")
                spent = (processor_seconds(worker) - before) / max(1, AT_ONCE - statuses[503])
                ordinary = next(answer for answer in answers if answer.kind == "ordinary")
                took = f"{1000 * ordinary.latency:.0f}" if ordinary.status == 200 else f"status {ordinary.status}"
                said = ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
                grown = memory(worker, most=True) - rest
                print(f"| {name} | {len(content):,} | {said} | {spent:.2f} | {grown:.0f} | {took} |", flush=True)
            halfway = Halfway(address, 200)
            time.sleep(1)
            for path, count in (("/health", 20), ("/ready", 20)):
                answers = send(address, itertools.repeat((request(path), 0)), 100, count / 100)
                most = 1000 * max(answer.latency for answer in answers)
                statuses = dict(Counter(answer.status for answer in answers))
                print(f"{path} beside 200 bodies that never end: {statuses}, {most:.0f} ms at most")
            halfway.close()
            time.sleep(1)
            after = send(address, itertools.repeat((ORDINARY, 0)), 100, 0.2)
            print(f"afterwards: {dict(Counter(answer.status for answer in after))}")
            lost = children(server.pid) != [worker]
            print("The worker was lost." if lost else "The worker is still the same.")
        finally:
            server.terminate()
            server.wait(40)
    return lost


if __name__ == "__main__":
    with load_printed():
        sys.exit(main())
