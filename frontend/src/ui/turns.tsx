/** The conversation on its line: one turn per question, a knot where each ends. */

import { Fragment } from "preact";
import type { Entry } from "../state/entry";
import type { App } from "../state/app";
import type { Conversation } from "../state/conversation";
import { Answer, Waiting } from "./answer";
import { AskCards } from "./asks";
import { focusOn } from "./focus";
import { ForkToCome } from "./fork";
import { Knot } from "./knot";
import { Question } from "./question";
import { Continues, Restored, restoresAfter } from "./restored";

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
  const { transcript } = conversation;
  const turns = inTurns(transcript.entries.value);
  const lastAnswered = turns.findLastIndex((turn) => turn.answers.length > 0 || isActive(conversation, turn));
  return (
    <div class="turns" data-away={conversation.away.value} data-empty={turns.length === 0}>
      {turns.map((turn, index) => (
        <Fragment key={turn.key}>
          <TurnView app={app} conversation={conversation} turn={turn} last={index === lastAnswered} />
          {restoresAfter(conversation, idsOf(turn)).map((restore) => (
            <Restored key={restore.id} conversation={conversation} restore={restore} />
          ))}
        </Fragment>
      ))}
      <Continues conversation={conversation} />
    </div>
  );
}

function TurnView({ app, conversation, turn, last }: TurnsProps & { turn: Turn; last: boolean }) {
  const { question, answers } = turn;
  const { run, asks, place } = conversation.transcript;
  const active = isActive(conversation, turn);
  const asked = active && asks.list.value.length > 0;
  const end = answers.at(-1) ?? question;
  const tied = !active && answers.length > 0;
  const coming = active && answers.length === 0 && place.value?.run === run.value?.id ? place.value : null;
  return (
    <section class="turn" data-last={last} data-active={active} data-asked={asked}>
      {question && <Question key={question.id} app={app} conversation={conversation} entry={question} />}
      {answers.map((answer) => (
        <Answer
          key={answer.id}
          app={app}
          conversation={conversation}
          entry={answer}
          asked={asked}
          last={last}
          onAgain={question?.delivery.value.kind === "sent" ? (model) => answerAgain(app, conversation, question, model) : null}
        />
      ))}
      {coming && <ForkToCome siblings={coming.siblings} />}
      {active && answers.length === 0 && !asked && <Waiting />}
      {active && <AskCards app={app} conversation={conversation} />}
      {tied && end && <Knot app={app} conversation={conversation} entry={end} />}
      {active && <span class="turn-tip" aria-hidden="true" />}
    </section>
  );
}

function answerAgain(app: App, conversation: Conversation, question: Entry, model?: string): void {
  // The button goes away with the answer.
  focusOn();
  const chosen = app.data.models.length > 1 ? (model ?? app.model.value) : null;
  void conversation.branches.again(question.id, chosen);
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

function idsOf({ question, answers }: Turn): string[] {
  return [...(question ? [question] : []), ...answers].map(({ id }) => id);
}

function isActive(conversation: Conversation, turn: Turn): boolean {
  const run = conversation.transcript.run.value;
  return run !== null && run.message === turn.question?.id;
}
