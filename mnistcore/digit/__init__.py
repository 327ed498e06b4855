"""A picture of one digit -> a Reading. Nothing here touches the disk but files.py. In the order in which they work:

files.py       picture files that anybody may have sent: which are opened, and the limits of their size
pixels.py      numbers instead of a picture: whether they are 0-1 or 0-255
grey.py        any picture or array -> its brightness, the right way up
ink.py         brightness -> how much ink, whichever of paper and ink is the darker
shapes.py      specks, dots and boxes
form.py        MNIST's form in numbers, and the classes
images.py      `prepare`: all these steps; the digit's size and its centring; what counts as blank
features.py    what a network is given: pixels or stroke directions
model.py       the network: the forward pass, the probabilities
reading.py     `read`, `read_batch`: the answer, and when it is "uncertain", "not a digit" or "blank"
explain.py     how much each pixel, direction and hidden unit put into the answer
"""
