"""What there is to learn from.

datasets.py        digits with labels, and where they come from: OpenML, Keras, files, packages
downloads.py       files from the web, checked
augmentation.py    digits distorted anew in every epoch, and degraded as scanners do
hands.py           what people wrote with pens, as strokes; who of them is kept for validation
pen.py             strokes -> images: bent, slanted and inked anew in every epoch
synthetic.py       pen digits that the project makes itself, from allographs
non_digits.py      images of what is no digit
"""
