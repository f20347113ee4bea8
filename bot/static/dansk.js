// Gradio has no Danish: it sets the page's language to English, and writes its own messages in English.
(() => {
  const words = {
    "Error": "Fejl",
    "Warning": "Bemærk",
    "This application is currently busy. Please try again.": "Der er mange, der spørger lige nu. Prøv igen om lidt.",
    "Connection to the server was lost. Attempting reconnection...":
      "Forbindelsen til serveren er afbrudt. Prøv igen om lidt.",
    "Connection errored out.": "Forbindelsen til serveren er afbrudt. Prøv igen om lidt.",
    "Close": "Luk",
  };
  const translate = (wrap) => {
    const texts = document.createTreeWalker(wrap, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const danish = words[texts.currentNode.data.trim()];
      if (danish) texts.currentNode.data = danish;
    }
    for (const named of wrap.querySelectorAll("[aria-label]")) {
      const danish = words[named.getAttribute("aria-label")];
      if (danish) named.setAttribute("aria-label", danish);
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
