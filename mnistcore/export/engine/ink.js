// Brightness -> how much ink, whichever of paper and ink is the darker. As mnistcore/digit/ink.py.
//
// A picture is { pixels, height, width }: a Float32Array of its pixels, row by row. NumPy calculates with 32 bits here and
// JavaScript with 64: f32 rounds to 32, so that both see the same ink. Where a whole drawing is gone through there are
// plain loops, which take a tenth of the time that `map` and `filter` do.

const FAINTEST = 16; // of 255: a picture with less contrast than this is blank paper
const GRAINY = 0.03; // of full ink, standard deviation: paper noisier than this is smoothed first
const SMALL = 56; // pixels: pictures with a shorter side than this have no grain, only strokes

const f32 = Math.fround;

const sheetGreys = {}; // always the same array, for a new one takes longer than filling it

// How bright each pixel of the sheet is, 0-255, given its pen.
function greysOf(pen) {
  const { width, height } = pen.canvas;
  if (sheetGreys.width !== width || sheetGreys.height !== height) {
    Object.assign(sheetGreys, { pixels: new Float32Array(width * height), height, width });
  }
  const { data } = pen.getImageData(0, 0, width, height);
  const { pixels } = sheetGreys;
  for (let i = 0; i < pixels.length; i++) pixels[i] = data[4 * i]; // red, which is as bright as green and blue
  return sheetGreys;
}

// A picture of brightness, 0-255 -> a picture of ink, 0 paper to 1 full ink, cropped to where any is; null if none is.
function findInk(greys) {
  let { shades, full, grain } = contrast(greys);
  const drawn = () => f32(full - f32(3 * grain)) >= FAINTEST;
  if (drawn() && grain > f32(f32(GRAINY) * full) && Math.min(greys.height, greys.width) > SMALL) {
    // noise swamps the strokes: look at it from further away
    ({ shades, full, grain } = contrast(smooth(greys, Math.max(greys.height, greys.width) / 100)));
  }
  if (!drawn()) return null;
  // on paper as on the sheet's border, a murmur may not count as strokes
  const murmur = f32(3 * f32(grain / full));
  const { pixels } = shades;
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = clip(f32(f32(pixels[i] / full) - murmur) / f32(1 - murmur), 0, 1);
  }
  return shades;
}

// How far each pixel is from its paper, ink above 0, cropped to where any is; how far full ink is; and the standard
// deviation of the paper.
function contrast(greys) {
  const frame = border(greys);
  const length = frame.length;
  const sorted = frame.slice().sort();
  const paper = f32((sorted[length / 2 - 1] + sorted[length / 2]) / 2); // the median
  const shades = crop(greys, boxOf(greys, paper, 0));
  const { pixels } = shades;
  let sum = 0;
  for (let i = 0; i < pixels.length; i++) sum += pixels[i] -= paper;
  if (sum <= 0) for (let i = 0; i < pixels.length; i++) pixels[i] *= -1; // more is darker than lighter
  const full = fullInk(pixels);
  const strayed = frame.map((grey) => Math.abs(grey - paper));
  const offStrokes = strayed.filter((distance) => distance <= full / 2); // the frame without the strokes that touch it
  return { shades, full, grain: f32(1.5 * f32(deviation(offStrokes))) };
}

// The outermost pixels: the first and last row, the first and last column.
function border({ pixels, height, width }) {
  const frame = new Float32Array(2 * (width + height));
  frame.set(pixels.subarray(0, width));
  frame.set(pixels.subarray((height - 1) * width), width);
  for (let y = 0; y < height; y++) {
    frame[2 * width + y] = pixels[y * width];
    frame[2 * width + height + y] = pixels[(y + 1) * width - 1];
  }
  return frame;
}

// The 90th percentile of the strong ink, that above half of the strongest.
function fullInk(shades) {
  const half = largest(shades) / 2;
  const strong = new Float32Array(shades.length);
  let count = 0;
  for (let i = 0; i < shades.length; i++) if (shades[i] > half) strong[count++] = shades[i];
  if (!count) return 0;
  strong.subarray(0, count).sort();
  const rank = 0.9 * (count - 1);
  const below = Math.floor(rank);
  const [lower, upper] = [strong[below], strong[Math.min(below + 1, count - 1)]];
  return f32(lower + f32(f32(upper - lower) * f32(rank - below)));
}

function deviation(values) {
  if (!values.length) return 0;
  let sum = 0;
  let squares = 0;
  for (const value of values) {
    sum += value;
    squares += value ** 2;
  }
  return Math.sqrt(Math.max(0, squares / values.length - (sum / values.length) ** 2));
}

// A Gaussian filter, down and then across; beyond its edges the picture is mirrored. As scipy.ndimage.gaussian_filter.
function smooth({ pixels, height, width }, sigma) {
  const reach = Math.floor(4 * sigma + 0.5);
  let weights = Array.from({ length: reach + 1 }, (_, i) => Math.exp((-0.5 * i ** 2) / sigma ** 2));
  const total = weights.reduce((sum, weight, i) => sum + (i ? 2 : 1) * weight, 0);
  weights = weights.map((weight) => weight / total);

  function smoothLines(from, count, length, nextLine, nextPixel) {
    const to = new Float32Array(from.length);
    const line = new Float64Array(length + 2 * reach);
    for (let n = 0; n < count; n++) {
      for (let i = -reach; i < length + reach; i++) {
        const mirrored = i < 0 ? -1 - i : i < length ? i : 2 * length - 1 - i;
        line[reach + i] = from[n * nextLine + mirrored * nextPixel];
      }
      for (let i = 0; i < length; i++) {
        let sum = line[reach + i] * weights[0];
        for (let k = reach; k > 0; k--) sum += (line[reach + i - k] + line[reach + i + k]) * weights[k];
        to[n * nextLine + i * nextPixel] = sum;
      }
    }
    return to;
  }

  const down = smoothLines(pixels, width, height, 1, width);
  return { pixels: smoothLines(down, height, width, width, 1), height, width };
}

function largest(numbers) {
  let most = 0;
  for (let i = 0; i < numbers.length; i++) if (numbers[i] > most) most = numbers[i];
  return most;
}

function clip(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
