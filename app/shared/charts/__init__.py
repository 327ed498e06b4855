"""Every chart that several pages show, and the colours of all.

network.py, .js   the network at work on one image: the stage of mnistcore/export/engine/, put on the page
scene.py          what it shows: which units, and what each adds to what
live.js           how it keeps in step with the pen
measures.py       reports, evaluations and trainings as charts
pictures.py       ink and weights as small pictures, and a picture file as an address
"""

FIRST, SECOND = "#2a9d8f", "#e07a3f"  # legible on the light page and on the dark one
COLOURS = [FIRST, SECOND, "#6a8fd8", "#b565a7", "#9a8a3a", "#5f9ea0"]
FOR, AGAINST = FIRST, SECOND
