"""The page Draw: a sheet, what the model reads on it after every stroke, the network at work, and "Is this right?".

    page.py           where everything stands, and in which order it is made
    ask.py, ask.js    "Is this right?": what is asked, what a tap keeps, how it is taken back
    example.py, .js   the 3 that writes itself over the empty sheet, until when, and what is read in it
    share.py          what can be sent to a friend
    export_menu.py    what programmers can save or send to the API

The sheet itself is `shared/canvas.py`, the answer's words are `shared/answer.py`.
"""
