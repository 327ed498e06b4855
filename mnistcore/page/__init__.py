"""A picture of many digits -> a Page. It touches no disk, and whoever reads hands it the model. In the order in which
they work:

    pages.py           `read_page`: the steps, and what is said of a page
    paper.py           how much ink each pixel holds, in whatever light, without printed lines
    segmentation.py    that ink -> pieces in lines
    cuts.py            a piece -> its parts, cut where digits may touch
    paths.py           the pieces of a line -> its digits: the most probable path through what the network reads
    evidence.py        what of what was read on a photo is a digit, among letters and stains
    sheet.py           a drawing: one digit as a whole, a number, or something else
"""
