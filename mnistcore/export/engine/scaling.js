// A digit's picture made larger or smaller. As Pillow's `resize` does it, to the last bit.
//
// Each new pixel is a weighted sum of old ones: of those that it covers (BOX, to shrink), or of the four around it, which
// a cubic curve weighs (BICUBIC, to enlarge; Keys 1981, "Cubic convolution interpolation for digital image processing").

const BOX = { support: 0.5, weight: (x) => (-0.5 < x && x <= 0.5 ? 1 : 0) };
const BICUBIC = { support: 2, weight: cubic };

function cubic(x) {
  x = Math.abs(x);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * -0.5;
  return 0;
}

// A picture with a longer side of `span` pixels, its proportions kept.
function scale(picture, span, method) {
  const { height: oldHeight, width: oldWidth } = picture;
  const [height, width] = fitted(picture, span);
  if (height === oldHeight && width === oldWidth) return picture;
  // a tall picture is made lower first, which leaves less to be made narrower
  const lowerFirst = oldHeight > height && oldHeight - height > 2 * (oldWidth - width);
  if (lowerFirst) picture = scaleHeight(picture, height, method);
  picture = scaleWidth(picture, width, method);
  return lowerFirst ? picture : scaleHeight(picture, height, method);
}

// The same by repeating pixels, which leaves their values as they are.
function stretch({ pixels, height: oldHeight, width: oldWidth }, span) {
  const [height, width] = fitted({ height: oldHeight, width: oldWidth }, span);
  const rows = nearest(oldHeight, height);
  const columns = nearest(oldWidth, width);
  const stretched = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) stretched[y * width + x] = pixels[rows[y] * oldWidth + columns[x]];
  }
  return { pixels: stretched, height, width };
}

function fitted({ height, width }, span) {
  const longer = Math.max(height, width);
  return [height, width].map((side) => Math.max(1, rint((span * side) / longer)));
}

function scaleWidth({ pixels, height, width: oldWidth }, width, method) {
  if (width === oldWidth) return { pixels, height, width };
  const sums = weightsOf(oldWidth, width, method);
  const scaled = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const { first, weights } = sums[x];
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += pixels[y * oldWidth + first + k] * weights[k];
      scaled[y * width + x] = sum;
    }
  }
  return { pixels: scaled, height, width };
}

function scaleHeight({ pixels, height: oldHeight, width }, height, method) {
  if (height === oldHeight) return { pixels, height, width };
  const sums = weightsOf(oldHeight, height, method);
  const scaled = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    const { first, weights } = sums[y];
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += pixels[(first + k) * width + x] * weights[k];
      scaled[y * width + x] = sum;
    }
  }
  return { pixels: scaled, height, width };
}

// Of each new pixel along a side: the first old one that counts, and the weights from there on, adding up to 1.
function weightsOf(oldSide, side, { support, weight }) {
  const step = oldSide / side;
  const wide = Math.max(step, 1); // shrinking, each new pixel reaches further
  return Array.from({ length: side }, (_, i) => {
    const centre = (i + 0.5) * step;
    const first = Math.max(0, Math.trunc(centre - support * wide + 0.5));
    const end = Math.min(oldSide, Math.trunc(centre + support * wide + 0.5));
    const weights = Array.from({ length: end - first }, (_, k) => weight((first + k - centre + 0.5) * (1 / wide)));
    const total = weights.reduce((sum, each) => sum + each, 0);
    return { first, weights: weights.map((each) => each / total) };
  });
}

// Of each new pixel along a side, which old one it repeats.
function nearest(oldSide, side) {
  const step = oldSide / side;
  let place = step / 2;
  return Array.from({ length: side }, () => {
    const old = Math.floor(place);
    place += step; // added up, not multiplied: this rounds as Pillow does
    return old;
  });
}

// The nearest whole number, of two equally near ones the even one: as Python and NumPy round.
function rint(x) {
  const rounded = Math.round(x);
  return Math.abs(x % 1) === 0.5 && rounded % 2 ? rounded - 1 : rounded;
}
