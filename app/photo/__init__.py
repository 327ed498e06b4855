"""The page Photo: all digits on a picture are read, marked and corrected, and the number is there to be copied.

page.py           where everything stands, and the button that keeps corrected digits
photo.py          which file is read, what counts as a correction, what is kept of it
view.py, view.js  boxes over the photo, the digits one by one, the dialog that corrects one, the sentence above
"""
