// Colours, tiles and lines on canvases.

const DARK = "#2A323A", HALO = "#0B1016", PAPER = "#fff";

/** RGBA bytes of numbers over the grid in a table of 256 colours. */
function coloured(values, grid, limits, table) {
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

/** RGBA bytes of RGB bytes over the grid. */
function opaque(rgb, grid) {
  const [rows, columns] = grid.shape, pixels = new Uint8ClampedArray(4 * rows * columns);
  for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) {
    const from = 3 * (row * columns + column), at = 4 * ((columns - 1 - column) * rows + rows - 1 - row);
    for (let k = 0; k < 3; k++) pixels[at + k] = rgb[from + k];
    pixels[at + 3] = 255;
  }
  return pixels;
}

/** RGBA bytes over the grid as a picture that `lay` can draw. */
function asTile(pixels, grid) {
  if (pixels === null) return null;
  const [width, height] = grid.shape, tile = make("canvas", { width, height });
  tile.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
  return tile;
}

/** Fills a canvas with a tile, or with words where there is none. */
function lay(canvas, tile, otherwise = "") {
  const pen = canvas.getContext("2d");
  pen.imageSmoothingEnabled = false;
  pen.fillStyle = DARK;
  pen.fillRect(0, 0, canvas.wide, canvas.high);
  if (tile) return pen.drawImage(tile, 0, 0, canvas.wide, canvas.high);
  pen.fillStyle = PAPER;
  pen.font = "12px system-ui";
  return pen.fillText(otherwise, 6, 20);
}

/** A line through places on a canvas, on a dark halo that sets it off from any ground. */
function line(canvas, places, colour, width, halo = true) {
  const path = new Path2D();
  places.forEach((place, i) => (i ? path.lineTo(...place) : path.moveTo(...place)));
  strokeOn(canvas, path, colour, width, halo);
}

function ring(canvas, [x, y], radius, colour, width) {
  const path = new Path2D();
  path.arc(x, y, radius, 0, 2 * Math.PI);
  strokeOn(canvas, path, colour, width, true);
}

function strokeOn(canvas, path, colour, width, halo) {
  const pen = canvas.getContext("2d"), times = canvas.thick ?? 1;
  for (const [style, more] of halo ? [[HALO, 1.8], [colour, 0]] : [[colour, 0]]) {
    Object.assign(pen, { strokeStyle: style, lineWidth: width * times + more, lineJoin: "round" });
    pen.stroke(path);
  }
}

/** Outlines of box sets (facts of `packing.box_facts`) on a BEV canvas. */
function boxesOnBev(canvas, grid, sets, width = 1.4) {
  const at = bevPlace(grid, canvas);
  for (const set of sets) for (const corners of set.ground) line(canvas, [...corners, corners[0]].map(at), set.colour, width);
}

/** Edges of box sets on the image's canvas. */
function boxesOnImage(canvas, size, sets, width = 1.2) {
  const at = imagePlace(size, canvas);
  for (const set of sets) for (const [u1, v1, u2, v2] of set.lines) line(canvas, [at([u1, v1]), at([u2, v2])], set.colour, width);
}

/** The frame around a chosen cell, never so small that it is overlooked. */
function markCell(canvas, grid, cell) {
  const [x, y] = bevPlace(grid, canvas)(cellCentre(grid, cell)), side = Math.max(9, (canvas.wide / grid.shape[0]) * 2);
  line(canvas, [[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]].map(([i, j]) => [x + (i * side) / 2, y + (j * side) / 2]), PAPER, 2);
}

/** Empties a canvas for a plot, writes its title and gives pen and drawing area; `letter` is the height of its type. */
function plotArea(canvas, colours, title) {
  const pen = canvas.getContext("2d"), letter = 13 * (canvas.type ?? 1);
  pen.fillStyle = PAPER;
  pen.fillRect(0, 0, canvas.wide, canvas.high);
  pen.fillStyle = colours.ink;
  pen.font = `${11.5 * (canvas.type ?? 1)}px system-ui`;
  pen.fillText(title, 0, letter);
  return { pen, letter, left: 4, right: canvas.wide - 4, top: letter + 7, bottom: canvas.high - letter - 3 };
}

/**
 * The probability of every depth bin between `edges`, what lies beyond them at the right edge in grey, and lines at depths
 * with their legend, written from right to left. `marks`: [name, depth, colour]; depths that are null or NaN are left out.
 */
function drawDistribution(canvas, colours, title, edges, distribution, marks) {
  const { pen, letter, left, right, top, bottom } = plotArea(canvas, colours, title);
  const bins = edges.length - 1, most = Math.max(...distribution, 1e-9);
  const x = (depth) => left + ((Math.min(depth, edges[bins] * 1.04) - edges[0]) / (edges[bins] * 1.06 - edges[0])) * (right - left);
  const bar = (from, width, p) => pen.fillRect(from, bottom - (p / most) * (bottom - top), width, (p / most) * (bottom - top));
  pen.fillStyle = colours.student;
  for (let k = 0; k < bins; k++) bar(x(edges[k]), Math.max(1, x(edges[k + 1]) - x(edges[k]) - 0.7), distribution[k]);
  pen.fillStyle = colours.muted;
  if (distribution.length > bins) bar(right - 7, 7, distribution[bins]);
  for (let depth = 10; depth < edges[bins]; depth += 10) pen.fillText(depth, x(depth) - 6, bottom + letter);
  let legend = right;
  for (const [name, depth, colour] of marks) {
    if (depth === null || Number.isNaN(depth)) continue;
    pen.fillStyle = colour;
    pen.fillRect(x(depth) - 1.2, top, 2.4, bottom - top);
    const text = `${name} ${depth.toFixed(1)}`;
    legend -= pen.measureText(text).width + 14;
    pen.fillRect(legend - 9, letter - 8, 7, 7);
    pen.fillStyle = colours.ink;
    pen.fillText(text, legend, letter);
  }
}
