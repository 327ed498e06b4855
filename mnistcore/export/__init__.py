"""Models out of Python: each function takes a model and returns the content of a file.

onnx_export.py    `to_onnx`: a graph for ONNX runtimes, with the thresholds in its metadata
html_export.py    `to_html`: one HTML file to draw on, made of engine/ and offline_page/
engine/           the same steps in plain JavaScript, which the app runs in the browser too
"""
