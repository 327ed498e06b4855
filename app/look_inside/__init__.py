"""The page Look inside: why the model answers as it does, from the ink to the percentages, two digits compared.

    page.py    which drawing and which two digits are compared
    story.py   the steps, each a sentence and a picture: ink, pixels, directions, units, votes, percentages, sums

The numbers come from `mnistcore/digit/explain.py`, the stage is `shared/charts/network.py`.
"""
