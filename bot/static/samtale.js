// What the chat page does by itself: earlier answers, filters, links to questions, copying, saving, verdicts.
// It stores nothing, but for what is in the fields when the connection is lost: the tab keeps it until it is there again.
const spoergetime = (() => {
  const MOST = 20; // answers that stay, as many as the server remembers
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // Messages that are seen and heard alike; they leave by themselves.
  let told, leaving;
  const tell = (sentence) => {
    told.textContent = "";
    clearTimeout(leaving);
    requestAnimationFrame(() => { told.textContent = sentence; });
    leaving = setTimeout(() => { told.textContent = ""; }, 6000);
  };

  // Filters, written as in an address.
  const fields = () => all("#st-filtre input").filter((field) => field.type !== "radio" || field.checked);
  const filters = () => {
    const given = new URLSearchParams();
    for (const field of fields()) if (field.value.trim()) given.set(field.name, field.value.trim());
    return given.toString();
  };
  const countFilters = () => {
    const count = [...new URLSearchParams(filters())].length;
    find("#st-antal").textContent = count ? `: ${count} valgt` : "";
    find("#st-nulstil").hidden = !count;
  };
  const setFilters = (given) => {
    for (const field of all("#st-filtre input")) {
      const value = given.get(field.name) ?? "";
      if (field.type === "radio") field.checked = field.value === value;
      else field.value = value;
    }
    countFilters();
    if (filters()) find("#st-filtre").open = true;
  };

  const write = (text) => {
    const box = find("#st-boks textarea");
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };
  let asked;
  const asking = (question) => { asked = question; return filters(); };
  const ask = (question) => {
    write(question);
    setTimeout(() => find("#st-send").click());
  };

  // The newest answer is taken from where Gradio sets it down: there, the next would be made of the same elements.
  const arrive = () => {
    const talk = find("#st-samtale"), answer = find("#st-nyt .st-svar");
    if (!talk || !answer) return;
    fold(talk, MOST);
    talk.prepend(answer);
    if (find("#st-boks textarea").value === asked) write("");  // else the next question is being written
  };
  const clear = () => find("#st-samtale").replaceChildren();

  // A link to a question holds it after the #, which browsers send to nobody. It is read once and taken out of the
  // address, so that it does not stay there when something else is asked. What was written when the connection was lost
  // is there again, but not asked: what cannot be sent would be lost again, for ever.
  const openLink = () => {
    const lost = history.state?.lost;
    const given = new URLSearchParams(lost ?? location.hash.slice(1));
    const question = given.get("q"), box = find("#st-boks textarea"), send = find("#st-send");
    if (!question || !box || !send || !find("#st-filtre")) return !question;
    history.replaceState(null, "", location.pathname + location.search);
    setFilters(given);
    if (lost) {
      write(question);
      tell("Forbindelsen til serveren er der igen. Dit spørgsmål står i feltet.");
    } else ask(question);
    return true;
  };
  // Gradio then does nothing more, and loads the page again as soon as the server is there.
  const keep = () => {
    const given = new URLSearchParams(filters());
    given.set("q", find("#st-boks textarea").value);
    history.replaceState({ lost: given.toString() }, "");
  };
  document.addEventListener("st-afbrudt", () => {
    find("#st-besked .st-soeger")?.remove();
    keep();
    document.addEventListener("input", keep);
  });

  const copy = async (text, shown, done) => {
    shown.hidden = false;
    try {
      await navigator.clipboard.writeText(text);
      return tell(done);
    } catch { /* not allowed, or no secure connection */ }
    getSelection().selectAllChildren(shown);
    tell(document.execCommand("copy") ? done : "Browseren tillader ikke kopiering. Teksten er markeret, så du selv kan kopiere den.");
  };
  const copyReference = (button) => {
    const within = button.closest("details");
    for (const text of all("pre", within)) text.hidden = true;
    const shown = find(`pre[data-form="${button.dataset.kopi}"]`, within);
    return copy(shown.textContent, shown, `Henvisningen er kopieret: ${button.textContent}.`);
  };
  const copyLink = (button) => {
    const shown = button.parentElement.nextElementSibling;
    shown.textContent = `${location.origin}${location.pathname}#${button.dataset.link}`;
    return copy(shown.textContent, shown, "Linket til spørgsmålet er kopieret.");
  };

  const judge = async (button) => {
    const { dokument, uddrag, spurgt } = button.parentElement.dataset;
    const verdict = { document: dokument, passage: uddrag, useful: button.dataset.hjalp === "ja", question: spurgt };
    try {
      const answer = await fetch("api/feedback", {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(verdict),
      });
      if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error);
      for (const one of all("button", button.parentElement)) one.setAttribute("aria-pressed", String(one === button));
      tell("Tak, din vurdering er gemt.");
    } catch (error) {
      tell(error instanceof TypeError || !error.message ? "Din vurdering kunne ikke gemmes." : error.message);
    }
  };

  const save = (name, text) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    tell(`Samtalen er gemt som ${name}.`);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button");
    if (!button) return;
    if (button.matches(".st-eksempel")) ask(button.textContent);
    else if (button.dataset.kopi) copyReference(button);
    else if (button.dataset.link) copyLink(button);
    else if (button.dataset.hjalp) judge(button);
    else if (button.id === "st-nulstil") { setFilters(new URLSearchParams()); find("#st-filtre summary").focus(); }
  });
  document.addEventListener("input", (event) => { if (event.target.closest?.("#st-filtre")) countFilters(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches?.("#st-filtre input")) find("#st-send").click();
  });
  document.addEventListener("DOMContentLoaded", () => {
    told = document.createElement("div");
    told.id = "st-kvittering";
    told.setAttribute("role", "status");
    document.body.append(told);
    new MutationObserver(arrive).observe(document.body, { childList: true, subtree: true });
    if (!openLink()) {
      const waiting = new MutationObserver(() => { if (openLink()) waiting.disconnect(); });
      waiting.observe(document.body, { childList: true, subtree: true });
    }
  });
  addEventListener("hashchange", openLink);
  return { asking, save, clear };
})();
