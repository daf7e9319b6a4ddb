// Elements and the look of all explorers. The scripts of this folder and an explorer's own are joined into one module.

const LINKED_STYLE = `
.linked{font:13px/1.35 system-ui,sans-serif;color:#1B2530;background:#fff;padding:6px;box-sizing:border-box;max-width:1400px}
.linked .bar{display:flex;flex-wrap:wrap;gap:4px 14px;align-items:center;margin:2px 0 6px}
.linked .bar label{white-space:nowrap}.linked :is(select,input,button){font:inherit;max-width:100%}
.linked .row{display:flex;flex-wrap:wrap;gap:10px;align-items:flex-start}
.linked figure{margin:0 0 6px}.linked figcaption b{font-weight:600}
.linked .small{font-size:11.5px;color:#56616B}.linked .mark{color:#A3341F}
.linked canvas{display:block;image-rendering:pixelated;touch-action:manipulation}.linked canvas.chooses{cursor:crosshair}
.linked :is(canvas,select,input,button):focus-visible{outline:3px solid #1F6FB5;outline-offset:1px}
.linked .said{margin:2px 0 6px;font-weight:600;min-height:1.35em}
.linked.stage{font-size:clamp(15px,2.7vh,26px);max-width:none}.linked.stage .small{font-size:.82em}.linked.stage figure{margin:0;min-width:14em;flex:none}.linked.stage .row{gap:16px;flex-wrap:nowrap}
.linked:fullscreen{max-width:none;overflow:auto;padding:12px}`;

/** An element with properties and children. */
function make(tag, options = {}, ...children) {
  const element = Object.assign(document.createElement(tag), options);
  element.append(...children);
  return element;
}

/** "fused F_S" as text with a lowered S, ready to be appended. */
function titled(text) {
  const [, before, below, after] = text.match(/^(.*?)_(\w+)(.*)$/) ?? [null, text, "", ""];
  return below ? [before, make("sub", { textContent: below }), after] : [text];
}

/** A list to choose from. */
function choice(names) {
  return make("select", {}, ...names.map((name) => make("option", { value: name, textContent: name })));
}

/** A slider. */
function range(min, max, step) { return make("input", { type: "range", min, max, step }); }

/** A box to tick. */
function tick() { return make("input", { type: "checkbox" }); }
