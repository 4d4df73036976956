// Stands in for the notebook in a saved page: a model made of plain values, and the view drawn on it.
function standIn(state) {
  const listeners = [];
  return {
    get: (name) => state[name],
    set: (name, value) => {
      if (sameValue(state[name], value)) return; // as in a notebook, and linked models would go on for ever
      state[name] = value;
      listeners.filter(([event]) => event === `change:${name}`).forEach(([, call]) => call());
    },
    save_changes: () => {},
    on: (event, call) => listeners.push([event, call]),
    off: (event, call) => {
      const at = listeners.findIndex(([name, other]) => name === event && other === call);
      if (at >= 0) listeners.splice(at, 1);
    },
    send: () => {},
  };
}

function sameValue(first, second) {
  return first === second || (typeof first === typeof second && JSON.stringify(first) === JSON.stringify(second) && !(first instanceof DataView));
}

function bytesOf(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i); // many times faster than Uint8Array.from
  return new DataView(bytes.buffer);
}

async function mount(identifier) {
  const state = JSON.parse(document.getElementById(`${identifier}-state`).textContent);
  for (const [name, text] of Object.entries(state.bytes)) state.values[name] = bytesOf(text);
  const model = standIn(state.values);
  (globalThis.workbenchModels ??= new Map()).set(identifier, model);
  if (widget.initialize) await widget.initialize({ model });
  await widget.render({ model, el: document.getElementById(identifier) });
}
