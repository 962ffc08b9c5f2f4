import { ByteWriter } from '../../codec/byte-writer.ts';
import { decode, encode, type Shape } from '../../codec/shape.ts';
import { count, fields, list, oneOf, optional, text } from '../../codec/shapes.ts';
import type { Operation } from '../machines.ts';
import {
  operationShape,
  operationsMax,
  type Transaction,
  transactionShape,
} from '../transaction.ts';

/** A person's own name for a write, so that asking twice writes once. */
export type Idempotency = {
  readonly key: string;
  /** What the key is used for: another one under the same key is refused. */
  readonly fingerprint: string;
};

/** What a caller wants done. */
export type TransactRequest = {
  readonly idempotency: Idempotency | undefined;
  readonly transaction: Transaction;
};

/** One caller's transaction among those that share an entry. */
export type CommandItem = TransactRequest & {
  /** Counts the transactions of the session; a retry has the sequence of the first try. */
  readonly sequence: number;
};

/** What stands in a log entry. */
export type Command =
  /** Starts a session. Its id is the index of the log entry that holds this command. */
  | { readonly type: 'openSession'; readonly nonce: string }
  /** Lets time pass, so that what is due happens, and does what the leader itself wants done. */
  | {
      readonly type: 'tick';
      /** From now on idempotency keys have this room: what the file of the leader says. */
      readonly idempotencyMaxBytes: number | undefined;
      readonly operations: readonly Operation[];
    }
  /** From now on commands of this level are understood by all members. */
  | { readonly type: 'raiseLevel'; readonly level: number }
  /** Transactions of many callers, each atomic by itself and with an answer of its own. */
  | {
      readonly type: 'transact';
      readonly session: number;
      /** The client needs no answer any more for sequences below this one. */
      readonly ackedBelow: number;
      readonly items: readonly CommandItem[];
    };

export const idempotencyKeyMaxBytes = 1024;
const textMaxBytes = 256;
/** Transactions in one entry. */
export const itemsMax = 1000;
const transactCode = 4;
/** What stands in front of the items, and of each of them, at most. */
const headMaxBytes = 32;

/** All of an item but its sequence. */
const requestShape: Shape<TransactRequest> = fields({
  idempotency: optional(
    fields({
      key: text({ min: 1, max: idempotencyKeyMaxBytes }),
      fingerprint: text({ max: textMaxBytes }),
    }),
  ),
  transaction: transactionShape,
});
const itemShape: Shape<CommandItem> = {
  write: (writer, { sequence, ...request }) => {
    writer.count(sequence);
    requestShape.write(writer, request);
  },
  read: reader => ({ sequence: reader.count(), ...requestShape.read(reader) }),
};

const commandShape = oneOf<Command>('type', {
  openSession: { code: 1, shape: fields({ nonce: text({ max: textMaxBytes }) }) },
  tick: {
    code: 2,
    shape: fields({
      idempotencyMaxBytes: optional(count()),
      operations: list(operationShape, { max: operationsMax }),
    }),
  },
  raiseLevel: { code: 3, shape: fields({ level: count({ min: 1 }) }) },
  transact: {
    code: transactCode,
    shape: fields({
      session: count(),
      ackedBelow: count(),
      items: list(itemShape, { max: itemsMax }),
    }),
  },
});

export const encodeCommand = (command: Command): Buffer => encode(commandShape, command);

/** Throws MalformedBytes; an UnknownKind of it is from a server of a newer version. */
export const decodeCommand = (bytes: Uint8Array): Command => decode(commandShape, bytes);

/** Put into bytes once, however often it is sent. */
export const encodeRequest = (request: TransactRequest): Buffer => encode(requestShape, request);

/** The command for requests that were put into bytes one by one. */
export function encodeTransact(
  { session, ackedBelow }: { readonly session: number; readonly ackedBelow: number },
  items: readonly { readonly sequence: number; readonly request: Uint8Array }[],
): Buffer {
  const sizeBytes = items.reduce((sum, { request }) => sum + request.length + headMaxBytes, 0);
  const writer = new ByteWriter(headMaxBytes + sizeBytes);
  writer.count(transactCode);
  writer.count(session);
  writer.count(ackedBelow);
  writer.count(items.length);
  for (const { sequence, request } of items) {
    writer.count(sequence);
    writer.raw(request);
  }
  return writer.finish();
}
