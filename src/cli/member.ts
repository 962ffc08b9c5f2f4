import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ClusterClient } from '../client/cluster-client.ts';
import { type LoadedConfiguration, loadConfiguration } from '../config/load-configuration.ts';
import { memberOf } from '../consensus/quorum.ts';
import { StartupError } from '../errors/startup-error.ts';
import { viewCluster } from '../gateway/cluster-view.ts';
import { addressText, problemOfAddress } from '../transport/endpoint.ts';
import type { MemberChange, NodeId } from '../words.ts';
import { withClient } from './with-client.ts';

const timeoutMs = 10_000;
const pollMs = 200;

type Options = { readonly config: string; readonly wait: boolean };

/** `gossip-raft member list`: who belongs to the cluster, and what is on its way. */
export async function listMembers(options: { readonly config: string }): Promise<void> {
  await withClient(options, async client => {
    await client.currentConfig(timeoutMs);
    const { members, leader, changes } = await viewCluster(client);
    const width = Math.max(...members.map(({ id }) => id.length));
    for (const { id, address, standing, reachable } of members) {
      const role = id === leader ? 'leader' : standing;
      const state = reachable ? '' : '  (cannot be reached)';
      print(`${id.padEnd(width)}  ${role.padEnd(7)}  ${address}${state}`);
    }
    for (const change of changes) print(change);
  });
}

/** `gossip-raft member add NAME [ADDRESS]` */
export async function addMember(
  id: string,
  address: string | undefined,
  options: Options,
): Promise<void> {
  const put = putOf(loadConfiguration(resolve(options.config)), id, address);
  await change(options, () => Promise.resolve([put]));
}

/** `gossip-raft member remove NAME` */
export const removeMember = (id: string, options: Options): Promise<void> =>
  change(options, () => Promise.resolve([{ type: 'remove', id: id as NodeId }]));

/** `gossip-raft member replace NAME`: by an empty directory, or in one step by another server. */
export async function replaceMember(
  name: string,
  options: Options & { readonly with?: string; readonly address?: string },
): Promise<void> {
  const id = name as NodeId;
  await change(options, async client => {
    const config = await client.currentConfig(timeoutMs);
    const member = memberOf(config, id);
    if (member === undefined) {
      const known = config.members.map(one => one.id).join(', ');
      throw new StartupError(`there is no member ${name}, only ${known}`);
    }
    if (options.with !== undefined) {
      const file = loadConfiguration(resolve(options.config));
      return [putOf(file, options.with, options.address), { type: 'remove', id }];
    }
    const { directoryId } = member;
    return directoryId === undefined ? [] : [{ type: 'replace', id, directoryId }];
  });
}

/** Without an address, it is the one that the file lists. */
function putOf(
  { nodes, path }: LoadedConfiguration,
  id: string,
  address: string | undefined,
): MemberChange {
  const node = nodes[id];
  const text = address ?? (node === undefined ? undefined : addressText(node));
  if (text === undefined) {
    throw new StartupError(`${path} lists no server "${id}": name its address, host:port`);
  }
  const problem = problemOfAddress(text);
  if (problem !== undefined) throw new StartupError(problem);
  return { type: 'put', id: id as NodeId, address: text };
}

async function change(
  options: Options,
  wanted: (client: ClusterClient) => Promise<readonly MemberChange[]>,
): Promise<void> {
  await withClient(options, async client => {
    await client.changeMembers(await wanted(client), timeoutMs);
    if (!options.wait) print('accepted; GET /v1/cluster shows the progress');
    else await showProgress(client);
  });
}

/** Tells what is still on its way, until nothing is. */
async function showProgress(client: ClusterClient): Promise<void> {
  let told = '';
  for (;;) {
    await client.currentConfig(timeoutMs);
    const { changes, members, leader } = await viewCluster(client);
    if (changes.length === 0 && leader !== undefined) {
      print(`done: ${members.map(({ id }) => id).join(', ')}; ${leader} leads`);
      return;
    }
    const text = changes.join('\n');
    if (text !== told && text !== '') print(text);
    told = text;
    await wait(pollMs);
  }
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
