"""Digits to learn from: datasets and where they come from, augmentation, and synthetic digits."""
