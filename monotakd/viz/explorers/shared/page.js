// An explorer on a page of its own: a model that lives in the page, instead of one that is shared with a kernel.

class PageModel {
  constructor(values) { Object.assign(this, { values, listeners: [], alone: true }); }
  get(name) { return this.values[name]; }
  set(name, value) {
    this.values[name] = value;
    for (const [event, call] of this.listeners) if (event === `change:${name}`) call();
  }
  on(event, call) { this.listeners.push([event, call]); }
  off(event, call) { this.listeners = this.listeners.filter(([e, c]) => e !== event || c !== call); }
  save_changes() {}
}

/** Bytes of a string that Python packed. */
function unpacked(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
}

/** Draws an explorer into the page, and tells a page around it how high it is. */
async function show(explorer, values, payload) {
  const [said, bytes] = await Promise.all([values, payload].map(unpacked)), el = document.getElementById("explorer");
  window.explorerModel = new PageModel({ ...JSON.parse(new TextDecoder().decode(said)), payload: new DataView(bytes) });
  explorer.render({ model: window.explorerModel, el });
  const tell = () => window.parent !== window && window.parent.postMessage({ explorerHeight: el.offsetHeight }, "*");
  new ResizeObserver(tell).observe(el);
}
