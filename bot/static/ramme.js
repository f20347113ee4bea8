// The slim page inside a frame: asks without leaving the page, and talks with the page that frames it.
(() => {
  "use strict";
  const VERSION = 1;
  const root = document.documentElement;
  const form = document.querySelector("form");
  const box = document.getElementById("boks");
  const told = document.getElementById("besked");
  const talk = document.getElementById("st-samtale");
  const lost = "Forbindelsen til serveren er afbrudt. Prøv igen om lidt.";

  const say = (sentence, name) => {
    const line = document.createElement("p");
    line.className = name;
    line.textContent = sentence;
    told.replaceChildren(line);
  };

  const show = (page) => {
    told.replaceChildren(...page.getElementById("besked").childNodes);
    document.getElementById("forrige").replaceChildren(...page.getElementById("forrige").childNodes);
    const answer = page.querySelector("#st-samtale > .st-svar");
    if (!answer) return;
    document.getElementById("eksempler")?.remove();
    fold(talk, 20);
    talk.prepend(answer);
    box.value = "";
    box.focus();
    scrollTo(0, 0);
  };

  let busy = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    say("Søger …", "st-soeger");
    // The answer is asked for as a document, so that no string is ever made markup here.
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.responseType = "document";
    request.timeout = 60000;
    request.setRequestHeader("Accept", "text/html");
    request.onloadend = () => {
      busy = false;
      const page = request.response;
      if (page?.getElementById("besked")) return show(page);
      say(page?.querySelector("main p")?.textContent || lost, "st-fejl");
    };
    request.send(new URLSearchParams(new FormData(form, event.submitter)));
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });

  const dress = ({ theme, accent }) => {
    if (["light", "dark", "auto"].includes(theme)) root.dataset.theme = theme;
    const parts = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(accent)?.slice(1).map((two) => parseInt(two, 16) / 255);
    if (!parts) return;
    const [red, green, blue] = parts.map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    root.style.setProperty("--knap", accent);
    // White or black, whichever stands out more.
    const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    root.style.setProperty("--knap-tekst", light > 0.179 ? "#000000" : "#ffffff");
  };
  dress(Object.fromEntries(new URLSearchParams(location.hash.slice(1))));

  // Nothing is sent before a page of an allowed origin has spoken, and then to that origin alone.
  const origins = root.dataset.origins.split(" ").filter(Boolean);
  let host = null;
  let opensSources = false;
  const send = (type, more) => host && parent.postMessage({ spoergetime: VERSION, type, ...more }, host);
  const measure = () => send("height", { height: Math.ceil(document.body.getBoundingClientRect().height) });
  addEventListener("message", (event) => {
    const { source, origin, data } = event;
    if (parent === window || source !== parent || !origins.includes(origin) || data?.spoergetime !== VERSION) return;
    if (data.type === "hello") {
      host = origin;
      opensSources = data.sources === true;
      dress(data);
      measure();
    } else if (data.type === "theme") {
      dress(data);
    } else if (data.type === "focus") {
      box.focus();
    }
  });
  new ResizeObserver(measure).observe(document.body);
  addEventListener("keydown", (event) => event.key === "Escape" && send("close"));
  addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!host || !opensSources || event.ctrlKey || event.metaKey || !link || !new URL(link.href).pathname.includes("/kilde/")) return;
    event.preventDefault();
    send("source", { url: link.href });
  });
})();
