"""Models out of Python: each function takes a model and returns the content of a file.

onnx_export.py    `to_onnx`: a graph for ONNX runtimes, with the thresholds in its metadata
html_export.py    `to_html`: one HTML file to draw on, made of offline_page/, the same steps in plain JavaScript
"""
