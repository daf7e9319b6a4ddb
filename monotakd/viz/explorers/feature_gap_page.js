// The explorer on a page of its own: a model that lives in the page, instead of one that is shared with a kernel.

class PageModel {
  constructor(values) { Object.assign(this, { values, listeners: [] }); }
  get(name) { return this.values[name]; }
  set(name, value) {
    this.values[name] = value;
    for (const [event, call] of this.listeners) if (event === `change:${name}`) call();
  }
  on(event, call) { this.listeners.push([event, call]); }
  off(event, call) { this.listeners = this.listeners.filter(([e, c]) => e !== event || c !== call); }
  save_changes() {}
}

function show(values, encoded) {
  const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
  window.explorerModel = new PageModel({ ...values, payload: new DataView(bytes.buffer) });
  explorer.render({ model: window.explorerModel, el: document.getElementById("explorer") });
}
