/** The shapes that travel between the server and the page. */

export type Status = "done" | "stopped" | "failed" | "queued" | "running";

export interface ThreadItem {
  id: string;
  /** Empty while the thread has no title yet. */
  title: string;
  updated_at: string;
  running: boolean;
  /** It asks its owner something. */
  waiting: boolean;
  unread: boolean;
  /** In no list, and deleted after a while. */
  temporary: boolean;
  /** The message that it shows last. */
  head: string | null;
}

/** What an answer did to a memory, as far as it takes to undo it. */
export interface Effect {
  kind: "saved" | "updated" | "forgotten";
  memory: string;
  version: number;
}

/** What an answer was given of what is kept about the user, and what it changed in it. */
export interface MemoryUse {
  /** Ids of memories. */
  used: string[];
  preferences: boolean;
  effects: Effect[];
}

export interface MemoryItem {
  id: string;
  text: string;
  pinned: boolean;
}

/** Something that is kept, changed or forgotten only if the user says so. */
export interface Ask {
  kind: "memory";
  action: "remember" | "update" | "forget";
  text: string;
  /** What the memory says until now. */
  before: string | null;
  memory: string | null;
}

/** `always` accepts, and from now on nothing is asked. */
export type Response = { decision: "accept" | "decline" | "always" } | { decision: "edit"; text: string };

export interface Usage {
  input_tokens: number;
  output_tokens: number;
}

/** The place of a message among those with the same parent, from 1, and the ids of those beside it. */
export interface Siblings {
  at: number;
  of: number;
  before: string | null;
  after: string | null;
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
  /** Of an answer. */
  memory: MemoryUse | null;
  created_at: string;
  /** null when it is the only one. */
  siblings: Siblings | null;
  /** The user's name for the branch that it begins. */
  label: string | null;
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

/** What an administrator did to the thread. */
export interface Restore {
  id: string;
  kind: "rollback" | "update";
  at: string;
  /** The message that it was rolled back to, and when that was said. */
  message: string | null;
  said_at: string | null;
  /** The end of the branch that was left; null when it cannot be seen any more. */
  removed: string | null;
}

export interface ThreadState {
  thread: ThreadItem;
  head: string | null;
  messages: Message[];
  more: boolean;
  run: Run | null;
  last_seq: number;
  /** So many messages follow the head, on the branch that was shown there last. */
  continues: number;
  /** Newest first. */
  restores: Restore[];
}

export interface Branch {
  /** Its first message. */
  id: string;
  /** The message that it leaves from; null at the beginning of the thread. */
  from: string | null;
  /** Its last message. */
  end: string;
  messages: number;
  /** When its last message was written. */
  at: string;
  preview: string;
  label: string | null;
  /** What is shown now runs through it. */
  active: boolean;
  /** How often one has to turn off to come to it. */
  depth: number;
}

export interface Branches {
  head: string | null;
  /** There are more than these. */
  more: boolean;
  /** Each after the one that it leaves. */
  branches: Branch[];
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
  /** Whether memories are read and kept at all, and whether the user is asked before. */
  preferences: { memory: boolean; ask: boolean };
  /** A temporary chat is deleted after so many hours. */
  temporary_hours: number;
}

export interface Lifecycle {
  event: "running" | "completed" | "failed" | "interrupted";
  /** Of `interrupted`: the run is not over, it asks the user. */
  reason?: "input";
  run_id: string;
  message_id?: string;
  error?: string;
  kind?: string;
}

export interface InputRequested {
  interrupt_id: string;
  payload: Ask;
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
  | Envelope<"input.requested", InputRequested>
  | Envelope<"custom", Custom>;

export type Reply =
  | { type: "success"; id: number; result: Record<string, unknown> }
  | { type: "error"; id: number | null; error: string; message: string };

/** Whether two items of a thread say the same. */
export function sameThread(a: ThreadItem, b: ThreadItem): boolean {
  const marks = a.running === b.running && a.waiting === b.waiting && a.unread === b.unread;
  const place = a.id === b.id && a.updated_at === b.updated_at && a.head === b.head;
  return marks && place && a.title === b.title && a.temporary === b.temporary;
}
