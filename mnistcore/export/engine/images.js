// A drawing of a digit -> the 28x28 form that MNIST's own digits have. As mnistcore/digit/images.py.
//
//     ink      brightness -> how much ink, whichever of paper and ink is the darker
//     clean    stray specks out; a dot alone is no digit
//     fit      crop, longer side to 20 px, centre of mass to the middle (LeCun et al. 1998)

const SIDE = 28; // pixels, the height and width of a prepared image
const SPAN = 20; // pixels, the longer side of a prepared digit
const CENTRE = 14; // pixel index of a prepared digit's centre of mass
const INK = 20; // of 255: what counts as ink when a digit's extent is measured
const SPECK = 0.02; // parts smaller than this share of the largest part are dirt, not writing
const DASH = 0.05; // a line whose mean square across itself is below this share of that along itself is straight
const DOT = 0.7; // a shape whose inscribed circle is this much of its longer side is a dot

const NOTHING_DRAWN = "There is nothing drawn: the picture has no ink.";
const ONLY_A_DOT = "There is only a dot: draw a whole digit.";

class BlankImage extends Error {}

// A picture of brightness, 0-255 -> 28x28 pixels, 0-255, ink bright on 0. Throws BlankImage.
function prepare(greys) {
  const found = findInk(greys);
  if (!found) throw new BlankImage(NOTHING_DRAWN);
  const ink = withoutSpecks(found, f32(INK / 255), SPECK);
  const box = boxOf(ink, 0, f32(INK / 255));
  if (isDot(ink, box)) throw new BlankImage(ONLY_A_DOT);
  return fit(crop(ink, box));
}

// Whether a shape is round and full enough to be a dot.
function isDot(ink, { top, left, height, width }) {
  const step = Math.max(1, Math.floor(Math.max(height, width) / 200)); // a large one's every second pixel is enough
  const rows = Math.ceil((ink.height - top) / step);
  const columns = Math.ceil((ink.width - left) / step);
  const solid = new Uint8Array(rows * columns);
  let count = 0;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      count += solid[y * columns + x] = ink.pixels[(top + y * step) * ink.width + left + x * step] > 0.5;
    }
  }
  const radius = (DOT * Math.max(height, width)) / (2 * step); // pixels, of the smallest circle that makes it a dot
  // such a circle has more than 3 radius^2 - 7 pixels, which few digits have
  return count > 3 * radius ** 2 - 7 && holdsCircle(solid, rows, columns, radius);
}

// Whether an image in MNIST's form is one straight line flatter than 30 degrees.
function isDash(image) {
  const [ink, down, across, down2, across2, both] = image.reduce((sums, pixel, i) => {
    const [y, x] = [Math.floor(i / SIDE) - CENTRE, (i % SIDE) - CENTRE];
    return [1, y, x, y * y, x * x, y * x].map((power, k) => sums[k] + pixel * power);
  }, Array(6).fill(0)).map((sum, _, [total]) => sum / Math.max(total, 1));
  const [high, wide] = [down2 - down ** 2, across2 - across ** 2];
  const length = Math.hypot(wide - high, 2 * (both - down * across));
  return wide + high - length < DASH * (wide + high + length) && wide - high > length / 2;
}

// Longer side to 20 px, strongest ink to 255, centre of mass to the middle.
function fit(cut) {
  const shrinking = Math.max(cut.height, cut.width) > SPAN;
  const scaled = scale(cut, SPAN, shrinking ? BOX : BICUBIC);
  const full = f32(255 / largest(scaled.pixels));
  const digit = { ...scaled, pixels: scaled.pixels.map((ink) => rint(f32(Math.max(ink, 0) * full))) };
  // a tip that faded to nothing leaves a digit short: stretching the rest by whole pixels makes up for it
  const tipless = crop(digit, boxOf(digit, 0, INK));
  return centre(stretch(tipless, SPAN));
}

// A digit with its centre of mass as near to the middle as whole pixels allow.
function centre({ pixels, height, width }) {
  const rows = new Float64Array(height); // the ink in each row, and in each column
  const columns = new Float64Array(width);
  pixels.forEach((pixel, i) => {
    rows[Math.floor(i / width)] += pixel;
    columns[i % width] += pixel;
  });
  const [top, left] = [startOf(rows), startOf(columns)];
  const field = new Uint8Array(SIDE * SIDE);
  for (let y = 0; y < height; y++) {
    field.set(pixels.subarray(y * width, (y + 1) * width), (top + y) * SIDE + left);
  }
  return field;
}

// Where along one axis the digit begins, from its ink in each row or column.
function startOf(profile) {
  let moment = 0;
  let total = 0;
  profile.forEach((ink, place) => {
    moment += ink * place;
    total += ink;
  });
  return clip(rint(CENTRE - moment / total), 0, SIDE - profile.length);
}
