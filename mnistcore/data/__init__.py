"""What there is to learn from.

datasets.py        digits with labels, and where they come from: OpenML, Keras, files, packages
downloads.py       files from the web, checked
augmentation.py    digits distorted anew in every epoch, and degraded as scanners do
synthetic.py       pen digits that the project makes itself
non_digits.py      images of what is no digit
"""
