"""What a person sees: a folder for each page, and in `shared/` what several of them need.

There is no mathematics here: every number comes from mnistcore. A page's `page.py` is what Streamlit runs; it puts
together the other files of its folder. None of these imports another page's, but that the Dashboard asks Train's queue
which names are taken. JavaScript stands beside the Python file of the same name. `pages.py` has the list of all pages,
`first_html.py` what a browser is given before the first of them runs.

    draw/         a digit or a number is drawn and read          look_inside/  why the model answers as it does
    photo/        all digits on a photo are read                  train/        a network is trained
    practice/     digits are written as they are asked for        dashboard/    all models, compared and managed
    my_digits/    what is kept of the visitor's handwriting       how_good/     figures of the shipped models
                                                                  more/         links to the rest of these
"""
