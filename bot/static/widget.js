// Spørgetime's widget: a button that opens the archive's slim chat in a dialog. How to use it: docs/widget.md.
(() => {
  "use strict";
  const VERSION = 1;
  const script = document.currentScript;
  const options = script.dataset;
  const base = new URL(options.server || script.src);
  const server = base.origin;
  const page = new URL("widget", base).href;
  const label = options.label || "Spørg arkivet";

  // A constructed style sheet and the object model: a host page's style-src has nothing to allow.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; color-scheme: light dark; --side: light-dark(#f7f6f3, #15181b); --tekst: light-dark(#1d2125, #e9e6df);
      --kant: light-dark(#85888c, #7c8288); --link: light-dark(#0f4c81, #93c4f0);
      --afstand: var(--spoergetime-offset, 1.25rem); --runding: var(--spoergetime-radius, 6px);
      --skrift: var(--spoergetime-font, system-ui, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif); }
    :host([data-theme="light"]) { color-scheme: light; }
    :host([data-theme="dark"]) { color-scheme: dark; }
    button { font: 600 1rem/1.2 var(--skrift); cursor: pointer; border-radius: var(--runding); }
    button:focus-visible, a:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
    #open { position: fixed; z-index: 2147483000; bottom: var(--afstand); right: var(--afstand); min-height: 3rem;
      padding: 0.7rem 1.2rem; border: 1px solid transparent; box-shadow: 0 2px 8px rgb(0 0 0 / 0.3);
      background: var(--accent, var(--spoergetime-accent, #7d1a2b)); color: var(--on-accent, #fff); }
    :host([data-position="left"]) :is(#open, dialog) { right: auto; left: var(--afstand); }
    dialog { position: fixed; inset: auto var(--afstand) var(--afstand) auto; box-sizing: border-box; margin: 0; padding: 0;
      width: min(var(--spoergetime-width, 28rem), 100vw - 2 * var(--afstand)); max-width: none;
      height: min(var(--height, 24rem), 100dvh - 2 * var(--afstand)); max-height: none; overflow: hidden;
      color: var(--tekst); background: var(--side); border: 1px solid var(--kant); border-radius: var(--runding);
      box-shadow: 0 8px 32px rgb(0 0 0 / 0.35); font: 1rem/1.5 var(--skrift); }
    dialog[open] { display: flex; flex-direction: column; }
    dialog::backdrop { background: rgb(0 0 0 / 0.35); }
    header { display: flex; align-items: center; justify-content: space-between; gap: 1rem; padding: 0.4rem 0.5rem 0.4rem 1rem; }
    h2 { margin: 0; font: 600 1rem/1.3 var(--skrift); overflow-wrap: anywhere; }
    #close { min-height: 2.5rem; padding: 0.3rem 0.9rem; font-weight: 400; color: inherit; background: none;
      border: 1px solid var(--kant); }
    p { margin: 0; padding: 0.5rem 1rem; }
    a { color: var(--link); }
    iframe { flex: 1; width: 100%; min-height: 0; border: 0; background: var(--side); }
    [hidden] { display: none !important; }
    @media (max-width: 30rem) {
      dialog, :host([data-position="left"]) dialog { inset: 0; width: 100vw; height: 100dvh; border: 0; border-radius: 0; }
    }
    @media print { #open { display: none; } }`);

  const make = (name, more, ...inside) => {
    const element = Object.assign(document.createElement(name), more);
    element.append(...inside);
    return element;
  };
  const box = make("spoergetime-widget", { lang: "da" });
  const open = make("button", { id: "open", type: "button", textContent: label, ariaHasPopup: "dialog" });
  const close = make("button", { id: "close", type: "button", textContent: "Luk" });
  const link = make("a", { href: new URL(".", base).href, target: "_blank", rel: "noopener",
    textContent: "Åbn Spørgetime i et nyt vindue" });
  const sorry = make("p", { hidden: true }, "Spørgetime kan ikke vises her. ", link);
  const wait = make("p", { textContent: "Henter …" });
  const note = make("div", { role: "status" }, wait, sorry);
  const title = make("h2", { id: "title", textContent: label });
  const dialog = make("dialog", {}, make("header", {}, title, close), note);
  dialog.setAttribute("aria-labelledby", "title");

  let frame = null;
  let ready = false;
  const send = (type, more) => frame?.contentWindow?.postMessage({ spoergetime: VERSION, type, ...more }, server);

  // The accent may be any colour: the browser tells what it comes to, and the text on it is white or black.
  const dress = () => {
    const theme = ["light", "dark"].includes(options.theme) ? options.theme : "auto";
    box.dataset.theme = theme;
    box.dataset.position = options.position === "left" ? "left" : "right";
    box.style.removeProperty("--accent");
    if (options.accent && CSS.supports("color", options.accent)) box.style.setProperty("--accent", options.accent);
    const parts = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(getComputedStyle(open).backgroundColor)?.slice(1).map(Number);
    if (!parts) return { theme };
    const [red, green, blue] = parts.map((v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    box.style.setProperty("--on-accent", light > 0.179 ? "#000" : "#fff");
    return { theme, accent: "#" + parts.map((v) => v.toString(16).padStart(2, "0")).join("") };
  };

  const load = () => {
    frame = make("iframe", { title: "Spørgetime", lang: "da", src: page, referrerPolicy: "no-referrer", hidden: true });
    frame.sandbox = "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox";
    frame.addEventListener("load", () => send("hello", { ...dress(), sources: options.sources === "host" }));
    dialog.append(frame);
    // A page that this site may not frame never answers.
    setTimeout(() => {
      wait.hidden = true;
      sorry.hidden = ready;
    }, 8000);
  };
  const hears = {
    height: ({ height }) => {
      if (!Number.isFinite(height) || height < 0) return;
      if (!ready) {
        ready = true;
        note.hidden = true;
        frame.hidden = false;
        focus();
      }
      // What stands around the frame stays as it is.
      const around = dialog.offsetHeight - frame.offsetHeight;
      dialog.style.setProperty("--height", `${Math.max(160, height + around)}px`);
    },
    close: () => dialog.close(),
    source: ({ url }) => {
      if (typeof url !== "string" || !url.startsWith(new URL("kilde/", base).href)) return;
      const event = new CustomEvent("spoergetime:source", { bubbles: true, cancelable: true, detail: { url } });
      if (script.dispatchEvent(event)) window.open(url, "_blank", "noopener");
    },
  };
  addEventListener("message", ({ source, origin, data }) => {
    if (!frame || source !== frame.contentWindow || origin !== server || data?.spoergetime !== VERSION) return;
    if (Object.hasOwn(hears, data.type)) hears[data.type](data);
  });

  const focus = () => {
    if (!ready || !dialog.open) return;
    frame.focus();
    send("focus");
  };
  open.addEventListener("click", () => {
    dialog.showModal();
    if (frame) focus();
    else load();
  });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => open.focus());
  new MutationObserver(() => send("theme", dress())).observe(script, {
    attributeFilter: ["data-theme", "data-accent", "data-position"],
  });

  const start = () => {
    const shadow = box.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [sheet];
    shadow.append(open, dialog);
    document.body.append(box);
    dress();
  };
  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);
})();
