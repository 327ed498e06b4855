"""The page How good is it?: accuracy, distortions, calibration and rejection of the shipped models.

    page.py    which figures are shown, and what they mean

The figures come from the models' reports, the charts are `shared/charts/measures.py`.
"""
