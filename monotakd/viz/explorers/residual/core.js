// The residual explorer without a page: the cue in its form, and the state in words. Joined after feature_gap/core.js.

/** Where the slider stands among the thresholds that were sent. */
function stepOf(facts, state) {
  const nearest = facts.thresholds.map((threshold) => Math.abs(threshold - state.threshold));
  return nearest.indexOf(Math.min(...nearest));
}

function mapNamed(facts, name) { return facts.maps.find((map) => map.name === name); }

/** One element of the cue: a difference in the state's form. */
function inForm(difference, facts, state) {
  if (Math.abs(difference) <= facts.thresholds[stepOf(facts, state)] * facts.unit) return 0;
  return state.form === "binarised" ? 1 : state.form === "magnitude" ? Math.abs(difference) : difference;
}

/** The cue over the grid: all channels in one number, or a channel, by its place among those sent. */
function cueValues(facts, bytes, state) {
  if (state.channel < 0) {
    const form = facts.forms[state.form], step = stepOf(facts, state), size = facts.grid.shape[0] * facts.grid.shape[1];
    const codes = new Uint8Array(bytes, form.codes + step * size, size);
    return Float32Array.from(codes, (code) => form.low[step] + form.step[step] * code);
  }
  const [teacher, assistant] = ["teacher", "assistant"].map((name) => layerValues(facts, bytes, mapNamed(facts, name), state.channel));
  return teacher.map((value, i) => inForm(value - assistant[i], facts, state));
}

function cueLimits(facts, state) {
  const form = facts.forms[state.form];
  return state.channel < 0 ? form.limits : form.channel_limits[facts.channels[state.channel]];
}

/** Which layer of a map is shown beside the cue: the same channel, or all of them in the way that suits the form. */
function layerBeside(map, state) {
  if (state.channel >= 0) return state.channel;
  const mean = state.form === "signed" || (state.form === "binarised" && map.plain === "spatial");
  return mean ? map.channels + 1 : map.channels;
}

/** Names and features of the chosen cell: teacher, assistant, residual and student. */
function vectorsAt(facts, bytes, state) {
  if (!state.cell) return [];
  const found = ["teacher", "assistant"].map((name) => [name, vectorAt(facts, bytes, mapNamed(facts, name), state.cell)]);
  const [[, teacher], [, assistant]] = found;
  found.push(["residual", teacher.map((value, k) => inForm(value - assistant[k], facts, state))]);
  const student = mapNamed(facts, "spatial");
  return student ? [...found, ["spatial", vectorAt(facts, bytes, student, state.cell)]] : found;
}

/** Where each row of the chosen cell's channels is largest, in words. */
function largestWords(facts, bytes, state) {
  const rows = vectorsAt(facts, bytes, state).map(([name, vector]) => {
    const sizes = vector.map(Math.abs), place = sizes.indexOf(Math.max(...sizes));
    return `${name} ${vector[place].toFixed(2)} in channel ${facts.channels[place]}`;
  });
  return rows.length ? `largest: ${rows.join(", ")}` : "";
}

/** How much a map is like the cue, in words; null where that was not measured. */
function likenessWords(facts, state, name) {
  const measured = facts.forms[state.form].likeness[stepOf(facts, state)];
  if (!(name in measured)) return null;
  if (measured[name] === null) return "the cue says the same everywhere";
  const { cka, cka_floor: ckaFloor, cosine, cosine_floor: cosineFloor } = measured[name];
  const beside = (value, floor) => (value === null ? "none" : value.toFixed(2)) + (floor === null ? "" : ` (floor ${floor.toFixed(2)})`);
  return `CKA ${beside(cka, ckaFloor)}` + (cosine === null ? "" : `, cosine ${beside(cosine, cosineFloor)}`);
}

/** Per cell in each group, in words. */
function energyWords(facts, state) {
  const { whole } = facts.forms[state.form].energy[stepOf(facts, state)];
  return facts.groups.map(({ name }, i) => `${name} ${whole[i] === null ? "none" : whole[i].toFixed(2)}`).join(", ");
}

/** The state in words: the text alternative of the pictures. */
function describeResidual(facts, bytes, state) {
  const words = [`${state.form} above ${facts.thresholds[stepOf(facts, state)].toFixed(1)} RMS of F_T, ${facts.mark}: ${energyWords(facts, state)}`];
  const like = likenessWords(facts, state, "spatial");
  if (like) words.push(`spatial like it: ${like}`);
  if (state.cell) {
    const [x, y] = cellCentre(facts.grid, state.cell), side = y >= 0 ? "left" : "right";
    words.push(`cell (${state.cell.join(", ")}): ${x.toFixed(1)} m ahead, ${Math.abs(y).toFixed(1)} m to the ${side}`);
  } else words.push("no cell chosen");
  return words.join("; ");
}
