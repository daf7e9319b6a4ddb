// The 3D explorer without a page: where the camera stands, what a ray hits, what is chosen, in words.
// Points and boxes are in the LiDAR frame: x forward, y left, z up, metres.

const sum = (a, b, share = 1) => a.map((value, i) => value + share * b[i]);
const dot = (a, b) => a.reduce((total, value, i) => total + value * b[i], 0);
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

/** The box that is chosen: of which set, which row; null where there is none. */
function chosenBox(facts, state) {
  if (!state.chosen) return null;
  const set = facts.sets.find((one) => one.name === state.chosen[0]);
  return set ? set.boxes[state.chosen[1]] ?? null : null;
}

/** The boxes that are drawn: [set, row, box], set after set. */
function shownBoxes(facts, state) {
  return facts.sets.filter((set) => !state.hidden.includes(set.name)).flatMap((set) => set.boxes.flatMap((box, row) =>
    (box.score === null || box.score >= state.min_score ? [[set, row, box]] : [])));
}

/** The view in effect: a followed box is its target, and the camera keeps the distance for close views. */
function viewOf(facts, state) {
  const box = state.follow ? chosenBox(facts, state) : null;
  return box ? { ...state.view, target: box.values.slice(0, 3), distance: state.close } : state.view;
}

/** Camera of a view: eye and axes (right, down, forward). */
function cameraOf(view) {
  const [turn, rise] = [view.azimuth, view.elevation];
  const away = [-Math.cos(rise) * Math.cos(turn), -Math.cos(rise) * Math.sin(turn), Math.sin(rise)];
  const forward = away.map((value) => -value), right = [Math.sin(turn), -Math.cos(turn), 0];
  return { eye: sum(view.target, away, view.distance), right, down: cross(forward, right), forward };
}

/** 4 x 4 clip_from_lidar, column after column, for a picture of this width and height. */
function clipFromLidar(facts, camera, width, height) {
  const near = 0.3, far = 400, f = 1 / Math.tan(facts.field_of_view / 2), { eye } = camera;
  const rows = [
    camera.right.map((value) => (value * f * height) / width), camera.down.map((value) => -value * f),
    camera.forward.map((value) => (value * (far + near)) / (far - near)), camera.forward,
  ];
  const last = rows.map((row) => -dot(row, eye));
  last[2] -= (2 * far * near) / (far - near);
  return [0, 1, 2].flatMap((column) => rows.map((row) => row[column])).concat(last);
}

/** Place of a point on a picture of this width and height; null behind the camera. */
function onScreen(facts, camera, width, height, point) {
  const away = sum(point, camera.eye, -1), depth = dot(away, camera.forward);
  if (depth < 0.3) return null;
  const focal = height / 2 / Math.tan(facts.field_of_view / 2);
  return [width / 2 + (focal * dot(away, camera.right)) / depth, height / 2 + (focal * dot(away, camera.down)) / depth];
}

/** What lies under a place of the 3D picture: a ray. */
function rayOfScreen(facts, camera, width, height, [x, y]) {
  const focal = height / 2 / Math.tan(facts.field_of_view / 2);
  const direction = sum(sum(camera.forward, camera.right, (x - width / 2) / focal), camera.down, (y - height / 2) / focal);
  return { origin: camera.eye, direction };
}

/** What the camera sees at a pixel: a ray. */
function rayOfPixel(facts, [u, v]) {
  const M = facts.camera.lidar_from_img;
  return { origin: facts.camera.origin, direction: [0, 1, 2].map((i) => M[3 * i] * u + M[3 * i + 1] * v + M[3 * i + 2]) };
}

/** What lies at a place seen from above: a ray straight down. */
function rayFromAbove([x, y]) { return { origin: [x, y, 100], direction: [0, 0, -1] }; }

/** Where a ray enters a box, in units of its direction; null where it misses. */
function entryOf(ray, [x, y, z, length, width, height, yaw]) {
  const [c, s] = [Math.cos(yaw), Math.sin(yaw)], away = sum(ray.origin, [x, y, z], -1), d = ray.direction;
  const local = (v) => [c * v[0] + s * v[1], -s * v[0] + c * v[1], v[2]];
  const [from, to] = [local(away), local(d)];
  let enter = -Infinity, leave = Infinity;
  for (const [axis, half] of [length / 2, width / 2, height / 2].entries()) {
    const ends = [(-half - from[axis]) / to[axis], (half - from[axis]) / to[axis]];
    if (to[axis] === 0 && Math.abs(from[axis]) > half) return null;
    if (to[axis] === 0) continue;
    enter = Math.max(enter, Math.min(...ends));
    leave = Math.min(leave, Math.max(...ends));
  }
  return enter <= leave && leave > 0 ? Math.max(enter, 0) : null;
}

/** The box that a ray hits first; pressed again, the one behind it. Null where it hits none. */
function pick(facts, state, ray) {
  const hits = shownBoxes(facts, state).map(([set, row, box]) => ({ chosen: [set.name, row], at: entryOf(ray, box.values) }))
    .filter(({ at }) => at !== null).sort((a, b) => a.at - b.at);
  if (!hits.length) return null;
  const now = state.chosen ? hits.findIndex(({ chosen }) => String(chosen) === String(state.chosen)) : -1;
  return hits[(now + 1) % hits.length].chosen;
}

/** The next box that is shown, near ones first, or the one before. */
function neighbour(facts, state, step) {
  const order = shownBoxes(facts, state).sort((a, b) => a[2].values[0] - b[2].values[0]).map(([set, row]) => [set.name, row]);
  if (!order.length) return null;
  const now = state.chosen ? order.findIndex((one) => String(one) === String(state.chosen)) : -1;
  return order[now < 0 ? (step > 0 ? 0 : order.length - 1) : (now + step + order.length) % order.length];
}

/** What is chosen and what is shown, in words. */
function describeScene(facts, state) {
  const box = chosenBox(facts, state);
  if (box) return box.words;
  const seen = facts.sets.filter((set) => !state.hidden.includes(set.name));
  const counts = seen.map((set) => `${set.name} ${shownBoxes(facts, state).filter(([one]) => one === set).length}`);
  return `no box chosen; shown: ${counts.join(", ") || "no boxes"}`;
}
