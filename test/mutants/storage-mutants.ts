import { inFile, type Mutant, mutant } from './mutant.ts';

const metadata = 'storage/metadata.ts';
const log = 'storage/write-ahead-log.ts';
const snapshots = 'storage/snapshot-file.ts';
const archive = 'storage/journal-archive.ts';
const reading = 'storage/read-log-files.ts';

/** Files that forget, or believe what they should not. */
export const storageMutants: readonly Mutant[] = [
  mutant(
    'a new configuration loses the vote',
    inFile(metadata, 'this.update({ config });', 'this.update({ config, vote: undefined });'),
  ),
  mutant(
    'a vote loses the configuration',
    inFile(
      metadata,
      'this.update({ term, vote });',
      'this.update({ term, vote, config: undefined });',
    ),
  ),
  mutant(
    'a boot is not counted before the first term',
    inFile(
      metadata,
      'incarnation: nextIncarnation(this.incarnation, draw) }',
      'incarnation: this.term > 0 ? nextIncarnation(this.incarnation, draw) : this.incarnation }',
    ),
  ),
  mutant(
    'a change of one fact forgets another',
    inFile(
      metadata,
      '{ ...this.#low.data, ...patch }',
      '{ ...this.#low.data, isRecovering: false, ...patch }',
    ),
  ),
  mutant(
    'metadata is believed without its checksum',
    inFile(
      'storage/metadata-document.ts',
      '!isOfVersion1 && checksum !== checksumOf(content)',
      '!isOfVersion1 && checksum === undefined',
    ),
  ),
  mutant(
    'a log that ends before what was durable is believed',
    inFile(reading, 'lastIndex < durableIndex', 'lastIndex < 0'),
  ),
  mutant(
    'a log without its newest file is believed',
    inFile(reading, 'newestFirstIndex > 0 && !', 'newestFirstIndex < 0 && !'),
  ),
  mutant(
    'a headless file counts as never begun',
    inFile(
      'storage/scan-segment.ts',
      '!(options.isKnown ?? hasHeader(content))',
      '!hasHeader(content)',
    ),
  ),
  mutant(
    'a log file under the name of another one is a stranger',
    inFile('storage/scan-segment.ts', '  if (ownerOf(header) === directoryId) return false;\n', ''),
  ),
  mutant(
    'a server that lost a part of its log does not remember it',
    inFile('storage/recover-log.ts', '  floorStore.update({ isRecovering: true });\n', ''),
  ),
  mutant(
    'the floor is raised before the new file is there',
    inFile(
      log,
      '    const segment = await createSegment(',
      '    this.#floor.rolled([...this.#segments, { firstIndex: index }]);\n' +
        '    const segment = await createSegment(',
    ),
  ),
  mutant(
    'the floor is not lowered before entries are removed',
    inFile(log, '    this.#floor.beforeCut(fromIndex, this.#segments);\n', ''),
  ),
  mutant(
    'the floor is not lowered before a log begins anew',
    inFile(log, '    this.#floor.beforeClear(baseIndex);\n', ''),
  ),
  mutant(
    'the floor still asks for files that a compaction removes',
    inFile('storage/log-floor.ts', 'this.set({ ...floor, firstIndex });', 'this.set(floor);'),
  ),
  mutant(
    'a compaction raises the floor above a log that is just being cut',
    inFile(
      log,
      '    this.#durableIndex = Math.min(this.#durableIndex, fromIndex - 1);\n' +
        '    await this.#removeFilesFrom(fromIndex);\n',
      '    await this.#removeFilesFrom(fromIndex);\n' +
        '    this.#durableIndex = Math.min(this.#durableIndex, fromIndex - 1);\n',
    ),
  ),
  mutant(
    'a compaction asks for files of a log that has begun anew',
    inFile('storage/log-floor.ts', ' && firstIndex > floor.firstIndex) this', ') this'),
  ),
  mutant(
    'whoever reads when the log is closed finds damage',
    inFile(log, '    if (this.#isClosed) return [];\n', ''),
  ),
  mutant(
    'what a killed server left is taken for durable',
    inFile(reading, '    await newest.file.datasync();\n', ''),
  ),
  mutant(
    'a fetched snapshot gets its name before its bytes are durable',
    inFile(snapshots, '  await syncFile(fileSystem, temporary);\n', ''),
  ),
  mutant(
    'older snapshots go before the name of the new one is durable',
    inFile(
      snapshots,
      '  await rename(temporary, path);\n  await syncDirectory(directory);\n  for',
      '  await rename(temporary, path);\n  for',
    ),
  ),
  mutant(
    'an archive whose files are gone numbers anew',
    inFile(
      'storage/archive-floor.ts',
      'const lastSeq = Math.max(known?.lastSeq ?? 0, newest?.lastSeq ?? 0);',
      'const lastSeq = newest?.lastSeq ?? 0;',
    ),
  ),
  mutant(
    'an archive file that is missing in the middle is passed over',
    inFile(archive, 'if (file.firstSeq > next) throw', 'if (file.firstSeq < next) throw'),
  ),
  mutant(
    'an archive file that was cut between two frames is whole',
    inFile(
      'storage/archive-file.ts',
      'if (next !== lastSeq + 1) throw',
      'if (next > lastSeq + 1) throw',
    ),
  ),
  mutant(
    'old objects are dropped before it is noted',
    inFile(
      archive,
      '    this.#keep({ ...this.#floor, firstSeq });\n    await this.#removeBefore(firstSeq);\n',
      '    await this.#removeBefore(firstSeq);\n    this.#keep({ ...this.#floor, firstSeq });\n',
    ),
  ),
  mutant(
    'what has come in another way meanwhile is added once more',
    inFile(archive, '      if (gap.firstSeq !== this.lastSeq + 1) return;\n', ''),
  ),
  mutant(
    'a part of what others were asked for is taken for all of it',
    inFile(archive, 'last.firstSeq + last.count - 1 !== gap.lastSeq', 'last.count === 0'),
  ),
  mutant(
    'what a source has sent before it broke off stays open, and takes room',
    inFile(archive, '      await this.#giveUp().catch(() => undefined);\n', ''),
  ),
  mutant(
    'a file of the archive that was dropped before it was read counts as damaged',
    inFile(archive, '      if (!this.#files.includes(file)) throw error;\n', ''),
  ),
  mutant(
    'what was removed while it was read is reported as damage',
    inFile(log, ' || cuts !== this.#cutCount) continue;', ') continue;'),
  ),
  mutant(
    'the check of the log looks at the newest file alone',
    inFile(
      log,
      'for (const segment of [...this.#segments]) {\n      const { path, firstIndex, endOffset }',
      'for (const segment of this.#segments.slice(-1)) {\n' +
        '      const { path, firstIndex, endOffset }',
    ),
  ),
  mutant(
    'a hole between archive and log is not seen',
    inFile(
      'host/journal-reader.ts',
      '(known !== undefined && known.index >= log.firstIndex && known.first <= firstSeq)',
      '(known !== undefined && known.index >= 0)',
    ),
  ),
  mutant(
    'a hole that was filled is taken to reach further into the log',
    inFile(
      'host/journal-reader.ts',
      'throughIndex: next.index - 1 };',
      'throughIndex: next.index };',
    ),
  ),
  mutant(
    'a damaged part of the log goes although the archive lacks what is in it',
    inFile('host/compactor.ts', 'if (index > heldIndex) return false;', ''),
  ),
];
