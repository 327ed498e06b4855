"""A picture of many digits -> a Page. It touches no disk, and whoever reads hands it the model and the networks that
find digits. In the order in which they work:

    pages.py        `read_page`: the steps, and what is said of a page
    darkness.py     which is ink and which is paper
    reader.py       `find_digits`: from there to the digits on it, and which way round the page lies
    scan.py         a network slides over every place in every size
    context.py      a second network judges what may be a digit by what stands around it, and the likeliest are chosen
    decisions.py    which of what was found is a digit
    closeup.py      each digit by itself: cut out, so that the model can read it alone, and for a third network
    drawing.py      a drawing: one digit as a whole, a number, or something else
    lines.py        digits -> lines
    rules.py        which lines are printed
    table.py        printed rules -> the cells of a table
    single.py       a picture of one digit that may be a photo
    threshold.py    the level that tells ink from paper
"""
