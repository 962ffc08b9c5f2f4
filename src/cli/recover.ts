import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { addressText } from '../addresses.ts';
import { type LoadedConfiguration, loadConfiguration } from '../config/load-configuration.ts';
import type { Config } from '../consensus/types.ts';
import { StartupError } from '../errors/startup-error.ts';
import { figuresOf } from '../machines/frame/figures.ts';
import type { ArchivedBatch } from '../storage/archive-file.ts';
import { lockDirectory } from '../storage/directory-lock.ts';
import { type FileSystem, nodeFileSystem } from '../storage/file-system.ts';
import type { ClusterId, NodeId, Term } from '../words.ts';
import { type DirectoryContent, makeDirectory } from './make-directory.ts';
import {
  demandDataDirectory,
  lastSeqOf,
  membersOf,
  objectsOf,
  type Survey,
  surveyDirectory,
  termOf,
} from './survey.ts';

type Options = { readonly config: string; readonly dryRun?: boolean; readonly yes?: boolean };

/**
 * `gossip-raft recover DIRECTORY`: makes a new cluster out of what one server of an old one held,
 * for when a majority of the old one is lost for good. The directory is kept under another name.
 */
export async function recover(directory: string, options: Options): Promise<void> {
  const path = resolve(directory);
  demandDataDirectory(path);
  const lock = lockDirectory(path);
  const made = `${path}.recovering`;
  let clusterId: string | undefined;
  try {
    clusterId = await makeBeside(path, made, options);
  } finally {
    lock.release();
  }
  if (clusterId === undefined) return;
  const kept = `${path}.before-recovery-${new Date().toISOString().replaceAll(':', '-')}`;
  putInPlace(nodeFileSystem, made, path, kept);
  print(`${path} is now the only server of a new cluster (${clusterId})`);
  print(`what was there is in ${kept}`);
}

/** What is said to be done is there after a power loss, too. */
export function putInPlace(
  fileSystem: Pick<FileSystem, 'rename' | 'syncDirectory'>,
  made: string,
  path: string,
  kept: string,
): void {
  fileSystem.rename(path, kept);
  fileSystem.rename(made, path);
  fileSystem.syncDirectory(dirname(path));
}

/** Makes the new directory; returns the identity of the new cluster, but none of a dry run. */
async function makeBeside(
  path: string,
  made: string,
  options: Options,
): Promise<string | undefined> {
  const survey = await surveyDirectory(path);
  const nodeId = survey.metadata?.nodeId ?? basename(path);
  print(await describe(survey, nodeId, path));
  await demandContent(survey, path);
  if (options.dryRun === true) {
    print('this was a dry run: nothing was changed');
    return undefined;
  }
  const configuration = loadConfiguration(resolve(options.config));
  const { clusterName } = configuration;
  const address = addressIn(configuration, nodeId);
  await demandConsent(options.yes === true, path);
  const clusterId = randomUUID() as string as ClusterId;
  rmSync(made, { recursive: true, force: true });
  const content = contentOf(survey, { clusterId, nodeId, address });
  await makeDirectory(made, { clusterName, nodeId }, content);
  return clusterId;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** What is there, and what may be lost. */
async function describe(survey: Survey, nodeId: string, path: string): Promise<string> {
  const { metadata, snapshot, log, position, sources, problems } = survey;
  const { keys = 0, locks = 0 } = figuresOf(sources.state);
  const others = membersOf(survey).filter(id => id !== nodeId);
  const name = metadata?.clusterName ?? 'unknown';
  const id = metadata?.config?.clusterId ?? 'no identity';
  const entries = log === undefined ? 'none' : `${log.firstIndex} to ${log.lastIndex}`;
  const certainIndex = Math.max(snapshot.index, metadata?.committed?.index ?? 0);
  const certain = certainIndex === 0 ? 'nothing' : `entries up to ${certainIndex}`;
  const tail =
    position.index > certainIndex
      ? `entries ${certainIndex + 1} to ${position.index} count as committed from now on: ` +
        'the newest of them may not have been, and who was told "outcome unknown" finds them done'
      : 'nothing is taken as committed that is not known to be';
  return [
    `${path}: server ${nodeId} of the cluster "${name}" (${id}), term ${termOf(survey)}`,
    `  known to be committed  ${certain} (by snapshot and metadata.json)`,
    `  log                    entries ${entries}`,
    `  last entry             ${position.index} of term ${position.term}`,
    `  keys, locks            ${keys}, ${locks}`,
    `  posted objects         ${await objectsText(survey)}`,
    `  other members          ${others.join(', ') || 'unknown'}`,
    'what a new cluster that is made of it may lack or have too much:',
    `  - what the others have committed behind entry ${position.index} without this server: ` +
      'whether there is any, nobody can know without them',
    `  - ${tail}`,
    '  - sessions end, and watchers are told that the past is forgotten',
    ...problems.map(problem => `  - ${problem}`),
  ].join('\n');
}

async function objectsText(survey: Survey): Promise<string> {
  let count = 0;
  const gaps: string[] = [];
  for await (const found of objectsOf(survey)) {
    if (found.type === 'batch') count += found.batch.count;
    else gaps.push(`; ${found.from} to ${found.to} are missing (${found.why})`);
  }
  return `${count}, up to ${lastSeqOf(survey)}${gaps.join('')}`;
}

async function demandContent(survey: Survey, path: string): Promise<void> {
  const { position, metadata } = survey;
  if (metadata?.isDeparted === true) {
    throw new StartupError(
      `${path} is of a server that has left its cluster: the others go on without it`,
    );
  }
  if (position.index === 0) {
    throw new StartupError(`${path} holds nothing of which a cluster could be made`);
  }
  for await (const found of objectsOf(survey)) {
    if (found.type === 'batch') continue;
    throw new StartupError(
      `the posted objects ${found.from} to ${found.to} cannot be read in ${path}, and a cluster ` +
        'has no gaps: use another directory, or take out what is left with "gossip-raft export"',
    );
  }
}

function addressIn({ nodes, path }: LoadedConfiguration, nodeId: string): string {
  const node = nodes[nodeId];
  if (node !== undefined) return addressText(node);
  throw new StartupError(`${path} does not list ${nodeId}: name a file with its address, --config`);
}

async function demandConsent(isGiven: boolean, path: string): Promise<void> {
  if (isGiven) return;
  if (process.stdin.isTTY !== true) {
    throw new StartupError('nobody is there to be asked: nothing was done; say --yes to go on');
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const question =
    'No other server of the old cluster may ever be started again with its old directory.\n' +
    `Make a new cluster out of ${path}? [y/N] `;
  const answer = await terminal.question(question).finally(() => terminal.close());
  if (!/^y(es)?$/i.test(answer.trim())) throw new StartupError('nothing was done');
}

function contentOf(
  survey: Survey,
  founder: { readonly clusterId: ClusterId; readonly nodeId: string; readonly address: string },
): DirectoryContent {
  // Beyond every term of the old cluster that is known here; others do not matter, its messages
  // bear another identity.
  const term = (termOf(survey) + 1) as Term;
  const { clusterId, nodeId, address } = founder;
  return {
    position: { term, index: survey.position.index },
    state: survey.sources.state,
    origin: clusterId,
    batches: () => batchesOf(survey),
    configOf: (directoryId): Config => ({
      clusterId,
      id: { term, version: 1 },
      members: [
        {
          id: nodeId as NodeId,
          address,
          directoryId,
          hasMoved: false,
          isVoter: true,
          isLeaving: false,
        },
      ],
    }),
  };
}

async function* batchesOf(survey: Survey): AsyncGenerator<ArchivedBatch> {
  for await (const found of objectsOf(survey)) if (found.type === 'batch') yield found.batch;
}
