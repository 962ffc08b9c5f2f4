/** Starts a session. Its id is the index of the log entry that holds this command. */
export type OpenSession = { readonly kind: 'openSession'; readonly nonce: string };

/** Appends a batch of JSON objects to the journal: all of them or none. */
export type Put = {
  readonly kind: 'put';
  readonly session: number;
  /** Counts the commands of the session; a retry has the sequence of the first try. */
  readonly sequence: number;
  /** The client needs no answer any more for sequences below this one. */
  readonly ackedBelow: number;
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

export type Command = OpenSession | Put;

const textMaxLength = 256;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** A length (4 bytes), a JSON header of that length, then the posted bytes as they are. */
export function encodeCommand(command: Command): Uint8Array {
  const data = command.kind === 'put' ? command.data : new Uint8Array(0);
  const { data: _, ...fields } = { data, ...command };
  const header = encoder.encode(JSON.stringify(fields));
  const bytes = new Uint8Array(4 + header.length + data.length);
  new DataView(bytes.buffer).setUint32(0, header.length);
  bytes.set(header, 4);
  bytes.set(data, 4 + header.length);
  return bytes;
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
  if (header === undefined) return undefined;
  if (header['kind'] === 'openSession') return openSessionOf(header);
  return header['kind'] === 'put' ? putOf(header, bytes.subarray(headerEnd)) : undefined;
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

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;
const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= textMaxLength;
const isOptionalText = (value: unknown): value is string | undefined =>
  value === undefined || isText(value);

function openSessionOf({ nonce }: Header): OpenSession | undefined {
  return isText(nonce) ? { kind: 'openSession', nonce } : undefined;
}

function putOf(header: Header, data: Uint8Array): Put | undefined {
  const { session, sequence, ackedBelow, batchId, idempotencyKey, fingerprint, count } = header;
  const areCounts = isCount(session) && isCount(sequence) && isCount(ackedBelow) && isCount(count);
  if (!areCounts || count === 0 || !isText(batchId)) return undefined;
  if (!isOptionalText(idempotencyKey) || !isOptionalText(fingerprint)) return undefined;
  return {
    kind: 'put',
    session,
    sequence,
    ackedBelow,
    batchId,
    idempotencyKey,
    fingerprint,
    count,
    data,
  };
}
