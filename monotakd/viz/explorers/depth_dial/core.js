// The depth dial without a page: the position that is shown, and the depth distribution there.

/** What the student makes of the chosen position. */
function positionOf(facts, state) {
  return facts.positions[(state.truth * facts.shifts.length + state.shift) * facts.blurs.length + state.blur];
}

/** The distribution at a pixel, turned as the sliders say; with its mode, mean and the true depth. */
function turnedDepth(facts, bytes, state) {
  const { shape: [channels, rows, columns], stride, centres, ...at } = facts.depth, cells = rows * columns, bins = channels - 1;
  const [u, v] = state.uv.map(roundEven), cell = Math.floor(v / stride) * columns + Math.floor(u / stride);
  const codes = new Uint8Array(bytes, at.codes, channels * cells), [largest, truth] = [0, 1].map((k) =>
    new Float32Array(bytes, at.tables, 2 * cells)[k * cells + cell]);
  const bin = new Uint8Array(bytes, at.true_bin, cells)[cell], share = bin === 255 ? 0 : facts.truths[state.truth];
  let p = Array.from({ length: channels }, (_, k) => ((1 - share) * largest * codes[k * cells + cell]) / 255 + (k === bin ? share : 0));
  for (const [matrices, place] of [[at.shift_matrices, state.shift], [at.blur_matrices, state.blur]]) {
    p = spreadBy(new Float32Array(bytes, matrices + 4 * place * bins * bins, bins * bins), p);
  }
  const inside = p.slice(0, bins), total = inside.reduce((sum, value) => sum + value, 0);
  const mean = inside.reduce((sum, value, k) => sum + value * centres[k], 0) / total;
  return { distribution: p, mode: centres[inside.indexOf(Math.max(...inside))], mean, truth: Number.isNaN(truth) ? null : truth };
}

/** Moves the mass of the bins as a matrix (to, from) says; what it loses goes to "beyond". */
function spreadBy(matrix, p) {
  const bins = p.length - 1, moved = new Array(p.length).fill(0);
  let lost = p[bins];
  for (let from = 0; from < bins; from++) {
    if (p[from] === 0) continue;
    let kept = 0;
    for (let to = 0; to < bins; to++) {
      const part = matrix[to * bins + from] * p[from];
      moved[to] += part;
      kept += part;
    }
    lost += Math.max(0, p[from] - kept);
  }
  moved[bins] = lost;
  return moved;
}

/** The position in words, as `dial.key_words` says it. */
function dialWords(facts, state) {
  const [truth, shift, blur] = [facts.truths[state.truth], facts.shifts[state.shift], facts.blurs[state.blur]];
  const words = [`${roundEven(100 * truth)}% true depth`];
  if (shift) words.push(`${Math.abs(shift)} m too ${shift > 0 ? "far" : "near"}`);
  if (blur) words.push(`blurred by ${blur} m`);
  return words.join(", ");
}
