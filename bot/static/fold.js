// Folds the newest answer of a conversation away, below the one that takes its place. Chat and widget alike.
const fold = (talk, most) => {
  const answer = talk.querySelector(":scope > .st-svar");
  if (!answer) return;
  let earlier = talk.querySelector(".st-tidligere");
  if (!earlier) {
    earlier = document.createElement("section");
    earlier.className = "st-tidligere";
    earlier.append(document.createElement("h2"));
    earlier.firstChild.textContent = "Tidligere spørgsmål";
  }
  const [question, ...rest] = answer.childNodes;
  const summary = document.createElement("summary");
  const folded = document.createElement("details");
  summary.append(...question.childNodes);
  folded.append(summary, ...rest);
  earlier.firstChild.after(folded);
  while (earlier.children.length > most) earlier.lastChild.remove();
  talk.replaceChildren(earlier);
};
