"""The page My digits: all that is kept of the visitor's handwriting, and a model that learns it.

    page.py             the digits page by page, and what is said where there are none
    profile_actions.py  which profile is shown and to whom; make, rename, delete, export, import one

A model's learning is `shared/learning.py`, the pictures to choose from are `shared/chosen_digits.py`.
"""
