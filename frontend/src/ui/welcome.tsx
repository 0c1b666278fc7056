/** An empty chat: one line, and four ways to begin. */

const STARTERS = [
  { title: "Plan", text: "Plan a long weekend in Lisbon as a table with mornings, afternoons and evenings." },
  { title: "Code", text: "Write a Python function that finds duplicate files below a folder, and explain it." },
  { title: "Understand", text: "Explain the Fourier transform: first in words, then with its formula." },
  { title: "Write", text: "Write a short, friendly e-mail that asks for a deadline to be moved by a week." },
];

export function Welcome({ temporary, onPick }: { temporary: boolean; onPick(text: string): void }) {
  return (
    <section class="welcome" aria-labelledby="welcome">
      <h2 id="welcome">{temporary ? "Start a temporary chat" : "Start a thread"}</h2>
      <p>{temporary ? "It comes without your memories, and leaves none." : "It stays where you leave it: close the tab, restart, come back to any knot."}</p>
      <ul class="starters" role="list">
        {STARTERS.map(({ title, text }) => (
          <li key={title}>
            <button class="starter" type="button" onClick={() => onPick(text)}>
              <span class="starter-title">{title}</span>
              {text}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
