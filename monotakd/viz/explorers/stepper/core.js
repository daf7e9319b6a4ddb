// The AP stepper without a page: which step is shown, what every object counts as in it.

function walkOf(facts, state) { return facts.walks[`${state.metric}|${state.difficulty}|${state.level}`]; }

function lastStep(facts, state) { return walkOf(facts, state).steps.length - 1; }

function stepOf(facts, state) { return walkOf(facts, state).steps[Math.min(state.step, lastStep(facts, state))]; }

/** The frame of the detection that the step adds; the first one before any. */
function frameOf(facts, state) {
  const [added] = stepOf(facts, state).added;
  return facts.frames.find((frame) => !added || frame.id === added[0]);
}

/** What an object counts as in this step. */
function statusOf(step, kind, frame, row) { return step[kind][`${frame.id}|${row}`] ?? (kind === "truths" ? "other class" : "below the score cut"); }

/** Everything that is drawn of a frame, truths first: object, status, whether it is a detection and whether it is new. */
function drawn(facts, state) {
  const step = stepOf(facts, state), frame = frameOf(facts, state), isNew = (row) => step.added.some(([id, one]) => id === frame.id && one === row);
  const of = (kind) => frame[kind].map((object, row) => ({ object, row, status: statusOf(step, kind, frame, row), detected: kind === "detections", fresh: kind === "detections" && isNew(row) }));
  return [...of("truths"), ...of("detections").filter(({ status }) => status !== "below the score cut")];
}

/** All detections, the surest first. */
function ranking(facts) {
  return facts.frames.flatMap((frame) => frame.detections.map((object, row) => ({ frame, object, row })))
    .sort((a, b) => b.object.score - a.object.score);
}

/** The step that keeps a detection. */
function stepThatKeeps(facts, state, score) { return walkOf(facts, state).steps.findIndex((step) => step.score === score); }

/** The region from above that holds all boxes, as a grid of one cell. */
function groundOf(facts) {
  const corners = facts.frames.flatMap(({ truths, detections }) => [...truths, ...detections]).flatMap(({ ground }) => ground ?? []);
  const [xs, ys] = [0, 1].map((axis) => corners.map((corner) => corner[axis]));
  return { lower: [0, Math.min(...ys) - 1.5], upper: [Math.max(...xs) + 2, Math.max(...ys) + 1.5], shape: [1, 1] };
}
