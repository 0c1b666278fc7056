/** The conversation on its line: one turn per question, a knot where each ends. */

import type { Entry } from "../state/entry";
import type { App } from "../state/app";
import type { Conversation } from "../state/conversation";
import { Answer, Waiting } from "./answer";
import { AskCards } from "./asks";
import { focusOn } from "./focus";
import { Knot } from "./knot";
import { Question } from "./question";

interface Turn {
  key: string;
  question: Entry | null;
  answers: Entry[];
}

interface TurnsProps {
  app: App;
  conversation: Conversation;
}

export function Turns({ app, conversation }: TurnsProps) {
  const turns = inTurns(conversation.transcript.entries.value);
  const lastAnswered = turns.findLastIndex((turn) => turn.answers.length > 0 || isActive(conversation, turn));
  return (
    <div class="turns" data-away={conversation.away.value} data-empty={turns.length === 0}>
      {turns.map((turn, index) => (
        <TurnView key={turn.key} app={app} conversation={conversation} turn={turn} last={index === lastAnswered} />
      ))}
    </div>
  );
}

function TurnView({ app, conversation, turn, last }: TurnsProps & { turn: Turn; last: boolean }) {
  const { question, answers } = turn;
  const active = isActive(conversation, turn);
  const asked = active && conversation.transcript.asks.list.value.length > 0;
  const end = answers.at(-1) ?? question;
  const tied = !active && answers.length > 0;
  const retry = last && question && question.delivery.value.kind === "sent" && !conversation.running.value;
  const again = () => {
    // The button goes away with the answer.
    focusOn();
    if (question) void conversation.retry(question.id, app.data.models.length > 1 ? app.model.value : null);
  };
  return (
    <section class="turn" data-last={last} data-active={active} data-asked={asked}>
      {question && <Question app={app} conversation={conversation} entry={question} />}
      {answers.map((answer) => (
        <Answer
          key={answer.id}
          app={app}
          entry={answer}
          asked={asked}
          onRetry={retry ? again : null}
        />
      ))}
      {active && answers.length === 0 && !asked && <Waiting />}
      {active && <AskCards app={app} conversation={conversation} />}
      {tied && end && <Knot app={app} entry={end} />}
      {active && <span class="turn-tip" aria-hidden="true" />}
    </section>
  );
}

/** A turn begins with each question; the answers after it are its own. */
function inTurns(entries: readonly Entry[]): Turn[] {
  const turns: Turn[] = [];
  for (const entry of entries) {
    const last = turns.at(-1);
    if (entry.role === "user") turns.push({ key: entry.id, question: entry, answers: [] });
    else if (last) last.answers.push(entry);
    else turns.push({ key: entry.id, question: null, answers: [entry] });
  }
  return turns;
}

function isActive(conversation: Conversation, turn: Turn): boolean {
  const run = conversation.transcript.run.value;
  return run !== null && run.message === turn.question?.id;
}
