import { Metadata, type ServerDuplexStream } from '@grpc/grpc-js';
import { notAdmitted } from '../../host/admission.ts';
import type { PutEntriesReply } from '../../transport/generated/gossipraft/PutEntriesReply.ts';
import type { PutEntriesRequest__Output as PutRequest } from '../../transport/generated/gossipraft/PutEntriesRequest.ts';
import type { Refused } from '../../transport/generated/gossipraft/Refused.ts';
import { Assembly, NoRoomForParts, type Room, wholeMaxBytes } from '../../transport/pieces.ts';
import { reasonOf } from '../../transport/wire-checks.ts';
import { readCommands } from '../../transport/wire-commands.ts';
import { readTransactions, type TransactCommand } from '../command-checks.ts';
import { notLeader, refused, refusedAdmission, refusedByCore, refusedByDisk } from '../refusals.ts';
import type { ServerContext } from '../server-context.ts';
import type { Conversation } from './handlers.ts';

type Call = ServerDuplexStream<PutRequest, PutEntriesReply>;

/** Answers that may wait for a client that does not read. */
const replyBacklogMaxMessages = 1000;
/** What all clients together may have sent in parts that is not complete yet. */
const roomMaxBytes = 4 * wholeMaxBytes;

/** PutEntries: commands for the log, those of one message together. */
export function putEntries(context: ServerContext): (call: Call) => Conversation<PutRequest> {
  const room: Room = { usedBytes: 0, maxBytes: roomMaxBytes };
  return call => {
    call.sendMetadata(new Metadata());
    const assembly = new Assembly(room);
    const stop = (): void => assembly.drop();
    call.on('end', () => call.end());
    call.on('error', stop);
    call.on('cancelled', stop);
    call.on('close', stop);
    const write = (reply: PutEntriesReply): void => {
      if (call.writableLength > replyBacklogMaxMessages) call.end();
      else call.write(reply);
    };
    return {
      take: request => put(context, request, assembly, write),
      refuse: ({ requestId }, refusal) => write({ requestId, refused: refusal }),
    };
  };
}

function put(
  context: ServerContext,
  request: PutRequest,
  assembly: Assembly,
  write: (reply: PutEntriesReply) => void,
): void {
  const { requestId } = request;
  const { commands, read, refusal } = readPut(context, request, assembly);
  if (refusal !== undefined) write({ requestId, refused: refusal });
  if (commands === undefined) return;
  noteRequests(context, read ?? []);
  // They are taken or refused together: the first answer speaks for all of them.
  let isAnswered = false;
  context.requests.propose(commands, answer => {
    if (isAnswered) return;
    isAnswered = true;
    if (answer.type === 'appended') write({ requestId, accepted: answer.position });
    else write({ requestId, refused: refusedByCore(answer) });
  });
}

/** Neither commands nor a refusal while parts are missing. */
function readPut(
  context: ServerContext,
  request: PutRequest,
  assembly: Assembly,
): {
  readonly commands?: readonly Uint8Array[];
  readonly read?: readonly TransactCommand[];
  readonly refusal?: Refused;
} {
  const { role, leader } = context.host.view();
  const isPart = request.piece !== null;
  // Who does not lead takes no parts: the rest of them need not come.
  if (isPart && role !== 'leader') return { refusal: notLeader(leader) };
  try {
    const commands = readCommands(request, assembly);
    if (commands === undefined) return {};
    const read = readTransactions(commands);
    const refusal = refusedByDisk(context) ?? refusedAdmission(notAdmitted(context, read));
    return refusal === undefined ? { commands, read } : { refusal };
  } catch (error) {
    const reason = error instanceof NoRoomForParts ? 'REFUSAL_OVERLOADED' : 'REFUSAL_INVALID';
    return { refusal: refused(reason, reasonOf(error)) };
  }
}

function noteRequests(
  { textRecords, host }: ServerContext,
  commands: readonly TransactCommand[],
): void {
  if (textRecords === undefined || host.view().role !== 'leader') return;
  for (const command of commands) textRecords.requested(command);
}
