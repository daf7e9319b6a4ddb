// Where things lie: BEV cells, metres, pixels. Arrays over the grid run (Y, X); on a canvas far is up and left is left.

/** Centre of a cell, metres. */
function cellCentre(grid, [row, column]) {
  const step = (axis, count) => (grid.upper[axis] - grid.lower[axis]) / count;
  return [grid.lower[0] + (column + 0.5) * step(0, grid.shape[1]), grid.lower[1] + (row + 0.5) * step(1, grid.shape[0])];
}

/** The cell of a place, or null outside the grid. */
function cellOf(grid, [x, y]) {
  const column = Math.floor(((x - grid.lower[0]) / (grid.upper[0] - grid.lower[0])) * grid.shape[1]);
  const row = Math.floor(((y - grid.lower[1]) / (grid.upper[1] - grid.lower[1])) * grid.shape[0]);
  return row >= 0 && row < grid.shape[0] && column >= 0 && column < grid.shape[1] ? [row, column] : null;
}

/** The cell at a share of a canvas's width and height; the nearest one outside. */
function cellAt(grid, [across, down]) { return nearestCell(grid, [grid.shape[0] * (1 - across), grid.shape[1] * (1 - down)].map(Math.floor)); }

function nearestCell(grid, cell) { return cell.map((index, axis) => Math.max(0, Math.min(grid.shape[axis] - 1, index))); }

/** The place, in metres, at a share of a canvas's width and height. */
function metresAt(grid, [across, down]) {
  return [grid.upper[0] - down * (grid.upper[0] - grid.lower[0]), grid.upper[1] - across * (grid.upper[1] - grid.lower[1])];
}

/** A function from x y in metres to a place on a BEV canvas. */
function bevPlace(grid, canvas) {
  const [dx, dy] = [0, 1].map((axis) => grid.upper[axis] - grid.lower[axis]);
  return ([x, y]) => [((grid.upper[1] - y) / dy) * canvas.wide, ((grid.upper[0] - x) / dx) * canvas.high];
}

/** Width of a BEV canvas over its height. */
function bevAspect(grid) { return (grid.upper[1] - grid.lower[1]) / (grid.upper[0] - grid.lower[0]); }

/** A function from u v in pixels to a place on an image's canvas. */
function imagePlace([, width], canvas) {
  const scale = canvas.wide / width;
  return ([u, v]) => [(u + 0.5) * scale, (v + 0.5) * scale];
}

/** The pixel at a share of the image's width and height. */
function pixelAt([height, width], [across, down]) { return nearestPixel([height, width], [across * width - 0.5, down * height - 0.5]); }

function nearestPixel([height, width], [u, v]) { return [Math.max(0, Math.min(width - 1, u)), Math.max(0, Math.min(height - 1, v))]; }

function inImage([height, width], [u, v]) { return u >= -0.5 && u < width - 0.5 && v >= -0.5 && v < height - 0.5; }

/** Pixel and camera depth of a point. */
function project(camera, [x, y, z]) {
  const P = camera.img_from_lidar, T = camera.cam_from_lidar;
  const [u, v, t] = [0, 4, 8].map((i) => P[i] * x + P[i + 1] * y + P[i + 2] * z + P[i + 3]);
  return { uv: [u / t, v / t], depth: T[0] * x + T[1] * y + T[2] * z + T[3] };
}

/** The point seen at a pixel in a camera depth. */
function lift(camera, [u, v], depth) {
  const M = camera.lidar_from_img, t = depth + camera.projective;
  return [0, 1, 2].map((i) => camera.origin[i] + t * (M[3 * i] * u + M[3 * i + 1] * v + M[3 * i + 2]));
}

/** A number in two digits, or whole, or with its power of ten, as in Python. */
function twoDigits(value) {
  if (Math.abs(value) >= 9999.5) return value.toExponential(1);
  return Math.abs(value) < 99.5 ? value.toPrecision(2) : value.toFixed(0);
}

/** Half numbers go to the even neighbour, as in Python. */
function roundEven(value) {
  const below = Math.floor(value), rest = value - below;
  return rest === 0.5 ? below + (below % 2 !== 0) : Math.round(value);
}
