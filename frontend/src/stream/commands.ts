/** Commands on their way: numbers them, matches the answers, gives up after a while. */

import type { Reply } from "../wire";

const TIMEOUT_MS = 15_000;

/** A command that was refused (the server's code and sentence) or whose answer did not come. */
export class CommandError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "CommandError";
    this.code = code;
  }

  /** True when the command may be repeated as it is: it was not refused, only not answered. */
  get unanswered(): boolean {
    return this.code === "offline" || this.code === "disconnected" || this.code === "timeout";
  }
}

interface Waiting {
  resolve(result: Record<string, unknown>): void;
  reject(error: CommandError): void;
  timer: ReturnType<typeof setTimeout>;
}

export class Commands {
  #last = 0;
  readonly #waiting = new Map<number, Waiting>();

  /** Sends a frame and resolves to its result; rejects with `CommandError`. */
  send(
    socket: WebSocket,
    method: string,
    params: Record<string, unknown>,
    timeout: number = TIMEOUT_MS,
  ): Promise<Record<string, unknown>> {
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#waiting.delete(id);
        reject(new CommandError("timeout", "The server did not answer in time."));
      };
      this.#waiting.set(id, { resolve, reject, timer: setTimeout(giveUp, timeout) });
      socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** Hands an answer to whom it belongs. Answers without a known number are ignored. */
  settle(reply: Reply): void {
    const waiting = reply.id === null ? undefined : this.#waiting.get(reply.id);
    if (!waiting || reply.id === null) return;
    this.#waiting.delete(reply.id);
    clearTimeout(waiting.timer);
    if (reply.type === "success") waiting.resolve(reply.result);
    else waiting.reject(new CommandError(reply.error, reply.message));
  }

  /** The connection is gone: nobody will answer any more. */
  rejectAll(): void {
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject, timer } of lost) {
      clearTimeout(timer);
      reject(new CommandError("disconnected", "The connection was lost."));
    }
  }
}
