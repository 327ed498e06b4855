// Which rectangle holds a shape, which pixels belong together, and whether a circle fits among them. As
// mnistcore/digit/shapes.py.

// The smallest rectangle around the pixels that are further from `paper` than `least`.
function boxOf({ pixels, height, width }, paper, least) {
  let [top, bottom, left, right] = [height, 0, width, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (Math.abs(pixels[y * width + x] - paper) <= least) continue;
      top = Math.min(top, y);
      bottom = y + 1;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
    }
  }
  return bottom ? { top, left, height: bottom - top, width: right - left } : { top: 0, left: 0, height: 0, width: 0 };
}

function crop(picture, { top, left, height, width }) {
  const pixels = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    const start = (top + y) * picture.width + left;
    pixels.set(picture.pixels.subarray(start, start + width), y * width);
  }
  return { pixels, height, width };
}

// Erase the small parts: those with fewer pixels than a share of the largest part's. Pixels of more ink than `least`
// that touch at a side or at a corner are one part.
function withoutSpecks({ pixels, height, width }, least, share) {
  const seen = new Uint8Array(pixels.length);
  const parts = []; // of each part the indices of its pixels
  for (let start = 0; start < pixels.length; start++) {
    if (seen[start] || pixels[start] <= least) continue;
    seen[start] = 1;
    const part = [start]; // grows while its pixels' neighbours are looked at
    for (let i = 0; i < part.length; i++) {
      const x = part[i] % width;
      const y = (part[i] - x) / width;
      for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v++) {
        for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, width - 1); u++) {
          const neighbour = v * width + u;
          if (seen[neighbour] || pixels[neighbour] <= least) continue;
          seen[neighbour] = 1;
          part.push(neighbour);
        }
      }
    }
    parts.push(part);
  }
  const most = largest(parts.map((part) => part.length));
  const clean = pixels.slice();
  for (const part of parts) {
    if (part.length < share * most) for (const pixel of part) clean[pixel] = 0;
  }
  return { pixels: clean, height, width };
}

// Whether all pixels within a radius of some pixel are solid; nothing is solid outside of the picture.
function holdsCircle(solid, height, width, radius) {
  // squared, from each pixel to the next one of its row that is not solid
  const across = new Float64Array(solid.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0, before = -1; x < width; x++) {
      if (!solid[y * width + x]) before = x;
      across[y * width + x] = x - before;
    }
    for (let x = width - 1, behind = width; x >= 0; x--) {
      if (!solid[y * width + x]) behind = x;
      across[y * width + x] = Math.min(across[y * width + x], behind - x) ** 2;
    }
  }
  const reach = Math.floor(radius);
  for (let y = reach; y < height - reach; y++) {
    for (let x = 0; x < width; x++) {
      // in each row of the circle, all pixels within it must be solid
      let fits = true;
      for (let down = -reach; fits && down <= reach; down++) {
        fits = across[(y + down) * width + x] + down ** 2 > radius ** 2;
      }
      if (fits) return true;
    }
  }
  return false;
}
