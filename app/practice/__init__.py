"""The page Practice: a person writes the digits that are asked for, so that a model can learn their hand.

page.py           the three states (offer, write, end), and what is saved at the end
exercise.py       which digits are asked for, how many, in which order; what was written, skipped and taken back
pace.py, pace.js  when the next digit is asked for: the button Next, which presses itself after a pause
"""
