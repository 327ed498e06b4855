"""Every chart of the app: figures of models, and what goes on inside a network."""

FIRST, SECOND = "#2a9d8f", "#e07a3f"  # legible on the light page and on the dark one
COLOURS = [FIRST, SECOND, "#6a8fd8", "#b565a7", "#9a8a3a", "#5f9ea0"]
FOR, AGAINST = FIRST, SECOND
