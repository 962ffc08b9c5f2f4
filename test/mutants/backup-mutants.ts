import { inFile, type Mutant, mutant } from './mutant.ts';

const archive = 'storage/journal-archive.ts';
const reader = 'host/journal-reader.ts';

/** Bugs of reading and keeping what was posted. */
export const backupMutants: readonly Mutant[] = [
  mutant(
    'objects whose place was cut off the log get the content of the first ones that are left',
    inFile(reader, 'if (place.index < log.firstIndex) {', 'if (!log) {'),
    inFile(
      reader,
      'entriesOf(sources, place.index, throughIndex)',
      'entriesOf(sources, Math.max(place.index, log.firstIndex), throughIndex)',
    ),
    inFile(
      reader,
      'if (place?.index !== entry.index) continue;',
      'if (place !== undefined) place = { ...place, index: entry.index };',
    ),
  ),
  mutant(
    'a reader counts on in the log although it was forgotten which entries had no effect',
    inFile(
      reader,
      "if (entry.index <= archive.throughIndex) throw new LogCut('these entries are archived now');",
      '',
    ),
  ),
  mutant(
    'a file of entries that is gone is read past',
    inFile(reader, 'demandNext(batch, next, { from, throughSeq });', ''),
    inFile(archive, 'if (file.firstSeq > next) throw', 'if (!file) throw'),
  ),
  mutant(
    'files of entries that are lost count as dropped by the retention rule',
    inFile(
      archive,
      'return this.#floor.lastSeq === 0 ? undefined : this.#floor.firstSeq;',
      'return this.#files[0]?.firstSeq;',
    ),
  ),
  mutant(
    'a backup is read up to its first end, whatever follows',
    inFile('storage/backup-file.ts', 'if (await reader.isAtEnd()) return;', 'return;'),
  ),
];
