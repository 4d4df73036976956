// A page that is read from a disk may not start a worker; its search then runs in a hidden frame.
// Material's own way is to fetch such a script from another machine; the file's name tells it not to.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(address) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      frame.title = "Search";
      document.body.append(frame);
      const inside = frame.contentWindow;
      inside.postMessage = (data) => {
        const message = new MessageEvent("message", { data });
        this.dispatchEvent(message);
        this.onmessage?.(message);
      };
      inside.importScripts = (...scripts) => Promise.all(scripts.map((one) => load(inside, one)));
      this.tell = load(inside, address).then(() => (data) => {
        inside.dispatchEvent(new inside.MessageEvent("message", { data }));
      });
    }

    postMessage(data) {
      this.tell.then((tell) => tell(data));
    }

    terminate() {}
  };

  const load = (inside, address) =>
    new Promise((done, failed) => {
      const script = inside.document.createElement("script");
      Object.assign(script, { src: address, onload: done, onerror: failed });
      inside.document.head.append(script);
    });
}
