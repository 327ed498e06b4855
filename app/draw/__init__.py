"""The page Draw: a sheet, what the model reads on it after every stroke, the network at work, and "Is this right?".

    page.py           where everything stands, and in which order it is made
    ask.py, ask.js    "Is this right?": what is asked, what a tap keeps, how it is taken back
    example.py, .js   the 3 that writes itself over the empty sheet, until when, and what is read in it
    export_menu.py    what can be saved or sent to the API

The sheet itself is `shared/canvas.py`, the answer's words are `shared/answer.py`.
"""
