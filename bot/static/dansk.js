// Gradio has no Danish: it sets the page's language to English, and writes its own messages in English.
(() => {
  const lost = "Forbindelsen til serveren er afbrudt. Siden åbnes igen af sig selv.";
  const words = {
    "Error": "Fejl",
    "Warning": "Bemærk",
    "This application is currently busy. Please try again.": "Der er mange, der spørger lige nu. Prøv igen om lidt.",
    "Connection Lost": "Fejl",
    "Connection to the server was lost. Attempting reconnection...": lost,
    "Connection errored out.": "Forbindelsen til serveren er afbrudt. Prøv igen om lidt.",
    "Close": "Luk",
  };
  const failed = "Der gik noget galt. Prøv igen om lidt.";
  // What the server itself says when it refuses: `bot/shell.py`, `bot/login.py`. Anything else comes from Gradio, a proxy or the browser.
  const danish = new Set([
    ...Object.values(words),
    failed,
    "Adressen hører ikke til denne tjeneste.",
    "Du skal være logget ind for at bruge arkivet.",
    "Forespørgslen kommer fra en anden hjemmeside og er afvist.",
    "Forespørgslen påstår et login, men kommer ikke gennem loginserveren. Den er afvist.",
    "Forespørgslen har ikke ét entydigt login. Den er afvist.",
    "Siden findes ikke.",
    "Det kan man ikke på denne adresse.",
    "Forespørgslen blev ikke sendt færdig i tide.",
    "Forespørgslen er for stor. Den må højst fylde 16 KiB.",
    "Chatten tager kun imod tekst.",
    "Der er kommet mange forespørgsler fra din computer på kort tid. Prøv igen om lidt.",
    "Det tog for lang tid at svare. Prøv igen om lidt.",
  ]);
  const translate = (wrap) => {
    const texts = document.createTreeWalker(wrap, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const word = words[texts.currentNode.data.trim()];
      if (word) texts.currentNode.data = word;
      if (word === lost) document.dispatchEvent(new Event("st-afbrudt"));
    }
    for (const said of wrap.querySelectorAll('[data-testid="toast-text"]')) {
      if (!danish.has(said.textContent.trim())) said.textContent = failed;
    }
    for (const named of wrap.querySelectorAll("[aria-label]")) {
      const word = words[named.getAttribute("aria-label")];
      if (word) named.setAttribute("aria-label", word);
    }
  };
  const root = document.documentElement;
  const speakDanish = () => { if (root.lang !== "da") root.lang = "da"; };
  new MutationObserver(() => {
    speakDanish();
    document.querySelectorAll(".toast-wrap").forEach(translate);
  }).observe(root, { attributes: true, attributeFilter: ["lang"], childList: true, characterData: true, subtree: true });
  speakDanish();
})();
