"""Models out of Python: as an ONNX graph for other runtimes, and as one HTML file to draw on."""
