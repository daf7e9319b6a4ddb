// The feature-gap explorer without a page: where things lie, and what colour they have.
// Arrays over the grid run (Y, X); pictures are Y wide and X high, far up, left on the left.

/** A map's numbers in one layer: a channel's place among those sent, "norm" or "mean". */
export function layerValues(facts, bytes, map, layer) {
  const [rows, columns] = facts.grid.shape, size = rows * columns;
  const codes = new Uint8Array(bytes, map.codes + layer * size, size);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = map.low[layer] + map.step[layer] * codes[i];
  return values;
}

/** Which layer a view shows; null where the map has none, as with the colours of "pca". */
export function layerOf(map, state) {
  if (state.view === "norm") return map.channels;
  if (state.view === "mean") return map.channels + 1;
  if (state.view === "channel") return state.channel < map.channels ? state.channel : null;
  return null;
}

/** RGBA bytes of numbers in a table of 256 colours. */
export function coloured(values, grid, limits, table) {
  const [rows, columns] = grid.shape, pixels = new Uint8ClampedArray(4 * rows * columns);
  const scale = 255.999 / (limits[1] - limits[0]);
  for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) {
    const code = Math.floor((values[row * columns + column] - limits[0]) * scale);
    const colour = table[Math.max(0, Math.min(255, code))];
    const at = 4 * ((columns - 1 - column) * rows + rows - 1 - row);
    pixels[at] = colour >> 16; pixels[at + 1] = (colour >> 8) & 255; pixels[at + 2] = colour & 255; pixels[at + 3] = 255;
  }
  return pixels;
}

/** RGBA bytes of a map in the view; null where it cannot be shown so. */
export function mapPixels(facts, bytes, map, state) {
  if (state.view !== "pca") {
    const layer = layerOf(map, state);
    if (layer === null) return null;
    const look = map.looks[layer];
    return coloured(layerValues(facts, bytes, map, layer), facts.grid, look.limits, facts.colours[look.table]);
  }
  if (map.pca === null) return null;
  const [rows, columns] = facts.grid.shape, rgb = new Uint8Array(bytes, map.pca, 3 * rows * columns);
  const pixels = new Uint8ClampedArray(4 * rows * columns);
  for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) {
    const from = 3 * (row * columns + column), at = 4 * ((columns - 1 - column) * rows + rows - 1 - row);
    for (let k = 0; k < 3; k++) pixels[at + k] = rgb[from + k];
    pixels[at + 3] = 255;
  }
  return pixels;
}

/** B - A: signed in a channel, norm or mean; in the view "pca" the root mean square over the channels. */
export function difference(facts, bytes, a, b, state) {
  let values, signed = true;
  if (state.view === "pca") {
    if (a.channels !== b.channels) return null;
    signed = false;
    values = new Float32Array(facts.grid.shape[0] * facts.grid.shape[1]);
    for (let layer = 0; layer < a.channels; layer++) {
      const [of, to] = [layerValues(facts, bytes, a, layer), layerValues(facts, bytes, b, layer)];
      for (let i = 0; i < values.length; i++) values[i] += (to[i] - of[i]) ** 2 / a.channels;
    }
    values = values.map(Math.sqrt);
  } else {
    const [from, to] = [layerOf(a, state), layerOf(b, state)];
    if (from === null || to === null) return null;
    const of = layerValues(facts, bytes, a, from);
    values = layerValues(facts, bytes, b, to).map((value, i) => value - of[i]);
  }
  const sorted = values.map(Math.abs).sort();
  const reach = Math.max(sorted[Math.floor(0.995 * (sorted.length - 1))], 1e-9);
  const limits = signed ? [-reach, reach] : [0, reach];
  return { limits, pixels: coloured(values, facts.grid, limits, facts.colours[signed ? "signed" : "features"]) };
}

/** Whether the channels of two maps mean the same. */
export function comparable(a, b) { return a.name === b.name || (a.matched && b.matched); }

/** Centre of a cell, metres. */
export function cellCentre(grid, [row, column]) {
  const step = (axis, count) => (grid.upper[axis] - grid.lower[axis]) / count;
  return [grid.lower[0] + (column + 0.5) * step(0, grid.shape[1]), grid.lower[1] + (row + 0.5) * step(1, grid.shape[0])];
}

/** The cell of a place, or null outside the grid. */
export function cellOf(grid, [x, y]) {
  const column = Math.floor(((x - grid.lower[0]) / (grid.upper[0] - grid.lower[0])) * grid.shape[1]);
  const row = Math.floor(((y - grid.lower[1]) / (grid.upper[1] - grid.lower[1])) * grid.shape[0]);
  return row >= 0 && row < grid.shape[0] && column >= 0 && column < grid.shape[1] ? [row, column] : null;
}

/** Pixel and camera depth of a point. */
export function project(camera, [x, y, z]) {
  const P = camera.img_from_lidar, T = camera.cam_from_lidar;
  const [u, v, t] = [0, 4, 8].map((i) => P[i] * x + P[i + 1] * y + P[i + 2] * z + P[i + 3]);
  return { uv: [u / t, v / t], depth: T[0] * x + T[1] * y + T[2] * z + T[3] };
}

/** The point seen at a pixel in a camera depth. */
export function lift(camera, [u, v], depth) {
  const M = camera.lidar_from_img, t = depth + camera.projective;
  return [0, 1, 2].map((i) => camera.origin[i] + t * (M[3 * i] * u + M[3 * i + 1] * v + M[3 * i + 2]));
}

export function inImage(facts, [u, v]) {
  const [height, width] = facts.image.size;
  return u >= -0.5 && u < width - 0.5 && v >= -0.5 && v < height - 0.5;
}

/** Half numbers go to the even neighbour, as in Python. */
function round(value) {
  const below = Math.floor(value), rest = value - below;
  return rest === 0.5 ? below + (below % 2 !== 0) : Math.round(value);
}

/** Distribution and depths at a pixel; null without any. */
export function depthAt(facts, bytes, uv) {
  if (!facts.depth || !uv) return null;
  const [bins, rows, columns] = facts.depth.shape, cells = rows * columns;
  const cell = Math.floor(round(uv[1]) / facts.depth.stride) * columns + Math.floor(round(uv[0]) / facts.depth.stride);
  const codes = new Uint8Array(bytes, facts.depth.codes, bins * cells);
  const tables = new Float32Array(bytes, facts.depth.tables, 4 * cells);
  const [largest, mode, mean, truth] = [0, 1, 2, 3].map((i) => tables[i * cells + cell]);
  const distribution = Array.from({ length: bins }, (_, k) => (codes[k * cells + cell] / 255) * largest);
  return { distribution, mode, mean, truth: Number.isNaN(truth) ? null : truth };
}

/** What a click on a cell chooses. */
export function selectCell(facts, cell) {
  const { uv, depth } = project(facts.camera, [...cellCentre(facts.grid, cell), facts.camera.height]);
  return { cell, uv: depth > 0 && inImage(facts, uv) ? uv : null, by: "cell" };
}

/** What a click on a pixel chooses: the cell at the true depth, where that is known, else at the likeliest. */
export function selectPixel(facts, bytes, uv) {
  const found = depthAt(facts, bytes, uv);
  const depth = found && (found.truth ?? found.mode);
  return { cell: found ? cellOf(facts.grid, lift(facts.camera, uv, depth)) : null, uv, by: "pixel" };
}

/** The features of a cell in one map. */
export function vectorAt(facts, bytes, map, [row, column]) {
  const [rows, columns] = facts.grid.shape, size = rows * columns;
  const codes = new Uint8Array(bytes, map.codes, map.channels * size);
  return Array.from({ length: map.channels }, (_, k) => map.low[k] + map.step[k] * codes[k * size + row * columns + column]);
}

/** The selection in words: the text alternative of the pictures. */
export function describe(facts, bytes, state) {
  const words = [];
  if (state.cell) {
    const [x, y] = cellCentre(facts.grid, state.cell), side = y >= 0 ? "left" : "right";
    words.push(`cell (${state.cell.join(", ")}): ${x.toFixed(1)} m ahead, ${Math.abs(y).toFixed(1)} m to the ${side}`);
  } else words.push("no cell: the pixel lies outside the grid, or no depth is known");
  if (state.uv) words.push(`pixel (${state.uv.map((value) => value.toFixed(0)).join(", ")})`);
  else words.push("outside the image");
  const depth = depthAt(facts, bytes, state.uv);
  if (depth) {
    const truth = depth.truth === null ? "unknown" : `${depth.truth.toFixed(1)} m`;
    words.push(`likeliest depth ${depth.mode.toFixed(1)} m, mean ${depth.mean.toFixed(1)} m, true ${truth}`);
  }
  return words.join("; ");
}
