"""A picture of many digits -> a Page. It touches no disk, and whoever reads hands it the model and the networks that
find digits. In the order in which they work:

    pages.py        `read_page`: the steps, and what is said of a page
    darkness.py     which is ink and which is paper
    reader.py       `find_digits`: from there to the digits on it, and which way round the page lies
    scan.py         a network slides over every place in every size
    context.py      a second network judges what may be a digit by what stands around it, and the likeliest are chosen
    closeup.py      a third network looks at each digit that was found
    cutting.py      a digit that was found, cut out of its paper, so that the model can read it alone
    lone.py         a digit that was found alone, or a letter
    drawing.py      a drawing: one digit as a whole, a number, or something else
    lines.py        digits -> lines
    table.py        printed rules -> the cells of a table
    single.py       a picture of one digit that may be a photo
    threshold.py    the level that tells ink from paper
"""
