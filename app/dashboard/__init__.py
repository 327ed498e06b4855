"""The page Dashboard: all models that the visitor may use, compared and one by one, and searches for a recipe.

page.py           where everything stands, and which model is shown in detail
table.py          the table of all models, and their curves
gallery.py        the confusion matrix, and the test digits that were misread
comparison.py     which test digits one of two models reads and the other misreads
model_actions.py  use, download, rename, delete, publish, make current: who may do it, and whom it affects
searches.py       a search for a recipe: how far it is, its candidates
halving.py        the same as a chart
"""
