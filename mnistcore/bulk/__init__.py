"""Millions of images, labelled in memory that does not grow with them: `label.open_source`, `label.label`.

label.py      how a file or a folder of images is divided into tasks, and what a row of the answer says
partial.py    the file of labels that is written meanwhile: what counts of it after a crash
cluster.py    joblib's tasks on a Dask cluster; training and search use it too
"""
