"""Pen strokes by people: the three forms they come in. What is read here was made up for the tests."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from mnistcore.cli import main
from mnistcore.data import hands
from mnistcore.data.hands import Character
from mnistcore.errors import DataUnavailable

UCI = """ .INCLUDE dene.doc
.SEGMENT DIGIT 0 ? "1"
.COMMENT 1 7 22
.PEN_DOWN
 250 400
 250 400
 250 100
.PEN_UP
.DT 100
.SEGMENT DIGIT 1-2 ? "4"
.COMMENT 4 9 23
.PEN_DOWN
 100 400
 100 250
 300 250
.PEN_UP
.DT 100
.PEN_DOWN
 200 400
 200 100
.PEN_UP
"""
SEGMENTS = r"""
.VERSION 1.0
.INCLUDE abc/pens.doc
.INCLUDE abc/data/pens.dat
.SEGMENT CHARACTER 0 ? "1"
.SEGMENT CHARACTER 1-3 OK "+"
.SEGMENT CHARACTER 3:1-4:0,0 OK "\""
.SEGMENT CHARACTER 0 BAD "7"
.SEGMENT WORD 0-4 ? "1+"
"""
PENS = """.WRITER_ID {writer}
.PEN_UP
.PEN_DOWN
5 100 0
5 200 1
.PEN_DOWN
0 30 2
60 30 3
.PEN_UP
60 30 4
.PEN_DOWN
30 0 5
30 60 6
.PEN_DOWN
0 0 7
.PEN_UP
"""
COLUMNS = ".COORD X Y T\n.X_POINTS_PER_INCH 100\n.Y_POINTS_PER_INCH 200\n"


def quiet(_: str) -> None:
    pass


def unipen(root: Path, writer: str = "w1") -> Path:
    for name, text in {
        "data/1a/abc/one.dat": SEGMENTS,
        "include/abc/pens.doc": COLUMNS,
        "include/abc/data/pens.dat": PENS.format(writer=writer),
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def write(path: Path, *lines: object) -> Path:
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    return path


def test_unipens_segments_name_pieces_of_what_the_pen_did(tmp_path):
    one, plus, quote = hands.load(unipen(tmp_path), quiet)
    assert [c.label for c in (one, plus, quote)] == ["1", "+", '"']
    assert one.writer == "abc:w1"
    assert [s.tolist() for s in one.strokes] == [[[250, 410], [250, 90]]]  # y downwards, longer side 320
    # the tablet's y is twice as fine as its x
    assert [s.tolist() for s in plus.strokes] == [[[90, 250], [410, 250]], [[250, 330], [250, 170]]]
    assert [len(s) for s in quote.strokes] == [1, 1, 2]


def test_a_mark_much_smaller_than_usual_stays_small(tmp_path):
    segments = ".INCLUDE abc/pens.dat\n" + "".join(f'.SEGMENT CHARACTER {i} ? "1"\n' for i in (0, 1, 2))
    pens = ".WRITER_ID w1\n" + "".join(f".PEN_DOWN\n0 0\n0 {size}\n" for size in (100, 100, 10))
    for name, text in {"data/1d/abc/one.dat": segments, "include/abc/pens.dat": pens}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    *_, dot = hands.load(tmp_path, quiet)
    assert dot.strokes[0].tolist() == [[250, 266], [250, 234]]


def test_what_unipens_testers_wrote_is_not_loaded(tmp_path):
    tester = next(name for name in map("w{}".format, range(100)) if hands.is_tester("abc", name))
    with pytest.raises(DataUnavailable, match="no characters"):
        hands.load(unipen(tmp_path, tester), quiet)


def test_a_file_that_includes_one_that_is_not_there_is_counted(tmp_path):
    unipen(tmp_path)
    (tmp_path / "data/1c/abc").mkdir(parents=True)
    (tmp_path / "data/1c/abc/two.dat").write_text(".INCLUDE abc/missing.dat\n")
    lines = []
    assert len(hands.load(tmp_path, lines.append)) == 3
    assert "1 of 2 files" in lines[0]
    assert "CC BY 4.0" in lines[1]


def test_ucis_digits(tmp_path):
    path = tmp_path / "pendigits-orig.tra"
    path.write_text(UCI)
    one, four = hands.load(path, quiet)
    assert (one.label, one.writer, four.label, four.writer) == ("1", "7", "4", "9")
    assert one.strokes[0].tolist() == [[250, 100], [250, 400]]  # where the pen stood still there is one point
    assert [len(s) for s in four.strokes] == [3, 2]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("pendigits-orig.tes", "give pendigits-orig.tra"),
        ("missing.jsonl.gz", "There is no file"),
        ("text.txt", "neither UNIPEN's folder"),
        ("folder", "it has no folder data"),
        ("broken.jsonl.gz", "is damaged"),
        ("broken.tra", "is damaged"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(tmp_path, name, sentence):
    (tmp_path / "folder").mkdir()
    for file in ("pendigits-orig.tes", "text.txt", "broken.jsonl.gz", "broken.tra"):
        (tmp_path / file).write_text('.SEGMENT DIGIT 0 ? "1"\n.PEN_DOWN\n1 2\n3\n')
    with pytest.raises(DataUnavailable, match=sentence) as raised:
        hands.load(tmp_path / name, quiet)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "fields",
    [
        [],
        {"label": 3, "writer": 1},
        {"label": "10", "writer": 1, "strokes": [[[1, 2]]]},
        {"label": 3, "writer": 1, "strokes": []},
        {"label": 3, "writer": 1, "strokes": [[]]},
        {"label": 3, "writer": 1, "strokes": [[[1, 2, 3]]]},
        {"label": 3, "writer": 1, "strokes": [[[1, 501]]]},
        {"label": 3, "writer": 1, "strokes": [[["a", 2]]]},
    ],
)
def test_a_damaged_line_is_named(tmp_path, fields):
    right = {"label": 3, "writer": 1, "strokes": [[[1, 2], [3, 4]]]}
    with pytest.raises(DataUnavailable, match="Line 2 of"):
        hands.load(write(tmp_path / "some.jsonl.gz", right, fields), quiet)


def test_what_is_saved_is_loaded_again_and_the_same_bytes_each_time(tmp_path):
    characters = hands.load(unipen(tmp_path), quiet)
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        hands.save(tmp_path / name, characters)
    again = hands.load(tmp_path / "a.jsonl.gz", quiet)
    assert [c.fingerprint for c in again] == [c.fingerprint for c in characters]
    assert [c.writer for c in again] == [c.writer for c in characters]
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()


def test_what_is_mislabelled_is_left_out(tmp_path, monkeypatch):
    characters = hands.load(unipen(tmp_path), quiet)
    monkeypatch.setattr(hands, "_listed", lambda _: {characters[1].fingerprint})
    assert [c.label for c in hands.load(tmp_path, quiet)] == ["1", '"']


def test_nobody_is_on_both_sides_of_the_split():
    def wrote(writer: str, length: float) -> Character:
        return Character("1", writer, (np.linspace([0, 0], [0, length], 12, dtype=np.float32),))

    kept = next(name for name in map(str, range(100)) if hands.for_validation(name))
    others = [name for name in map(str, range(100)) if not hands.for_validation(name)]
    mine, same = wrote(kept, 100), wrote(others[0], 100)
    more, hers = wrote(others[0], 200), wrote(others[1], 300)
    training, validation = hands.split([mine, same, more, hers])
    assert (training, validation) == ([hers], [mine])  # others[0] is the same person as kept


def test_the_command_writes_whom_one_asks_for(tmp_path, capsys):
    kept = next(name for name in map(str, range(100)) if hands.for_validation(name))
    other = next(name for name in map(str, range(100)) if not hands.for_validation(name))
    file = write(
        tmp_path / "all.jsonl.gz",
        *({"label": label, "writer": w, "strokes": [[[1, 2], [3, 4]]]} for w in (kept, other) for label in (3, "a")),
    )
    out = tmp_path / "out.jsonl.gz"
    assert main(["hands", str(file), str(out), "--validation", "--only", "digits"]) == 0
    assert "1 characters are in" in capsys.readouterr().out
    (line,) = gzip.decompress(out.read_bytes()).decode().splitlines()
    assert json.loads(line) == {"label": 3, "writer": int(kept), "strokes": [[[1, 2], [3, 4]]]}
    assert main(["hands", str(tmp_path / "missing"), str(out)]) == 1
