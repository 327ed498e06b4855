"""Bits of written paper, put together: lines of digits on grounds of every kind, and where each digit's middle is.

`page/` slides a network over photos and scans. What it learns from is made here, never twice the same:

    scene.py      a bit of paper and what stands on it
    glyphs.py     characters to write with
    strokes.py    how they, and strokes, come on the paper
    writing.py    lines of digits, and what stands among them
    table.py      cells with digits
    paper.py      what is under the ink
    copies.py     what cameras, scanners and thresholds leave of it
    drawings.py   numbers on a screen
    pictures.py   all of this together
"""
