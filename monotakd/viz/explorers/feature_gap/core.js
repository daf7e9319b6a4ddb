// The feature-gap explorer without a page: what its maps show, and what a click chooses.

/** A map's numbers in one layer: a channel's place among those sent, "norm" or "mean". */
function layerValues(facts, bytes, map, layer) {
  const [rows, columns] = facts.grid.shape, size = rows * columns;
  const codes = new Uint8Array(bytes, map.codes + layer * size, size);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = map.low[layer] + map.step[layer] * codes[i];
  return values;
}

/** Which layer a view shows; null where the map has none, as with the colours of "pca". */
function layerOf(map, state) {
  if (state.view === "norm") return map.channels;
  if (state.view === "mean") return map.channels + 1;
  if (state.view === "channel") return state.channel < map.channels ? state.channel : null;
  return null;
}

/** RGBA bytes of a map in the view; null where it cannot be shown so. */
function mapPixels(facts, bytes, map, state) {
  if (state.view !== "pca") {
    const layer = layerOf(map, state);
    if (layer === null) return null;
    const look = map.looks[layer];
    return coloured(layerValues(facts, bytes, map, layer), facts.grid, look.limits, facts.colours[look.table]);
  }
  if (map.pca === null) return null;
  const [rows, columns] = facts.grid.shape;
  return opaque(new Uint8Array(bytes, map.pca, 3 * rows * columns), facts.grid);
}

/** B - A: signed in a channel, norm or mean; in the view "pca" the root mean square over the channels. */
function difference(facts, bytes, a, b, state) {
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
function comparable(a, b) { return a.name === b.name || (a.matched && b.matched); }

/** Distribution and depths at a pixel; null without any. */
function depthAt(facts, bytes, uv) {
  if (!facts.depth || !uv) return null;
  const [bins, rows, columns] = facts.depth.shape, cells = rows * columns;
  const cell = Math.floor(roundEven(uv[1]) / facts.depth.stride) * columns + Math.floor(roundEven(uv[0]) / facts.depth.stride);
  const codes = new Uint8Array(bytes, facts.depth.codes, bins * cells);
  const tables = new Float32Array(bytes, facts.depth.tables, 4 * cells);
  const [largest, mode, mean, truth] = [0, 1, 2, 3].map((i) => tables[i * cells + cell]);
  const distribution = Array.from({ length: bins }, (_, k) => (codes[k * cells + cell] / 255) * largest);
  return { distribution, mode, mean, truth: Number.isNaN(truth) ? null : truth };
}

/** What a click on a cell chooses. */
function selectCell(facts, cell) {
  const { uv, depth } = project(facts.camera, [...cellCentre(facts.grid, cell), facts.camera.height]);
  return { cell, uv: depth > 0 && inImage(facts.image.size, uv) ? uv : null, by: "cell" };
}

/** What a click on a pixel chooses: the cell at the true depth, where that is known, else at the likeliest. */
function selectPixel(facts, bytes, uv) {
  const found = depthAt(facts, bytes, uv);
  const depth = found && (found.truth ?? found.mode);
  return { cell: found ? cellOf(facts.grid, lift(facts.camera, uv, depth)) : null, uv, by: "pixel" };
}

/** The features of a cell in one map. */
function vectorAt(facts, bytes, map, [row, column]) {
  const [rows, columns] = facts.grid.shape, size = rows * columns;
  const codes = new Uint8Array(bytes, map.codes, map.channels * size);
  return Array.from({ length: map.channels }, (_, k) => map.low[k] + map.step[k] * codes[k * size + row * columns + column]);
}

/** The selection in words: the text alternative of the pictures. */
function describeGap(facts, bytes, state) {
  const words = [];
  if (state.cell) {
    const [x, y] = cellCentre(facts.grid, state.cell), side = y >= 0 ? "left" : "right";
    words.push(`cell (${state.cell.join(", ")}): ${x.toFixed(1)} m ahead, ${Math.abs(y).toFixed(1)} m to the ${side}`);
  } else words.push("no cell: the pixel lies outside the grid, or no depth is known");
  if (state.uv) words.push(`pixel (${state.uv.map(roundEven).join(", ")})`);
  else words.push("outside the image");
  const depth = depthAt(facts, bytes, state.uv);
  if (depth) {
    const truth = depth.truth === null ? "unknown" : `${depth.truth.toFixed(1)} m`;
    words.push(`likeliest depth ${depth.mode.toFixed(1)} m, mean ${depth.mean.toFixed(1)} m, true ${truth}`);
  }
  return words.join("; ");
}
