import test from 'ava';
import type { NodeId, Term } from '../../src/consensus/types.ts';
import { DurableJsonAdapter, Metadata } from '../../src/storage/metadata.ts';
import { newDocument } from '../../src/storage/metadata-document.ts';
import { SimulatedDisk } from './simulated-disk.ts';

const path = '/data/metadata.json';
const owner = { clusterName: 'test', nodeId: 'n0', directoryId: 'directory-1' };
const diskWith = (document: object): SimulatedDisk =>
  new SimulatedDisk(new Map([[path, Buffer.from(JSON.stringify(document))]]));
const open = (disk: SimulatedDisk): Metadata =>
  new Metadata(new DurableJsonAdapter(path, disk), newDocument(owner));
const documentOn = (disk: SimulatedDisk) => JSON.parse(disk.content(path).toString());

const version1 = {
  formatVersion: 1,
  clusterId: owner.clusterName,
  nodeId: owner.nodeId,
  directoryId: owner.directoryId,
  incarnation: 3,
  term: 4,
  vote: 'n2',
  config: {
    id: { term: 4, version: 1 },
    members: ['n0', 'n1', 'n2'].map(id => ({ id, directoryId: `directory-${id}`, isVoter: true })),
  },
};

test('a document of version 1 is read as it is, and has a checksum after the first write', t => {
  const disk = diskWith(version1);
  const metadata = open(disk);
  t.is(metadata.term, 4 as Term);
  t.is(metadata.vote, 'n2' as NodeId);
  t.is(metadata.logFloor, undefined);
  t.is(metadata.leaseOwedMs, undefined);
  metadata.beginIncarnation(0);
  const { formatVersion, checksum, incarnation } = documentOn(disk);
  t.is(formatVersion, 2);
  t.is(incarnation, 1024, 'a later boot than any of before, with digits that are drawn');
  t.regex(checksum, /^[0-9a-f]{32}$/);
  t.is(open(disk).vote, 'n2' as NodeId);
});

test('a document from which a member was taken by hand is refused, and so is one without its checksum', t => {
  const disk = diskWith(version1);
  open(disk).beginIncarnation(0);
  const sound = documentOn(disk);
  const [, ...fewer] = sound.config.members;
  const { checksum, ...bare } = sound;
  const changed = [
    { ...sound, config: { ...sound.config, members: fewer } },
    { ...sound, vote: 'n1' },
    { ...sound, formatVersion: 1 },
    { ...sound, checksum: 'none' },
    bare,
  ];
  for (const document of changed) {
    const { message } = t.throws(() => open(diskWith(document))) ?? {};
    t.regex(message ?? '', /metadata\.json is damaged .*put back the file.*member replace/);
  }
});

test('what the next start would refuse is not written, and leaves what was there', t => {
  const disk = diskWith(version1);
  const metadata = open(disk);
  metadata.beginIncarnation(0);
  t.throws(() => metadata.update({ term: (2 ** 60) as Term }), {
    message: /would not be readable/,
  });
  t.is(metadata.term, 4 as Term, 'neither on the disk nor in memory');
  t.is(open(disk).term, 4 as Term);
});

test('a disk that takes no write leaves the facts as they were, in memory too', t => {
  const disk = diskWith(version1);
  const metadata = open(disk);
  disk.errorAt = disk.operationCount + 1;
  t.throws(() => metadata.persistVote(5 as Term, 'n1' as NodeId), { message: /no space/ });
  t.is(metadata.vote, 'n2' as NodeId);
});
