"""Digits to learn from: datasets and pen strokes and where they come from, augmentation, and what is no digit."""
