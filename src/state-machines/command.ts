import { type ByteString, byteStringOf } from '../codec/byte-string.ts';
import { isCount, isTransaction, type Transaction } from './transaction.ts';

/** Starts a session. Its id is the index of the log entry that holds this command. */
export type OpenSession = { readonly kind: 'openSession'; readonly nonce: string };

/** Lets time pass, so that what is due expires. Proposed by the leader. */
export type Tick = {
  readonly kind: 'tick';
  /** From now on idempotency keys have this room: what the file of the leader says. */
  readonly idempotencyMaxBytes?: number;
};

/** The frame in which a command that was sent twice takes effect once. */
export type SessionFrame = {
  readonly session: number;
  /** Counts the commands of the session; a retry has the sequence of the first try. */
  readonly sequence: number;
  /** The client needs no answer any more for sequences below this one. */
  readonly ackedBelow: number;
};

/** Appends a batch of JSON objects to the journal: all of them or none. */
export type PutRequest = {
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
export type Put = PutRequest & SessionFrame;

/** Reads and writes of keys and locks, and what put_all does: all of it or nothing. */
export type TransactRequest = { readonly kind: 'transact' } & Transaction;
export type Transact = TransactRequest & SessionFrame;

/** What clients ask for, once it has its place in a session. */
export type SessionCommand = Put | Transact;
export type Command = OpenSession | Tick | SessionCommand;

const textMaxLength = 256;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** A length (4 bytes), a JSON header of that length, then the bytes that were posted. */
export function encodeCommand(command: Command): Uint8Array {
  switch (command.kind) {
    case 'put': {
      const { data, ...header } = command;
      return framed(header, [data]);
    }
    case 'transact':
      return encodeTransact(command);
    default:
      return framed(command, []);
  }
}

function framed(fields: object, data: readonly Uint8Array[]): Uint8Array {
  const header = encoder.encode(JSON.stringify(fields));
  const sizeBytes = data.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(4 + header.length + sizeBytes);
  new DataView(bytes.buffer).setUint32(0, header.length);
  bytes.set(header, 4);
  let offset = 4 + header.length;
  for (const part of data) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** Which field of a comparison or an operation is bytes: its length stands in the header. */
const bytesFields = { value: 'value', set: 'value', append: 'data' } as const;
type Part = Readonly<Record<string, unknown>>;
const bytesFieldOf = (part: Part): 'value' | 'data' | undefined =>
  bytesFields[String(part['what'] ?? part['op']) as keyof typeof bytesFields];

function encodeTransact({ compare, success, failure, ...frame }: Transact): Uint8Array {
  const data: Buffer[] = [];
  const withoutBytes = (part: Part): Part => {
    const field = bytesFieldOf(part);
    if (field === undefined) return part;
    const bytes = Buffer.from(String(part[field]), 'latin1');
    data.push(bytes);
    return { ...part, [field]: bytes.length };
  };
  const header = {
    ...frame,
    compare: compare.map(withoutBytes),
    success: success.map(withoutBytes),
    failure: failure.map(withoutBytes),
  };
  return framed(header, data);
}

/**
 * The command in a log entry; undefined when it is none. An entry stays in the log for ever, so
 * decoding must answer for any bytes, and the same on every server.
 */
export function decodeCommand(bytes: Uint8Array): Command | undefined {
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

function putOf(header: Header, data: Uint8Array): Put | undefined {
  const { batchId, idempotencyKey, fingerprint, count } = header;
  const frame = frameOf(header);
  if (frame === undefined || !isCount(count) || count === 0 || !isText(batchId)) return undefined;
  if (!isOptionalText(idempotencyKey) || !isOptionalText(fingerprint)) return undefined;
  return { kind: 'put', ...frame, batchId, idempotencyKey, fingerprint, count, data };
}

function transactOf(header: Header, data: Uint8Array): Transact | undefined {
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
  return { kind: 'transact', ...frame, ...(parts as unknown as Transaction) };
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
