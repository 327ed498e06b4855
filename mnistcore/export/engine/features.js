// 28x28 pixels -> what the network is given: in which directions edges run, and where. As mnistcore/digit/features.py.
//
//     gradient    how fast the ink rises at each pixel, to the right and downwards (Sobel's filters)
//     split       this gradient, an arrow, becomes the sum of two arrows, along the nearest two of eight directions
//     blur        each direction's picture is averaged around the points of a 9x9 grid (a Gaussian)
//
//     direction       0  1  2  3  4  5  6  7
//     ink rises to    →  ↘  ↓  ↙  ←  ↖  ↑  ↗
//
// Source: Liu, Nakashima, Sako & Fujisawa 2004, Pattern Recognition 37, 265-279.

const DIRECTIONS = 8;
const GRID = 9; // points along each side of the grid
const SIGMA = 1.6; // pixels, standard deviation of the Gaussian around each point
const UNIT = 4; // brings the features to the order of 1
const SOBEL = 1 / 8; // makes the gradient of a rise of 1 a pixel 1

// In row k the weights of the 28 pixels of a line around the k-th point, adding up to 1.
const BLUR = Array.from({ length: GRID }, (_, k) => {
  const point = ((k + 0.5) * SIDE) / GRID - 0.5;
  const weights = Array.from({ length: SIDE }, (_, i) => Math.exp(-((i - point) ** 2) / (2 * SIGMA ** 2)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
});

// 28x28 pixels, 0 (paper) to 1 (ink) -> 8x9x9 numbers: direction, row, column.
function strokeDirections(pixels) {
  const planes = Array.from({ length: DIRECTIONS }, () => new Float64Array(SIDE * SIDE));
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      split(...gradient(pixels, y, x)).forEach((length, direction) => {
        planes[direction][y * SIDE + x] = length;
      });
    }
  }
  return Float64Array.from(planes.flatMap((plane) => averages(plane)));
}

// How fast the ink rises at one pixel, to the right and downwards.
function gradient(pixels, y, x) {
  const at = (v, u) => (0 <= v && v < SIDE && 0 <= u && u < SIDE ? pixels[v * SIDE + u] : 0);
  const column = (u) => at(y - 1, u) + 2 * at(y, u) + at(y + 1, u);
  const row = (v) => at(v, x - 1) + 2 * at(v, x) + at(v, x + 1);
  return [SOBEL * (column(x + 1) - column(x - 1)), SOBEL * (row(y + 1) - row(y - 1))];
}

// A gradient as arrows along two of eight directions, by the parallelogram rule: their lengths, the others' being 0.
function split(right, down) {
  const [left, up, flat, steep] = [-right, -down, Math.abs(right), Math.abs(down)];
  return [
    right - steep,
    Math.SQRT2 * Math.min(right, down),
    down - flat,
    Math.SQRT2 * Math.min(left, down),
    left - steep,
    Math.SQRT2 * Math.min(left, up),
    up - flat,
    Math.SQRT2 * Math.min(right, up),
  ].map((length) => Math.max(length, 0));
}

// A plane's averages around the points of the grid: first along each row of pixels, then down each column.
function averages(plane) {
  const along = BLUR.map((weights) =>
    Array.from({ length: SIDE }, (_, y) => weights.reduce((sum, weight, x) => sum + weight * plane[y * SIDE + x], 0)),
  );
  return BLUR.flatMap((weights) =>
    along.map((column) => UNIT * weights.reduce((sum, weight, y) => sum + weight * column[y], 0)),
  );
}

// The ink that slopes by the 8x9x9 numbers ask for, as 28x28 numbers: each direction's slope is an arrow, the arrows at a
// point are added up, and the gradient is taken backwards. As `to_picture`.
function inkFor(slopes) {
  const across = new Float64Array(GRID * GRID);
  const along = new Float64Array(GRID * GRID);
  for (let direction = 0; direction < DIRECTIONS; direction++) {
    const [x, y] = [Math.cos((direction * Math.PI) / 4), Math.sin((direction * Math.PI) / 4)];
    for (let i = 0; i < GRID * GRID; i++) {
      across[i] += x * slopes[direction * GRID * GRID + i];
      along[i] += y * slopes[direction * GRID * GRID + i];
    }
  }
  const [right, down] = [spread(across), spread(along)];
  const ink = new Float64Array(SIDE * SIDE);
  const add = (y, x, amount) => {
    if (0 <= y && y < SIDE && 0 <= x && x < SIDE) ink[y * SIDE + x] += amount;
  };
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      for (let shift = -1; shift <= 1; shift++) {
        const weight = (shift ? 1 : 2) * SOBEL * UNIT;
        add(y + shift, x + 1, weight * right[y * SIDE + x]);
        add(y + shift, x - 1, -weight * right[y * SIDE + x]);
        add(y + 1, x + shift, weight * down[y * SIDE + x]);
        add(y - 1, x + shift, -weight * down[y * SIDE + x]);
      }
    }
  }
  return ink;
}

// `averages` backwards: from the points of the grid to the pixels around them.
function spread(grid) {
  const rows = new Float64Array(GRID * SIDE);
  for (let k = 0; k < GRID; k++) {
    for (let x = 0; x < SIDE; x++) {
      for (let j = 0; j < GRID; j++) rows[k * SIDE + x] += BLUR[j][x] * grid[k * GRID + j];
    }
  }
  const plane = new Float64Array(SIDE * SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      for (let k = 0; k < GRID; k++) plane[y * SIDE + x] += BLUR[k][y] * rows[k * SIDE + x];
    }
  }
  return plane;
}
