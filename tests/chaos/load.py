"""People who chat: each on a thread of their own, one question after another, until told to stop."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from itertools import count

from bench.script import Ask
from tests.chaos.installation import Installation
from tests.chaos.page import Page, Said
from tests.chaos.requests import Failed

TURNS = 20  # then a new thread: a fetched state holds 50 messages
ANSWERED = 90.0
_seeds = count(1)


@dataclass
class Tally:
    """What all clients together saw and what the database holds. All but the first two must be nothing."""

    sent: int = 0
    answered: int = 0
    lost: int = 0  # acknowledged, and not in the database or without an answer
    twice: int = 0  # messages or answers too many
    wrong: int = 0  # answers that are not what the endpoint said
    gaps: int = 0  # events of the log that a client did not get, got again, or out of order
    unlike: int = 0  # pages that differ from a fresh fetch
    refused: int = 0  # messages refused, or answered with an error
    problems: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.lost or self.twice or self.wrong or self.gaps or self.unlike or self.refused)

    def said(self) -> str:
        """The figures as a sentence."""
        return (
            f"{self.answered} of {self.sent} messages answered; {self.lost} lost, {self.twice} twice, "
            f"{self.wrong} wrong, {self.gaps} gaps or repeats, {self.unlike} pages unlike a fresh fetch"
            + (f", {self.refused} refused" if self.refused else "")
        )


def ask(chance: random.Random, tokens: tuple[int, int] = (10, 120), rate: int = 40) -> Ask:
    """A question that was never asked before, answered in 0.25 to 3 seconds."""
    return Ask(next(_seeds), chance.randint(*tokens), rate)


class Load:
    """Clients at work. `async with Load(...) as load:` begins it; `settle` ends it and judges."""

    def __init__(self, site: Installation, people: int, seed: int, *, copies: int = 3, pause: float = 0.3) -> None:
        self._site, self._seed, self._copies, self._pause = site, seed, copies, pause
        self._people = people
        self.pages: list[Page] = []
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Load:
        self._tasks = [asyncio.create_task(self._chat(person)) for person in range(self._people)]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, *(page.leave() for page in self.pages), return_exceptions=True)

    def stop(self) -> None:
        """No new questions."""
        self._stopping.set()

    async def settle(self) -> Tally:
        """No new questions; wait for the answers of those asked; compare everything with the database."""
        self.stop()
        await asyncio.gather(*self._tasks)
        return await tally(self._site, self.pages)

    async def _chat(self, person: int) -> None:
        chance = random.Random(f"{self._seed} {person}")
        page = self._open(person, chance)
        while not self._stopping.is_set():
            if len(page.said) >= TURNS:
                page = self._open(person, chance)
            said = page.say(ask(chance), chance.randint(1, self._copies))
            if not await _settled(page, said, ANSWERED):
                return
            await asyncio.sleep(chance.random() * self._pause)

    def _open(self, person: int, chance: random.Random) -> Page:
        page = Page(self._site.address(person), seed=chance.randrange(1 << 30))
        self.pages.append(page)
        return page


async def tally(site: Installation, pages: list[Page], patience: float = ANSWERED) -> Tally:
    """Judge what pages saw, once everything is answered or patience is at its end."""
    found = Tally()
    await asyncio.gather(*(_settled(page, said, patience) for page in pages for said in page.said))
    by_thread: dict[str, list[Page]] = {}
    for page in pages:
        by_thread.setdefault(str(page.thread), []).append(page)
    for tabs in by_thread.values():
        await _judge_stored(site, tabs, found)
    await asyncio.gather(*(_judge_page(site, page, found) for page in pages))
    return found


async def _settled(page: Page, said: Said, patience: float) -> bool:
    """Wait until a message is refused, or answered here; False when patience is at its end."""
    return await page.until(lambda: bool(said.refused) or page.is_answered(said), patience)


async def _judge_stored(site: Installation, tabs: list[Page], found: Tally) -> None:
    """The thread as the database has it against what its tabs sent."""
    rows = await site.database.rows(
        """
        SELECT question.id::text, count(answer.id), count(answer.id) FILTER (WHERE answer.status = 'done')
        FROM chatapp_message question LEFT JOIN chatapp_message answer ON answer.parent_id = question.id
            AND answer.role = 'assistant'
        WHERE question.thread_id = %s AND question.role = 'user' GROUP BY question.id
        """,
        [tabs[0].thread],
    )
    stored = {question: (answers, done) for question, answers, done in rows}
    sent = [(page, said) for page in tabs for said in page.said]
    for page, said in sent:
        found.sent += 1
        answers, done = stored.pop(said.id, (0, 0))
        found.answered += done == 1
        if said.refused:
            found.refused += 1
            found.problems.append(f"{page.thread}: refused: {said.refused}")
        elif not done:
            found.lost += 1
            found.problems.append(
                f"{page.thread}: message {said.id} (run {said.run or 'not acknowledged'}) has {answers} answers, "
                "none whole"
            )
        found.twice += max(0, answers - 1)
    found.twice += len(stored)  # messages that nobody sent
    found.problems += [f"{tabs[0].thread}: message {each} was never sent" for each in stored]


async def _judge_page(site: Installation, page: Page, found: Tally) -> None:
    """What one tab saw against what was to be answered, against the log and against a fresh fetch."""
    for said in page.said:
        turn = page.turns.get(said.id)
        if said.refused:
            continue
        if turn is None or turn.status != "done":
            found.wrong += 1
            found.problems.append(
                f"{page.thread}: message {said.id} is {turn.status if turn else 'unanswered'} in its tab"
            )
        elif turn.text != said.ask.answer or turn.question != said.ask.question:
            found.wrong += 1
            found.problems.append(f"{page.thread}: {len(turn.text)} of {len(said.ask.answer)} characters of an answer")
    logged = await site.database.rows(
        "SELECT first_seq, last_seq FROM chatapp_eventbatch WHERE thread_id = %s", [page.thread]
    )
    missed = page.missed((first, last) for first, last in logged)
    found.gaps += len(missed) + len(page.problems)
    found.problems += page.problems
    if missed:
        found.problems.append(f"{page.thread}: events {missed[:5]} of the log never came")
    found.refused += len(page.trouble)
    found.problems += [f"{page.thread}: {sentence}" for sentence in page.trouble]
    if page.said:
        try:
            unlike = await page.disagreement()
        except Failed as failed:
            unlike = f"{page.thread}: a fresh fetch failed: {failed}"
        if unlike:
            found.unlike += 1
            found.problems.append(unlike)
