// The feature-gap explorer's two plots on canvases: depth and channels.

/** The depth distribution at the chosen pixel, with the depths that are read from it. */
function drawDepths(canvas, facts, bytes, state) {
  const found = depthAt(facts, bytes, state.uv), { colours } = facts;
  const title = !facts.depth ? "no depth distribution was given" : !found ? "depth: the cell lies outside the image" : "probability by depth (m)";
  if (!found) return void plotArea(canvas, colours, title);
  const cell = state.cell && project(facts.camera, [...cellCentre(facts.grid, state.cell), facts.camera.height]).depth;
  const marks = [["cell", cell, colours.chosen], ["mode", found.mode, colours.mode], ["mean", found.mean, colours.mean], ["true", found.truth, colours.truth]];
  drawDistribution(canvas, colours, title, facts.depth.edges, found.distribution, marks);
}

/** The features of the chosen cell in the two maps that are compared. */
function drawVectors(canvas, facts, bytes, state) {
  const { colours } = facts;
  const { pen, letter, left, right, top, bottom } = plotArea(canvas, colours, state.cell ? "channels of the cell: " : "channels: no cell chosen");
  if (!state.cell) return;
  const maps = [...new Set([state.a, state.b])].map((name) => facts.maps.find((map) => map.name === name));
  const vectors = maps.map((map) => vectorAt(facts, bytes, map, state.cell));
  const reach = Math.max(...vectors.flat().map(Math.abs), 1e-9), low = vectors.flat().some((value) => value < 0) ? -reach : 0;
  const y = (value) => bottom - ((value - low) / (reach - low)) * (bottom - top), step = (right - left) / facts.channels.length;
  let place = pen.measureText("channels of the cell: ").width + 14;
  vectors.forEach((vector, m) => {
    pen.fillStyle = [colours.teacher, colours.student][m];
    vector.forEach((value, k) => pen.fillRect(left + step * (k + 0.1 + 0.42 * m), Math.min(y(0), y(value)), 0.4 * step, Math.abs(y(value) - y(0))));
    pen.fillRect(place - 9, letter - 8, 7, 7);
    pen.fillStyle = colours.ink;
    pen.fillText(maps[m].name, place, letter);
    place += pen.measureText(maps[m].name).width + 18;
  });
  pen.fillStyle = colours.muted;
  pen.fillRect(left, y(0), right - left, 1);
  pen.fillText(`±${twoDigits(reach)}${comparable(...maps, ...maps) ? "" : "; channels not matched"}`, left, bottom + letter);
}
