"""Write pen digits: the ways of writing that MNIST's few hundred American writers hardly show.

MNIST has next to no 1 with a flag and a foot, barred 7, hooked 9 or small open 4, and whoever learns from it alone
misreads them. So we write them ourselves. Each digit has a few dozen *allographs* (ways of forming it), noted as
strokes of control points. To write one:

    1. pick an allograph, and wobble its points, its strokes and their ends
    2. draw a curve near the points: through them, cutting their corners, or straight between them
    3. bend, slant, turn and stretch the whole
    4. fit it into MNIST's form and ink it with a pen of any width, as `images.prepare` leaves a drawing
"""

from __future__ import annotations

from functools import cache

import numpy as np

from mnistcore.images import CENTRE, SIDE, SPAN

# x,y in per cent of the box, y downwards; "/" lifts the pen; a point given twice is a corner.
ALLOGRAPHS = {
    0: (
        "50,0 20,12 5,50 20,88 50,100 80,88 95,50 80,12 50,0",  # round, closed
        "70,8 40,2 12,25 5,60 25,95 60,98 88,70 90,35 70,10 45,5 30,15",  # overlapping its start
        "55,2 25,15 5,50 15,85 45,100 80,88 95,50 85,15 68,8",  # not quite closed
        "40,8 12,30 5,65 28,96 62,98 90,70 90,32 68,5 52,0",  # open at the upper left
        "50,0 80,12 95,50 80,88 50,100 20,88 5,50 20,12 50,0",  # clockwise
        "65,12 50,2 25,12 8,45 18,85 48,100 80,85 92,45 75,10 50,4 45,14 62,20 85,10",  # a curl at the top
        "85,0 50,5 15,30 5,65 25,97 60,97 90,68 88,32 65,10 40,8",  # a tail to the right
        "50,0 20,12 5,50 20,88 50,100 80,88 95,50 80,12 50,0 / 78,15 22,85",  # slashed
        "50,0 20,12 5,50 20,88 50,100 80,88 95,50 80,12 50,0 / 100,-5 0,105",  # slashed right through
        "45,2 15,20 5,55 20,92 50,100 80,88 95,50 80,15 50,4 42,18 50,30",  # the end falls inside
        "15,10 8,50 15,90 50,100 88,88 94,50 85,12 50,2 20,8",  # squarish
        "30,5 8,35 10,75 40,100 75,90 95,55 90,20 65,2 40,8 15,2",  # the end runs out to the left
        "60,5 25,15 5,55 20,92 60,100 90,75 80,35 50,15 20,25",  # the end falls inside, low
        "20,5 70,20 92,60 70,95 30,98 8,65 25,25 75,0",  # both ends cross above
        "10,0 60,25 90,60 70,95 35,100 10,70 35,30 90,0",
    ),
    1: (
        "50,0 50,50 50,100",
        "56,0 48,50 50,100",
        "46,0 54,50 48,100",
        "32,22 55,0 55,0 55,50 55,100",  # a short flag
        "18,38 55,0 55,0 55,50 55,100",  # a flag
        "0,55 30,32 60,0 60,0 60,50 60,100",  # a long flag
        "5,75 30,42 58,0 58,0 58,50 58,100",  # a flag nearly to the ground
        "18,32 42,24 55,0 55,0 54,50 55,100",  # a curved flag
        "20,10 38,10 55,0 55,0 54,50 55,100",  # a level flag
        "20,30 50,0 58,6 56,50 55,100",  # a flag with a round turn
        "28,25 55,0 55,0 55,50 55,98 / 22,100 90,100",  # flag and foot
        "8,42 55,0 55,0 55,50 55,98 / 15,100 95,100",
        "22,32 50,0 50,0 50,50 50,98 / 30,100 70,98",
        "50,0 50,50 50,98 / 18,100 82,100",  # foot alone
        "28,25 55,0 55,0 55,50 55,97 55,97 15,99 15,99 95,100",  # flag and foot in one stroke
        "25,2 75,0 / 50,0 50,50 50,98 / 20,100 80,100",  # as a printed I
        "30,28 55,0 55,0 55,50 55,90 75,100 90,90",  # a tail at the foot
        "55,0 55,50 50,92 30,100",  # a hook at the foot
        "10,50 55,0 55,0 48,50 40,100 / 15,102 75,98",
        "0,40 32,26 65,0 65,0 50,50 35,100",  # a flag on a slanting stem
        "5,30 40,18 75,0 75,0 60,50 45,100",
        "0,35 25,30 60,5 72,2 58,50 45,100",
        "10,45 36,28 62,0 62,0 70,50 85,95",  # the stem falls to the right
        "20,40 45,20 65,0 65,0 60,40 70,85 95,100",
        "45,30 35,20 60,0 60,0 62,50 60,98 / 10,100 62,100 90,98",  # a hooked flag and a foot
        "35,28 60,0 60,0 62,50 60,96 60,96 0,98",  # a foot to the left only
        "30,35 25,20 60,0 62,50 62,98 / 30,98 95,100",
        "40,30 60,0 60,0 62,50 60,94 25,100 60,101 95,98",  # a looped foot
        "30,35 45,20 60,0 60,0 58,50 55,100",  # a steep flag
        "38,40 48,22 62,0 62,0 58,50 52,100",
        "20,45 40,28 62,0 62,0 52,50 42,100",
        "15,30 40,22 75,0 75,0 55,50 30,100",
        "42,35 50,20 58,0 58,0 58,50 58,100",
        "25,60 42,35 62,0 62,0 58,50 52,100",
        "30,18 25,30 45,22 75,0 75,0 58,50 40,100",
        "0,30 25,22 70,0 70,0 45,50 15,100",
        "45,30 38,22 60,0 60,0 62,60 55,95 20,100 5,92",
        "15,30 40,20 60,2 60,2 60,96 60,96 15,92 100,98",
        "15,45 38,22 62,0 62,0 55,50 48,100",  # a long flag on a slanting stem
        "10,50 40,22 68,0 68,0 55,50 42,100",
        "0,60 40,25 70,0 70,0 60,50 50,100",
        "35,45 50,20 65,0 65,0 55,50 45,100",
        "28,38 48,20 66,0 66,0 50,50 35,100",
        "20,35 28,42 45,25 68,0 68,0 52,50 38,100",
        "25,30 42,18 60,0 60,0 58,50 56,97 / 15,100 55,98 100,97",
        "40,30 25,35 55,5 62,0 62,50 62,97 / 0,98 110,100",
        "32,45 45,25 58,0 58,0 56,50 54,100",  # a steep flag that a broad pen fills
        "35,55 48,28 58,0 58,0 55,50 50,100",
        "20,55 40,30 65,0 65,0 58,50 45,100",
        "15,45 30,25 55,8 75,5 60,50 35,100",  # a flag with a round turn on a slanting stem
        "10,42 30,18 60,2 70,12 55,55 30,100",
    ),
    2: (
        "8,22 25,3 55,0 80,18 75,45 40,75 5,98 5,98 50,97 95,97",  # a sharp corner and a flat foot
        "5,25 25,3 55,0 78,20 70,48 40,78 10,98 40,99 95,96",
        "10,20 35,0 70,5 80,30 60,65 30,92 10,95 10,80 30,80 60,95 95,92",  # a loop at the foot
        "8,22 30,2 65,2 82,25 65,60 35,88 8,98 2,85 18,78 45,88 70,98 100,88",  # a wide loop
        "5,5 45,5 88,5 88,5 50,50 8,95 8,95 50,95 95,95",  # as a Z
        "8,12 50,2 85,8 80,28 10,95 10,95 50,94 95,95",
        "25,38 10,22 28,2 65,2 85,25 65,60 5,98 5,98 50,97 95,98",  # a curled head
        "35,30 20,38 8,22 30,0 68,4 82,30 55,65 5,97 5,97 50,95 95,97",
        "10,25 40,0 75,10 75,40 40,75 8,95 30,85 60,95 95,85",  # as a swan
        "10,20 40,0 75,8 80,35 50,70 12,90 20,100 60,98 95,92",  # a round foot
        "20,12 45,0 65,8 65,35 45,70 5,96 5,96 50,99 100,100",  # a small head, a long foot
        "2,30 30,2 75,5 90,30 70,60 30,85 30,85 60,88 85,92",  # a large head, a short foot
        "10,15 40,0 80,10 78,38 45,70 20,90 20,90 60,75 95,100",  # a foot that falls away
        "12,18 45,0 82,14 70,48 35,80 15,98 15,98 55,92 92,100 96,88",  # a foot with an upturned end
        "15,15 40,0 55,15 40,55 15,95 15,95 55,97 105,97",  # slim, on a long foot
        "20,20 45,0 60,20 45,60 30,95 5,98 10,85 35,85 100,100",
        "25,10 45,0 60,15 50,60 40,92 15,98 20,85 60,92 105,98",
        "25,20 40,5 65,12 60,45 35,80 10,95 10,78 35,80 60,98 80,90 85,75",  # looped, and up again
        "8,25 45,0 85,20 65,50 42,75 42,75 60,92 75,95",  # a foot cut short
        "30,15 45,0 62,15 55,60 48,96 48,96 20,100 100,100",
        "20,18 45,0 62,18 45,60 25,88 0,98 10,90 60,95 120,95",  # a small head on a long foot
        "20,22 25,5 50,2 62,25 45,60 10,95 10,95 60,98 110,92",
        "30,25 40,2 60,5 60,35 40,75 10,98 10,98 50,95 80,98",
        "35,30 30,10 55,2 68,20 55,55 30,90 5,95 20,82 50,90 75,100 95,85",
        "25,22 35,0 65,2 72,28 50,65 15,92 15,92 60,90 100,96",
    ),
    3: (
        "8,15 40,0 78,12 75,35 35,47 35,47 80,55 90,80 55,100 5,88",
        "8,12 45,0 80,10 80,32 45,46 40,47 80,56 92,78 60,100 20,98 5,85",
        "10,3 50,3 85,3 85,3 60,22 40,40 40,40 80,50 92,75 60,100 5,88",  # a flat top
        "5,5 50,3 85,2 85,2 62,22 45,38 45,38 85,55 80,88 45,100 5,95",
        "8,12 45,0 80,15 65,42 40,50 35,42 50,42 85,60 80,92 40,100 5,85",  # a loop in the middle
        "10,15 45,0 78,12 70,38 35,52 25,42 42,38 82,55 88,82 50,100 8,90",
        "10,5 50,8 82,15 82,15 55,32 30,45 30,45 60,58 88,75 88,75 50,90 10,98",  # in straight strokes
        "10,10 50,0 85,20 60,45 15,50 60,52 95,75 60,100 5,90",  # a deep waist
        "15,8 50,0 75,15 65,35 48,45 70,55 85,78 60,100 15,98",  # hardly a waist
        "15,22 20,5 55,0 80,15 70,38 40,46 40,46 80,55 90,78 60,100 22,98 8,82",  # hooked ends
        "5,20 30,0 70,5 75,32 40,48 40,48 72,50 85,75 60,95 0,110",  # a tail below
        "20,5 55,0 72,12 68,28 45,38 45,38 90,50 95,80 55,100 0,90",  # a small head
        "5,12 45,0 90,12 88,38 45,55 45,55 75,58 80,80 55,98 20,95",  # a large head
        "10,10 45,0 80,8 60,35 75,60 60,90 30,100",  # a waist on the right alone
        "5,10 40,0 78,5 55,40 70,55 55,90 20,105",
        "15,12 50,0 80,10 66,40 75,62 60,85 40,100",
        "5,25 40,2 80,20 60,45 30,50 55,58 85,75 60,98 20,100",
        "30,20 45,0 65,10 60,35 45,45 65,50 70,75 50,95 0,98",  # slim, on a long tail
        "25,15 45,0 68,12 60,38 40,45 60,52 70,75 50,98 15,92",  # slim
        "15,20 45,0 70,15 50,40 62,55 55,85 15,105",
        "20,10 60,5 75,15 50,42 50,42 75,60 75,85 40,100 10,88",
        "0,15 40,0 90,10 60,35 35,45 70,62 85,75 60,92 30,100",
        "15,25 15,5 50,0 78,15 70,40 45,46 75,52 92,75 60,98 20,95 5,75",
    ),
    4: (
        "25,0 15,32 5,60 5,60 50,60 95,58 / 70,15 68,58 65,100",  # open, two strokes
        "20,0 12,25 8,48 8,48 50,50 90,48 / 75,0 72,50 70,100",
        "15,5 10,30 15,50 45,55 80,48 / 85,0 80,50 78,100",  # open and round
        "35,0 20,35 5,65 5,65 50,65 95,65 / 62,38 60,70 58,100",  # small and open, a short stem
        "45,0 25,35 5,68 5,68 50,66 90,65 / 58,45 55,72 50,100",
        "30,0 20,28 5,55 5,55 60,55 110,55 / 60,25 60,62 60,100",  # a long crossing
        "65,0 35,32 5,65 5,65 50,65 95,65 / 65,0 65,50 65,100",  # closed
        "70,0 38,32 5,70 5,70 50,70 100,70 / 70,5 68,50 66,100",
        "68,100 68,50 68,0 68,0 38,32 5,65 5,65 50,65 95,65",  # closed, from below
        "65,100 66,50 70,2 62,0 35,32 8,62 8,62 50,64 95,64",
        "20,0 12,28 8,52 8,52 45,52 78,45 85,0 85,0 80,50 75,100",  # open, in one stroke
        "12,5 10,35 20,52 50,52 78,30 85,5 85,5 80,50 78,100",
        "30,0 18,35 5,62 12,70 40,62 95,55 / 70,20 66,60 62,100",  # a loop at the corner
        "28,0 15,35 5,62 5,62 20,72 50,60 100,48 / 72,15 65,60 58,100",
        "60,0 30,30 5,55 5,55 45,58 75,55 / 75,5 72,50 70,100",  # nearly closed
        "75,5 45,20 10,50 10,50 45,55 78,45 80,0 80,0 78,50 76,100",  # closed, in one stroke
        "60,5 30,30 5,58 5,58 40,62 92,60 92,60 60,62 62,20 62,20 60,60 60,100",
        "10,10 8,30 8,45 8,45 45,46 78,45 / 78,8 78,50 78,100",  # square shoulders
        "40,0 22,28 8,50 8,50 40,56 70,46 / 70,28 66,60 60,100",
        "70,0 62,50 55,100 / 40,10 20,40 5,60 5,60 50,62 98,58",
        "40,0 25,30 10,62 10,62 35,66 60,58 / 62,38 56,70 50,100",  # slim and small
        "25,0 20,35 12,65 12,65 35,68 55,58 / 55,40 52,70 50,100",
        "20,0 18,40 20,62 38,68 58,52 / 58,42 55,70 55,100",
        "15,0 18,40 22,70 22,70 40,60 52,48 / 52,48 54,75 55,100",
        "50,0 30,30 8,55 20,68 45,66 70,55 / 68,35 62,70 55,100",
        "35,0 20,35 10,62 10,62 40,66 60,40 60,40 55,70 50,100",
        "45,0 20,25 8,50 25,62 55,58 80,50 / 72,30 62,65 55,100",  # a round bowl
        "60,5 15,30 10,65 25,72 60,72 95,68 / 62,5 60,60 58,105",  # a bowl on a stem
        "55,8 20,25 8,42 45,45 90,38 / 60,0 50,50 42,100",
        "60,0 20,30 5,45 40,50 75,42 / 70,5 55,50 40,100",
        "60,0 30,40 0,80 0,80 50,80 100,78 / 62,0 62,50 60,100",  # low and wide
        "38,0 22,35 8,66 30,72 52,55 60,42 / 60,40 52,75 45,100",  # slim and round
        "30,0 12,45 12,70 38,70 58,50 / 58,45 50,80 45,105",
        "45,0 20,30 5,58 20,70 50,62 / 55,45 50,75 45,100",
        "15,0 15,45 15,66 40,70 58,45 58,45 52,75 50,100",
        "60,0 30,20 15,40 40,48 90,25 / 75,5 50,50 30,105",
        "45,0 25,30 15,62 40,72 62,50 65,40 65,40 60,75 62,100",  # slim, in one stroke
        "50,0 30,30 20,60 45,65 65,45 65,45 60,75 58,100",
    ),
    5: (
        "22,2 18,25 15,45 15,45 50,38 88,60 75,92 40,100 5,90 / 20,2 55,2 90,0",
        "25,3 20,25 15,42 40,36 80,48 88,75 60,98 5,92 / 25,3 60,3 95,2",
        "20,5 18,25 15,45 15,45 50,38 85,60 75,92 40,100 5,90 / 38,0 70,-4 100,-6",  # a detached top
        "15,10 14,30 14,48 45,42 80,58 80,85 45,100 5,92 / 30,-2 60,-6 95,-8",
        "20,8 16,28 14,46 14,46 50,40 84,60 75,92 40,100 8,92 / 10,0 50,-3 90,-3",
        "90,2 55,2 25,2 25,2 20,22 15,45 15,45 55,38 90,62 70,95 10,95",  # one stroke
        "85,0 50,2 22,4 22,4 20,25 18,45 50,40 85,55 85,82 50,100 8,92",
        "88,5 50,0 20,12 20,35 50,48 85,65 75,92 40,100 5,90",  # as an S
        "85,10 60,0 28,8 20,28 42,42 78,55 80,85 45,100 10,92",
        "95,0 60,2 30,8 30,8 22,28 40,42 75,58 70,88 35,100 5,92",
        "20,0 16,25 12,45 45,38 85,60 75,92 40,100 5,90",  # no top
        "60,0 40,2 25,5 25,5 18,28 12,50 12,50 45,40 80,58 75,90 30,100 5,88",  # a short top
        "90,2 60,3 35,2 35,2 28,22 22,42 22,42 70,50 75,75 45,95 5,100",  # a pointed belly
        "20,2 18,20 15,38 15,38 60,30 95,58 80,95 40,100 8,82 18,72",  # the end curls in
        "95,2 60,2 30,2 30,2 28,28 25,50 50,50 75,58 72,80 50,95 20,100",
        "30,0 20,22 12,42 12,42 45,44 70,60 62,85 30,100 0,95 / 30,0 60,0 95,-4",
        "85,0 50,5 28,20 30,42 60,50 75,72 55,98 15,95",
        "15,5 18,30 22,45 55,42 75,65 55,98 10,95 / 20,2 65,-5 115,-10",  # a long top
    ),
    6: (
        "70,0 30,20 8,60 20,95 60,100 85,78 70,55 40,55 12,75",
        "60,0 25,35 8,75 28,100 58,95 62,75 40,68 14,82",  # a small loop
        "55,0 25,40 10,80 30,100 52,92 50,78 32,75 12,88",
        "80,0 40,30 10,68 22,96 55,100 75,82 60,62 35,65 14,80",
        "30,0 12,35 8,70 25,97 60,98 88,75 72,50 40,48 12,68",  # as a b
        "20,0 12,30 10,65 25,97 65,98 85,75 65,55 35,58 12,75",
        "65,0 20,35 8,72 35,100 75,92 80,65 55,58 30,70",  # loop not closed
        "60,0 22,30 5,70 30,100 75,95 85,70 60,55 45,62",
        "85,15 65,0 30,15 8,55 20,92 55,100 85,80 70,55 35,55 12,72",  # a curled top
        "88,10 60,0 25,18 8,58 22,95 58,100 82,78 62,58 32,62 10,80",
        "75,0 45,28 18,58 10,80 30,100 65,95 75,75 50,62 20,72",  # straight-backed
        "60,0 40,25 20,50 8,75 30,100 70,100 92,78 70,58 20,62",  # a wide loop
        "70,0 25,25 8,62 25,97 65,97 75,72 50,60 25,70 22,85",  # the end inside
        "50,0 22,35 8,70 20,95 50,100 80,88 80,62 50,50 22,62 15,80 25,95",
        "90,0 45,15 12,50 12,85 45,100 75,85 72,62 45,55 15,68",
        "85,8 60,2 40,15 28,50 20,80 35,100 65,92 60,70 35,66 22,82",  # a hooked top
        "80,12 62,0 42,20 32,55 25,85 40,100 60,95 65,78 45,68 28,80",
        "70,8 55,0 40,15 30,55 10,85 30,100 62,95 55,72 30,68",
        "60,5 40,10 30,45 25,80 45,100 65,85 52,68 25,75 0,90",
    ),
    7: (
        "5,5 45,5 90,5 90,5 62,50 40,100",
        "5,8 50,5 88,4 78,30 55,60 42,100",  # a round corner
        "5,5 45,4 80,5 80,5 76,50 72,100",  # an upright stem
        "5,5 50,3 95,2 95,2 50,45 15,100",  # a slanting stem
        "5,5 45,5 90,5 90,5 62,50 40,100 / 28,52 58,50 88,48",  # barred
        "5,8 50,5 88,4 75,35 52,65 42,100 / 25,55 55,52 85,50",
        "5,5 45,4 80,5 80,5 76,50 72,100 / 45,50 75,50 105,48",
        "5,5 50,3 95,2 95,2 50,45 15,100 / 15,42 50,48 85,55",
        "10,22 8,12 10,3 10,3 50,3 90,3 90,3 60,50 40,100",  # a serif
        "12,28 12,15 12,4 12,4 50,5 85,4 85,4 80,50 75,100",
        "10,42 10,20 10,5 10,5 50,5 85,5 85,5 82,50 80,100",  # a long serif
        "10,22 8,12 10,3 10,3 50,3 90,3 90,3 60,50 40,100 / 28,52 58,50 88,48",  # a serif and a bar
        "12,20 10,10 12,2 12,2 50,8 90,2 90,2 70,50 60,100 / 35,55 65,50 95,45",
        "5,18 20,2 50,12 90,2 90,2 58,50 38,100",  # a wavy top
        "5,20 18,4 45,12 75,10 92,0 92,0 60,48 45,100 / 28,55 58,50 88,48",
        "5,25 15,5 50,3 88,2 88,2 62,45 50,100",
        "5,5 50,5 90,5 90,5 60,40 45,70 50,100",  # a bent stem
        "15,8 50,4 75,5 75,5 60,50 45,100 / 20,62 45,58 72,52",
        "0,12 40,8 85,0 85,0 55,50 35,100 / 18,38 50,50 80,62",  # a falling bar
        "10,10 40,0 75,5 80,25 58,60 45,100",  # a round top
        "8,25 15,8 45,2 75,8 75,8 70,50 50,100 / 30,65 65,62 105,58",  # a low bar
        "10,20 25,3 60,2 75,15 65,55 50,100 / 20,70 60,68 110,65",
        "5,12 40,0 72,5 70,35 55,70 45,100 / 25,72 60,70 95,70",
        "15,30 20,8 50,0 78,10 72,45 50,75 35,100 / 20,62 55,58 90,50",
        "5,8 45,4 85,5 85,5 82,50 70,100 / 45,65 78,62 112,62",
        "10,25 12,8 40,3 80,5 80,5 65,60 55,100 / 30,58 60,65 95,75",
        "12,15 35,0 65,8 68,40 52,75 42,100 / 18,55 50,66 85,62",
        "5,10 50,3 80,5 80,5 60,50 40,100 / 15,75 50,72 85,68",
        "20,28 8,15 30,2 65,5 70,35 55,70 48,100 / 20,64 60,64 100,62",
        "10,30 20,10 50,0 70,10 62,50 40,100 / 15,70 50,68 90,70",  # a round top and a low bar
        "5,20 20,5 55,2 75,20 60,55 35,100 / 20,78 50,74 90,76",
        "15,20 45,0 72,15 50,60 30,98 / 20,60 45,64 80,72",
        "10,30 20,8 55,0 70,15 50,55 25,100 / 5,70 40,66 85,64",  # slanting, with a low bar
        "15,25 30,5 60,0 68,20 45,60 20,100 / 10,72 35,66 70,68",
        "20,15 45,0 70,10 65,40 45,75 35,100 / 15,62 45,70 70,62",
        "8,30 15,8 50,2 75,10 65,50 50,100 / 20,75 30,60 60,64 100,62",
        "30,18 55,0 80,12 62,50 40,100 / 15,62 50,68 95,58",
        "5,15 30,8 75,5 75,5 60,50 40,100 / 10,72 45,60 90,66",
        "25,25 35,5 65,0 75,15 55,55 20,100 / 30,60 60,56 110,48",  # a round top and a long rising bar
        "20,30 30,8 60,2 68,25 45,65 25,100 / 15,66 55,60 105,52",
    ),
    8: (
        "80,15 50,0 20,15 25,38 50,50 80,65 80,88 50,100 20,88 20,65 50,50 75,35 80,15",
        "50,0 20,10 22,35 50,48 80,65 82,88 50,100 18,88 20,65 50,48 78,32 75,8 50,0",
        "50,50 20,32 25,8 50,0 78,10 78,35 50,50 20,65 15,88 50,100 85,88 80,65 50,50",  # from the waist
        "50,0 25,10 20,28 35,45 58,46 78,32 75,10 50,0 / 50,48 20,60 12,80 35,100 65,100 88,80 80,60 50,48",  # circles
        "50,0 22,12 25,38 50,45 75,36 76,12 50,0 / 50,45 22,58 20,88 50,100 80,88 78,58 50,45",
        "85,12 50,0 18,15 30,40 62,58 85,80 55,100 20,88 25,68 55,48 82,28",  # open at the top right
        "92,18 55,0 20,12 28,38 65,60 82,82 52,100 20,88 25,68 55,48 95,5",
        "75,10 40,0 20,20 45,45 80,75 60,100 25,90 25,75 55,45 85,12",
        "15,5 45,40 80,75 60,100 35,98 18,78 50,40 85,2",  # a ribbon, open at the top
        "20,15 45,40 75,68 70,95 40,100 20,80 45,50 75,25 65,2 35,2 20,15",  # from the upper left
        "70,5 35,5 25,25 50,42 72,55 75,85 45,100 20,85 30,60 60,42 75,22 65,2",  # a large foot
        "78,12 45,0 12,18 25,42 60,55 72,78 50,100 25,90 32,70 65,50 85,28 78,12",  # a large head
        "85,0 45,2 18,18 35,40 70,60 75,85 45,100 20,85 32,62 70,38 85,0",  # a pointed corner
        "50,100 20,85 25,65 50,48 78,30 75,8 50,0 22,10 25,32 50,48 80,65 82,88 50,100",  # from the foot
        "80,20 55,0 20,8 18,30 50,45 82,60 80,90 45,100 15,85 25,62 55,50 65,35",  # the end stops short
        "55,45 25,35 22,10 50,0 78,10 70,35 45,48 18,70 25,95 55,100 82,85 75,62 50,45",
        "60,0 30,15 45,42 60,70 50,100 28,90 35,62 58,35 75,10 60,0",  # slim
        "20,8 80,85 80,85 55,100 25,90 25,90 78,12 78,12 45,0 20,8",  # crossed straight
        "70,0 40,10 25,30 50,50 65,75 50,100 30,85 40,60 75,25 95,15",  # slim, open at the right
        "85,10 60,0 30,10 35,35 55,65 50,95 30,95 25,72 50,45 90,5",
        "0,15 30,25 60,55 65,85 45,100 28,85 40,60 70,30 90,10",  # a slim ribbon
        "10,10 35,35 55,70 45,98 28,85 40,60 60,40 95,15",
        "90,0 60,10 40,40 55,60 40,95 15,95 20,70 50,45 92,2",
        "70,5 30,0 15,25 45,45 62,70 45,100 30,85 45,60 80,25 72,5",
        "15,8 55,5 25,25 45,48 65,75 48,100 28,85 42,60 75,30 70,2 15,12",  # a roof on top
        "90,0 45,0 15,15 40,42 75,70 50,100 20,80 35,60 60,40 80,20",
        "75,8 50,0 32,15 45,45 62,75 50,100 35,80 48,50 78,12",  # slim
        "60,0 35,5 28,22 50,45 68,70 52,98 35,88 40,62 70,25 60,0",
        "95,0 65,8 45,30 55,60 50,90 30,100 25,75 60,40 95,5",
        "20,10 45,0 70,15 55,45 30,70 40,100 65,85 55,55 25,25 15,12",
        "70,25 55,0 25,10 30,35 62,60 65,88 42,100 22,85 40,60 75,40",
        "0,5 25,0 65,5 55,30 40,50 65,80 50,100 30,85 45,50 20,15",
        "0,20 20,5 35,25 60,60 65,85 45,100 28,85 40,60 70,30 90,5",  # a ribbon of a large head
        "80,5 40,0 10,20 40,45 62,70 50,100 35,85 48,55 70,20 60,5",
        "20,30 20,5 55,0 75,15 50,45 35,75 50,100 62,80 45,50 22,28",
        "10,10 40,15 60,40 65,75 50,100 35,80 45,50 75,20 100,0",
        "60,0 30,10 25,30 45,45 62,72 45,100 30,80 45,55 75,30 65,5",
        "75,0 45,0 20,15 25,32 50,45 60,75 45,100 30,78 50,48 72,25 72,0",
        "0,40 45,42 75,20 60,0 42,15 50,45 65,75 48,100 32,80 50,50 72,30",  # the start runs in from the left
        "5,50 40,42 70,20 60,2 40,12 45,40 60,75 45,100 30,85 40,55 60,40",
        "-10,42 30,45 65,30 62,2 45,5 45,40 60,70 48,100 30,80 45,52 70,38",
        "70,5 40,0 25,20 40,40 55,55 50,90 35,100 35,85 55,50 80,25 70,5",  # a large head on a slim foot
        "80,0 50,5 35,30 50,45 55,60 35,100 25,95 45,55 80,25 80,5",
    ),
    9: (
        "80,15 50,0 15,15 15,40 45,52 80,35 82,12 82,12 78,60 72,100",
        "78,20 50,0 18,15 18,42 50,50 78,30 80,10 80,10 80,55 80,100",  # an upright stem
        "75,22 45,0 15,20 28,46 65,38 78,12 78,12 55,60 30,100",  # a slanting stem
        "80,15 50,0 15,15 15,40 45,52 80,35 82,12 82,12 84,55 68,92 35,100 8,90",  # a hooked stem
        "78,12 45,0 15,18 18,42 50,50 78,32 80,10 80,10 82,60 75,95 45,100 20,88",
        "75,15 45,0 18,15 20,38 48,45 75,28 78,10 78,10 82,75 60,100 28,98 15,82 35,75 60,72",  # as a g
        "80,12 48,0 15,15 15,38 48,45 78,28 80,8 80,8 82,75 62,102 30,98 22,80 50,68 95,60",
        "60,10 32,5 20,22 38,38 62,20 64,8 64,8 62,55 60,100",  # a small head
        "55,12 32,2 18,18 32,35 58,22 60,10 60,10 62,60 50,90 15,100",
        "85,5 40,0 10,25 35,48 75,38 84,5 84,5 84,50 84,100",  # as a q
        "85,40 50,52 20,32 38,2 75,8 86,40 70,78 38,100",  # a turned 6
        "80,38 45,50 18,25 45,0 78,12 82,45 70,80 55,100",
        "78,35 45,48 18,28 35,2 72,5 84,40 78,80 45,100 12,92",
        "78,10 45,0 15,20 28,46 60,45 80,30 / 82,5 80,50 76,100",  # two strokes
        "75,8 40,5 15,25 30,46 78,35 82,2 82,2 80,50 78,100",  # open at the top
        "70,25 45,2 18,18 20,42 50,46 72,28 70,10 80,60 95,95",  # the stem falls to the right
        "82,18 50,0 12,22 25,50 70,42 85,18 85,18 70,60 62,85 75,100 90,92",  # a tail
        "70,5 30,8 18,30 40,42 68,28 75,5 75,5 85,50 70,88 40,98 25,80",
        "90,8 50,2 18,18 20,42 52,46 76,25 76,25 70,65 58,100",  # the head's start sticks out
        "15,0 8,25 25,45 60,42 80,20 82,0 82,0 80,55 60,95 15,100",  # an open head, as a y
        "75,15 45,0 25,12 30,30 55,32 75,15 75,15 80,50 65,85 30,100 0,95",  # a small head on a wide hook
        "70,10 45,0 20,12 25,30 50,32 72,15 72,15 75,55 55,90 20,98 -15,92",
        "65,12 42,0 22,10 28,26 50,26 66,12 66,12 72,50 70,90 30,100 -10,98",
        "60,12 40,0 20,12 28,30 50,28 62,12 62,12 64,50 62,95 62,95 25,97 -10,95",  # a flat hook
        "75,20 50,2 22,12 25,35 55,38 78,15 78,15 95,60 80,92 45,102 5,92",  # a round hook
        "90,2 65,10 40,0 18,12 25,32 55,30 72,12 72,12 74,55 60,90 5,98",
        "80,18 40,2 10,10 20,25 60,25 85,8 85,8 60,50 20,100",  # a flat head
        "85,5 50,0 5,12 15,28 55,22 88,5 88,5 70,50 40,100",
        "60,5 30,5 25,25 55,28 65,8 65,8 70,55 40,92 5,100",
        "70,12 45,0 22,15 30,35 60,30 70,10 70,10 70,60 72,102 40,104 0,100",
        "75,15 45,0 15,18 20,42 50,48 75,25 75,12 75,12 85,60 65,95 25,102 -10,98",
        "85,8 60,2 30,2 22,20 50,32 72,15 72,15 78,50 65,85 40,98 -5,92",
        "60,10 40,0 25,12 35,25 55,20 62,10 62,10 66,55 50,92 20,100 0,95",  # a very small head
        "70,5 45,5 30,15 40,28 62,20 70,8 70,8 75,60 60,92 30,102 5,95",
        "55,8 35,2 25,15 35,28 52,20 55,10 55,10 75,60 65,90 30,102 -5,98",
        "80,0 55,2 25,5 25,22 50,25 75,8 75,8 80,55 60,90 25,100 -10,95",
        "100,5 70,0 30,2 15,20 45,28 75,8 75,8 78,60 55,92 10,98",
        "90,10 60,0 20,5 25,22 55,18 90,4 90,4 65,45 30,100",
        "70,15 50,0 25,20 28,45 50,48 70,25 70,15 70,15 72,60 68,100",
        "75,10 35,2 15,25 35,42 65,30 75,10 75,10 70,50 72,75 50,100 15,95",
        "60,25 40,32 22,18 40,0 62,10 60,28 75,60 65,90 35,102 5,92",
        "92,5 60,0 15,12 20,30 60,22 92,4 92,4 60,50 15,100",  # a flat head, slanting
        "95,0 50,5 10,20 40,28 80,12 95,0 95,0 70,45 20,100",
        "65,5 40,0 25,15 38,30 60,22 68,12 75,50 70,85 40,100 0,85",  # as an S with a head
        "60,12 42,2 30,14 42,26 60,18 72,50 60,90 20,100 -5,88",
        "55,8 35,8 30,22 50,28 58,12 58,12 66,55 50,88 5,98",
        "65,10 45,0 30,12 40,28 60,22 62,12 62,12 70,60 40,98 0,90",
        "70,0 45,10 15,45 50,50 80,38 / 70,0 68,50 62,100",  # an angular head
        "60,0 30,25 20,42 50,48 75,38 65,0 65,0 62,50 60,100",
        "45,25 25,28 30,8 65,0 85,8 60,50 20,100",  # a small open head, slanting
    ),
}

POINTS = 112  # samples along a digit: less than 0.7 px apart on the longest
REACH = 3  # pixels on either side of a sample that its ink may touch: half the broadest pen and its soft edge
BATCH = 1_000  # digits written at a time: what one step touches stays in the processor's cache

WOBBLE = 0.035  # of the box: how far a control point strays
FINEST, BROADEST = 1.0, 5.8  # pixels, the width of the pen on a digit 20 px tall


def write(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Write digits in MNIST's form, each in a hand of its own.

    Args:
        labels: (n,) integers 0-9, which digit to write.
        rng: the source of all chance; the same seed writes the same digits.

    Returns:
        (n, 28, 28) uint8, ink bright on 0, longer side 20 px, centre of mass near index 14.
    """
    labels = np.asarray(labels)
    images = np.empty((len(labels), SIDE, SIDE), np.uint8)
    for start in range(0, len(labels), BATCH):
        batch = slice(start, start + BATCH)
        images[batch] = _centre(_ink(*_fit(_deform(_trace(labels[batch], rng), rng), rng)))
    return images


def _trace(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The pen's way for each label, in an allograph taken at random: (n, POINTS, 2) float32, in boxes."""
    ways = np.empty((len(labels), POINTS, 2), np.float32)
    choice = rng.random(len(labels))
    for digit, allographs in ALLOGRAPHS.items():
        chosen = np.where(labels == digit, (choice * len(allographs)).astype(int), -1)
        for k, allograph in enumerate(allographs):
            (rows,) = np.nonzero(chosen == k)
            if len(rows):
                ways[rows] = np.concatenate([_stroke(s, len(rows), rng) for s in _strokes(allograph)], axis=1)
    return ways


@cache
def _strokes(allograph: str) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Each stroke's control points (k, 2), in boxes, and the `_curves` (3, samples, k) of its share of POINTS."""
    strokes = [np.array([p.split(",") for p in s.split()], np.float32) / 100 for s in allograph.split("/")]
    lengths = np.array([np.linalg.norm(np.diff(s, axis=0), axis=1).sum() for s in strokes])
    ends = np.rint(np.cumsum(lengths) / lengths.sum() * POINTS).astype(int)
    return tuple((s, _curves(s, n)) for s, n in zip(strokes, np.diff(ends, prepend=0), strict=True))


def _curves(points: np.ndarray, samples: int) -> np.ndarray:
    """Three matrices (samples, k) from control points to samples at even distances: spline through the points
    (Catmull & Rom 1974), uniform cubic B-spline, and straight lines."""
    steps = np.maximum(np.linalg.norm(np.diff(points, axis=0), axis=1), 1e-3)
    way = np.concatenate([[0], np.cumsum(steps)])
    at = np.linspace(0, way[-1], samples)
    first = np.clip(np.searchsorted(way, at, side="right") - 1, 0, len(points) - 2)
    t = (at - way[first]) / steps[first]
    powers = np.stack([np.ones_like(t), t, t**2, t**3], axis=1)
    weights = (
        np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]]) / 2,
        np.array([[1, 4, 1, 0], [-3, 0, 3, 0], [3, -6, 3, 0], [-1, 3, -3, 1]]) / 6,
        np.array([[0, 1, 0, 0], [0, -1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]),
    )
    curves = np.zeros((3, samples, len(points)), np.float32)
    for curve, weight in zip(curves, weights, strict=True):
        for neighbour, share in enumerate((powers @ weight).T, start=-1):
            np.add.at(curve, (np.arange(samples), np.clip(first + neighbour, 0, len(points) - 1)), share)
    return curves


def _stroke(stroke: tuple[np.ndarray, np.ndarray], n: int, rng: np.random.Generator) -> np.ndarray:
    """One stroke in n hands: (n, samples, 2)."""
    points, curves = stroke

    def normal(*shape: int) -> np.ndarray:
        return rng.standard_normal((n, *shape), np.float32)

    hands = points + WOBBLE * normal(*points.shape)
    corners = np.flatnonzero((points[1:] == points[:-1]).all(axis=1))
    hands[:, corners + 1] = hands[:, corners] + 0.3 * (hands[:, corners + 1] - hands[:, corners])  # twins stay close
    # the pen comes down early or late, and lifts early or late
    hands[:, 0] += 0.15 * normal(1) * (hands[:, 0] - hands[:, 1])
    hands[:, -1] += 0.15 * normal(1) * (hands[:, -1] - hands[:, -2])
    middle = hands.mean(axis=1, keepdims=True)
    hands = middle + (hands - middle) * (1 + 0.08 * normal(1, 2)) + 0.03 * normal(1, 2)
    cut, straight = rng.uniform(-0.1, 0.8, (n, 1, 1)), rng.uniform(0, 0.4, (n, 1, 1))
    through, near, lines = (curve @ hands for curve in curves)
    return through + cut.astype(np.float32) * (near - through) + straight.astype(np.float32) * (lines - through)


def _deform(ways: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Bend, stretch, slant and turn whole digits."""
    n = len(ways)
    ways = ways - 0.5
    for _ in range(2):  # two random waves bend it
        wave = rng.normal(0, 3.5, (n, 2, 1)).astype(np.float32)
        phase = rng.uniform(0, 2 * np.pi, (n, 1, 1)).astype(np.float32)
        push = rng.normal(0, 0.035, (n, 1, 2)).astype(np.float32)
        ways = ways + np.sin(ways @ wave + phase) * push
    angle, slant = rng.normal(0, np.radians(7), n), rng.normal(0.05, 0.2, n)
    width = np.exp(rng.normal(-0.25, 0.3, n))
    cos, sin = np.cos(angle), np.sin(angle)
    # x' and y' of a point that is stretched, then slanted, then turned
    linear = np.array([[cos * width, -cos * slant - sin], [sin * width, cos - sin * slant]])
    return np.einsum("nki,jin->nkj", ways, linear.astype(np.float32), optimize=True)


def _fit(ways: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """To pixel indices in the upper left 20x20: (n, POINTS, 2), and the pens' widths in pixels (n,)."""
    pens = rng.uniform(FINEST, BROADEST, len(ways)).astype(np.float32)
    low, high = ways.min(axis=1, keepdims=True), ways.max(axis=1, keepdims=True)
    scale = (SPAN - pens) / (high - low).max(axis=(1, 2))
    return (ways - low) * scale[:, np.newaxis, np.newaxis] + (pens / 2 - 0.5)[:, np.newaxis, np.newaxis], pens


def _ink(ways: np.ndarray, pens: np.ndarray) -> np.ndarray:
    """Draw with round pens: (n, SIDE, SIDE) uint8."""
    n, field = len(ways), SIDE + 2 * REACH
    nearest = np.full(n * field * field, np.inf, np.float32)  # squared distance from each pixel to the pen's way
    offsets = np.arange(-REACH, REACH + 1)
    patch = (offsets[:, np.newaxis] * field + offsets).ravel()
    origin = np.arange(n) * field * field
    for k in range(ways.shape[1]):
        x, y = ways[:, k, 0], ways[:, k, 1]
        column, row = np.rint(x).astype(int), np.rint(y).astype(int)
        across = ((column - x)[:, np.newaxis] + offsets.astype(np.float32)) ** 2
        down = ((row - y)[:, np.newaxis] + offsets.astype(np.float32)) ** 2
        distance = (down[:, :, np.newaxis] + across[:, np.newaxis]).reshape(n, -1)
        pixels = (origin + (row + REACH) * field + column + REACH)[:, np.newaxis] + patch
        nearest[pixels] = np.minimum(nearest[pixels], distance)
    distance = np.sqrt(nearest).reshape(n, field, field)[:, REACH:-REACH, REACH:-REACH]
    pens = pens[:, np.newaxis, np.newaxis]
    full = np.minimum(pens, 1)  # a pen finer than a pixel leaves it grey, and `prepare` makes the darkest of it full
    return np.rint(255 * np.clip(pens / 2 + 0.5 - distance, 0, full) / full).astype(np.uint8)


def _centre(corners: np.ndarray) -> np.ndarray:
    """Move digits from the upper left corner to the middle, by whole pixels, as `prepare` does."""
    index = np.arange(SIDE)
    total = corners.sum(axis=(1, 2), dtype=np.float32)
    sources = []
    for axis in (1, 2):
        profile = corners.sum(axis=3 - axis, dtype=np.float32)
        extent = SIDE - (profile[:, ::-1] > 0).argmax(axis=1)
        start = np.clip(np.rint(CENTRE - profile @ index.astype(np.float32) / total), 0, SIDE - extent).astype(int)
        sources.append((index - start[:, np.newaxis]) % SIDE)  # blank columns leave on one side, enter on the other
    rows, columns = sources
    return corners[np.arange(len(corners))[:, np.newaxis, np.newaxis], rows[:, :, np.newaxis], columns[:, np.newaxis]]
