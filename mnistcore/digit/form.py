"""MNIST's form in numbers: what an image is that the network was trained on, and how many classes it tells apart."""

SIDE = 28  # pixels, the height and width of a prepared image
PIXELS = SIDE * SIDE
SPAN = 20  # pixels, the longer side of a prepared digit
CENTRE = 14.0  # pixel index of a prepared digit's centre of mass, as measured on MNIST's own images
INK = 20  # of 255: what counts as ink when a digit's extent is measured

DIGITS = 10  # classes 0-9, in this order
NON_DIGIT_CLASS = 10  # the eleventh, of models that know what is no digit
