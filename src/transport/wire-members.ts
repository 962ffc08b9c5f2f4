import { problemOfAddress } from '../addresses.ts';
import { serverName } from '../config/server-name.ts';
import type { MemberChange } from '../words.ts';
import type {
  MemberChange as WireChange,
  MemberChange__Output as WireChangeRead,
} from './generated/gossipraft/MemberChange.ts';
import { MalformedMessage, name } from './wire-checks.ts';

export function writeMemberChange(change: MemberChange): WireChange {
  const { id } = change;
  switch (change.type) {
    case 'put':
      return { id, putAddress: change.address };
    case 'remove':
      return { id, remove: true };
    case 'replace':
      return { id, replaceDirectoryId: change.directoryId };
  }
}

export function readMemberChange(wire: WireChangeRead): MemberChange {
  const id = nameOfServer(wire.id);
  if (wire.change === 'putAddress') {
    const address = wire.putAddress ?? '';
    const problem = problemOfAddress(address);
    if (problem !== undefined) throw new MalformedMessage(`${id}: ${problem}`);
    return { type: 'put', id, address };
  }
  if (wire.change === 'remove' && wire.remove === true) return { type: 'remove', id };
  if (wire.change !== 'replaceDirectoryId') {
    throw new MalformedMessage(`${id}: there is no such change of a member`);
  }
  const directoryId = name<MemberDirectory>(wire.replaceDirectoryId ?? '', 'replaceDirectoryId');
  return { type: 'replace', id, directoryId };
}

type MemberDirectory = Extract<MemberChange, { type: 'replace' }>['directoryId'];

function nameOfServer(text: string): MemberChange['id'] {
  if (serverName.test(text)) return text as MemberChange['id'];
  throw new MalformedMessage(
    'expected a server name of letters, digits, ".", "_", "-", got ' +
      JSON.stringify(text.slice(0, 64)),
  );
}
