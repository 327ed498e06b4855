"""How good a model is: metrics, the evaluation of one model, and the reports that are made of it."""
