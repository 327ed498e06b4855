"""What several pages need.

    canvas.py           the sheet to draw on: its size, its pens, Undo and Clear
    drawing.py          what is on the sheet, wherever the visitor is; cutting a digit out of a picture
    answer.py           what the model reads in a drawing, in words
    number.py, .js      of a number on the sheet, the digit that is looked at
    mnist_digits.py     digits of MNIST to put on the sheet
    models.py           which model the visitor draws for, and the choice of another
    page.js             where one was on a page, for Back and Forward; a part of the first HTML
    visitors.py, .js    who the visitor is; keys of the session that several modules share
    operator.py         who may act for everybody: the password, or whoever sits at the machine
    confirmed.py        the database of confirmed digits
    profiles.py         the visitor's handwriting profiles: which is in use, making and deleting them
    learning.py         a model learns a handwriting: the queue, the button, what has changed
    chosen_digits.py    pictures of which some are chosen, and a button for what is done with them
    tiles.py            a digit as a small button
    outcome.py          how the last action ended, said on the page that is shown next
    pointer.py, .js     taps on charts, and links that wait for the last stroke
    component.py        how a component with JavaScript of our own is declared
    words.py            percentages and durations in a few characters
    style.css           how everything looks
    charts/             the network as a diagram, pictures of numbers, figures of models

None of them imports a page.
"""
