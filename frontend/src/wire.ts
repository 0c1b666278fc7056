/** The shapes that travel between the server and the page. */

export type Status = "done" | "stopped" | "failed" | "queued" | "running";

export interface ThreadItem {
  id: string;
  /** Empty while the thread has no title yet. */
  title: string;
  updated_at: string;
  running: boolean;
  unread: boolean;
}

export interface Usage {
  input_tokens: number;
  output_tokens: number;
}

export interface Message {
  id: string;
  parent: string | null;
  role: "user" | "assistant";
  text: string;
  status: Status;
  error: { kind: string; text: string } | null;
  run: string | null;
  model: string | null;
  usage: Usage | null;
  created_at: string;
  /** Of a message that waits: another one after each change of it. */
  version?: string;
}

/** A message that waits, as a notice tells of it: a long text is left out. */
export interface QueuedMessage {
  id: string;
  text: string | null;
  version: string;
}

/** A message inside an event: a long text is left out. */
export type EventMessage = Omit<Message, "text"> & { text: string | null };

export interface Run {
  id: string;
  /** The user message that this run answers. */
  message: string;
  state: "running" | "waiting" | "queued";
}

export interface ThreadState {
  thread: ThreadItem;
  head: string | null;
  messages: Message[];
  more: boolean;
  run: Run | null;
  last_seq: number;
}

export interface PageData {
  user: { email: string; name: string; is_staff: boolean };
  demo: boolean;
  models: { id: string; label: string }[];
  default_model: string;
  threads: ThreadItem[];
  threads_next: string | null;
  state: ThreadState | null;
  limits: { message_chars: number };
}

export interface Lifecycle {
  event: "running" | "completed" | "failed" | "interrupted";
  run_id: string;
  message_id?: string;
  error?: string;
  kind?: string;
}

export type MessageData =
  | { event: "message-start"; run_id: string; id: string; role: string; metadata?: { model?: string } }
  | { event: "content-block-start"; run_id: string; index: number; content: { type: string } }
  | { event: "content-block-delta"; run_id: string; index: number; delta: Delta }
  | { event: "content-block-finish"; run_id: string; index: number; content: { type: string; text?: string } }
  | { event: "message-finish"; run_id: string; usage?: Usage };

export type Delta = { type: "text-delta"; text: string } | { type: "reasoning-delta"; reasoning: string };

export type Custom =
  | { name: "attempt"; payload: { run_id: string; message_id: string; attempt: number } }
  | { name: "turn"; payload: { run_id: string; message: EventMessage; parent: string | null } }
  | { name: "answer"; payload: { run_id: string; message: EventMessage; head: string | null; usage: Usage | null } }
  | { name: "queue"; payload: { messages: QueuedMessage[] } }
  | { name: "thread"; payload: ThreadItem }
  | { name: "threads.removed"; payload: { id: string } }
  | { name: "refetch"; payload: Record<string, never> };

interface Envelope<Method extends string, Data> {
  type: "event";
  /** null on a notice: a hint without a number. */
  seq: number | null;
  method: Method;
  params: { timestamp?: number; data: Data };
}

export type WireEvent =
  | Envelope<"lifecycle", Lifecycle>
  | Envelope<"messages", MessageData>
  | Envelope<"custom", Custom>;

export type Reply =
  | { type: "success"; id: number; result: Record<string, unknown> }
  | { type: "error"; id: number | null; error: string; message: string };

/** The fields of a thread item, in this order, compared by value. */
export function sameThread(a: ThreadItem, b: ThreadItem): boolean {
  return a.id === b.id && a.title === b.title && a.updated_at === b.updated_at && a.running === b.running && a.unread === b.unread;
}
