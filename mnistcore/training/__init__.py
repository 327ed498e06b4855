"""From a recipe and a dataset to a trained model: epoch data, fitting, cross-validation and calibration."""
