// The residual explorer's two plots on canvases: energy by distance, and four vectors of one cell.

/** What the cue holds per cell, by distance, in each group of cells. */
function drawEnergy(canvas, facts, state) {
  const { edges, groups, colours } = facts, curves = facts.forms[state.form].energy[stepOf(facts, state)].by_distance;
  const unit = state.form === "binarised" ? "share of ones" : "energy per cell";
  const { pen, letter, right, top, bottom } = plotArea(canvas, colours, `${unit}, by distance (m)`);
  const left = 4 + 3.2 * letter, most = Math.max(...curves.flat().filter((value) => value !== null), 1e-9);
  const x = (metres) => left + ((metres - edges[0]) / (edges.at(-1) - edges[0])) * (right - left);
  const y = (value) => bottom - (value / most) * (bottom - top);
  pen.fillStyle = colours.muted;
  pen.fillRect(left, bottom, right - left, 1);
  pen.fillText(twoDigits(most), 0, top + letter - 4);
  pen.fillText("0", 0, bottom);
  for (let metres = 10; metres < edges.at(-1); metres += 10) pen.fillText(metres, x(metres) - 6, bottom + letter);
  let legend = right;
  [...groups.keys()].reverse().forEach((i) => {
    const known = curves[i].map((value, k) => [x((edges[k] + edges[k + 1]) / 2), value]).filter(([, value]) => value !== null);
    line(canvas, known.map(([across, value]) => [across, y(value)]), groups[i].colour, 2, false);
    pen.fillStyle = groups[i].colour;
    for (const [across, value] of known) pen.fillRect(across - 2.5, y(value) - 2.5, 5, 5);
    legend -= pen.measureText(groups[i].name).width + 14;
    pen.fillRect(legend - 9, letter - 8, 7, 7);
    pen.fillStyle = colours.ink;
    pen.fillText(groups[i].name, legend, letter);
  });
}

/** Teacher, assistant, residual and student at the chosen cell, one row each; a row's reach stands at its right. */
function drawFour(canvas, facts, bytes, state) {
  const { colours } = facts, found = vectorsAt(facts, bytes, state);
  const title = state.cell ? "channels of the cell, each row with its own reach" : "channels: no cell chosen";
  const { pen, letter, right, top, bottom } = plotArea(canvas, colours, title);
  const left = 4 + 4.6 * letter, end = right - 3.4 * letter, tall = (bottom + letter - top) / 4;
  const step = (end - left) / facts.channels.length;
  found.forEach(([name, vector], row) => {
    const reach = Math.max(...vector.map(Math.abs), 1e-9), low = vector.some((value) => value < 0) ? -reach : 0;
    const base = top + (row + 1) * tall - 3, y = (value) => base - ((value - low) / (reach - low)) * (tall - 6);
    pen.fillStyle = colours[{ teacher: "teacher", assistant: "assistant", residual: "chosen", spatial: "student" }[name]];
    vector.forEach((value, k) => pen.fillRect(left + step * (k + 0.1), Math.min(y(0), y(value)), 0.8 * step, Math.abs(y(value) - y(0))));
    pen.fillStyle = colours.muted;
    pen.fillRect(left, y(0), end - left, 1);
    pen.fillText((low < 0 ? "±" : "") + twoDigits(reach), end + 5, base - tall / 2 + 6);
    pen.fillStyle = colours.ink;
    pen.fillText(name, 0, base - tall / 2 + 6);
  });
}
