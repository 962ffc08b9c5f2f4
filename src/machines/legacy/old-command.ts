import { type ByteString, byteStringOf } from '../../codec/byte-string.ts';
import { isCount, isTransaction, type OldTransaction } from './old-transaction.ts';

/*
 * Commands of before: a length (4 bytes), a JSON header of that length, then the bytes that were
 * posted. They are no longer written.
 */

/** Today's begin with the number of a kind, and none has this one; a length of before does. */
export const isOldCommand = (payload: Uint8Array): boolean => payload[0] === 0;

/** Starts a session. Its id is the index of the log entry that holds this command. */
type OpenSession = { readonly kind: 'openSession'; readonly nonce: string };

/** Lets time pass, so that what is due expires. Proposed by the leader. */
type Tick = {
  readonly kind: 'tick';
  /** From now on idempotency keys have this room: what the file of the leader says. */
  readonly idempotencyMaxBytes?: number;
};

/** The frame in which a command that was sent twice takes effect once. */
type SessionFrame = {
  readonly session: number;
  /** Counts the commands of the session; a retry has the sequence of the first try. */
  readonly sequence: number;
  /** The client needs no answer any more for sequences below this one. */
  readonly ackedBelow: number;
};

/** Appends a batch of JSON objects to the journal: all of them or none. */
type PutRequest = {
  readonly kind: 'put';
  readonly batchId: string;
  /** A person's own name for this write, so that posting it twice writes it once. */
  readonly idempotencyKey: string | undefined;
  /** What `idempotencyKey` was used for. */
  readonly fingerprint: string | undefined;
  /** How many objects `data` holds. */
  readonly count: number;
  /** A JSON array of objects, as it was posted. */
  readonly data: Uint8Array;
};
export type OldPut = PutRequest & SessionFrame;

/** Reads and writes of keys and locks, and what put_all does: all of it or nothing. */
type TransactRequest = { readonly kind: 'transact' } & OldTransaction;
export type OldTransact = TransactRequest & SessionFrame;

/** What clients ask for, once it has its place in a session. */
export type OldSessionCommand = OldPut | OldTransact;
export type OldCommand = OpenSession | Tick | OldSessionCommand;

const textMaxLength = 256;
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Which field of a comparison or an operation is bytes: its length stands in the header. */
const bytesFields = { value: 'value', set: 'value', append: 'data' } as const;
type Part = Readonly<Record<string, unknown>>;
const bytesFieldOf = (part: Part): 'value' | 'data' | undefined =>
  bytesFields[String(part['what'] ?? part['op']) as keyof typeof bytesFields];

/**
 * The command in a log entry; undefined when it is none. An entry stays in the log for ever, so
 * decoding must answer for any bytes, and the same on every server.
 */
export function decodeOldCommand(bytes: Uint8Array): OldCommand | undefined {
  if (bytes.length < 4) return undefined;
  const headerEnd = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  if (headerEnd > bytes.length) return undefined;
  const header = parseHeader(bytes.subarray(4, headerEnd));
  const data = bytes.subarray(headerEnd);
  switch (header?.['kind']) {
    case 'openSession':
      return openSessionOf(header);
    case 'tick':
      return tickOf(header);
    case 'put':
      return putOf(header, data);
    case 'transact':
      return transactOf(header, data);
    default:
      return undefined;
  }
}

type Header = Readonly<Record<string, unknown>>;

function parseHeader(bytes: Uint8Array): Header | undefined {
  try {
    const header: unknown = JSON.parse(decoder.decode(bytes));
    return typeof header === 'object' && header !== null ? (header as Header) : undefined;
  } catch {
    return undefined;
  }
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= textMaxLength;
const isOptionalText = (value: unknown): value is string | undefined =>
  value === undefined || isText(value);

function openSessionOf({ nonce }: Header): OpenSession | undefined {
  return isText(nonce) ? { kind: 'openSession', nonce } : undefined;
}

function tickOf({ idempotencyMaxBytes }: Header): Tick {
  return isCount(idempotencyMaxBytes) ? { kind: 'tick', idempotencyMaxBytes } : { kind: 'tick' };
}

function frameOf({ session, sequence, ackedBelow }: Header): SessionFrame | undefined {
  const areCounts = isCount(session) && isCount(sequence) && isCount(ackedBelow);
  return areCounts ? { session, sequence, ackedBelow } : undefined;
}

function putOf(header: Header, data: Uint8Array): OldPut | undefined {
  const { batchId, idempotencyKey, fingerprint, count } = header;
  const frame = frameOf(header);
  if (frame === undefined || !isCount(count) || count === 0 || !isText(batchId)) return undefined;
  if (!isOptionalText(idempotencyKey) || !isOptionalText(fingerprint)) return undefined;
  return { kind: 'put', ...frame, batchId, idempotencyKey, fingerprint, count, data };
}

function transactOf(header: Header, data: Uint8Array): OldTransact | undefined {
  const frame = frameOf(header);
  const { compare, success, failure } = header;
  const areLists = Array.isArray(compare) && Array.isArray(success) && Array.isArray(failure);
  if (frame === undefined || !areLists) return undefined;
  const reader = new BytesReader(data);
  const parts = {
    compare: compare.map(part => reader.fill(part)),
    success: success.map(part => reader.fill(part)),
    failure: failure.map(part => reader.fill(part)),
  };
  if (!reader.isAtEnd || !isTransaction(parts)) return undefined;
  return { kind: 'transact', ...frame, ...(parts as unknown as OldTransaction) };
}

/** Puts the bytes back into the fields that hold their lengths. */
class BytesReader {
  readonly #data: Uint8Array;
  #offset = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#data.length;
  }

  fill(part: unknown): Part | undefined {
    if (typeof part !== 'object' || part === null) return undefined;
    const fields = part as Part;
    const field = bytesFieldOf(fields);
    return field === undefined ? fields : { ...fields, [field]: this.#take(fields[field]) };
  }

  #take(length: unknown): ByteString | undefined {
    if (!isCount(length) || this.#offset + length > this.#data.length) return undefined;
    this.#offset += length;
    return byteStringOf(this.#data.subarray(this.#offset - length, this.#offset));
  }
}
