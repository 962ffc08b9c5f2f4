import { inFile, type Mutant, mutant } from './mutant.ts';

const metadata = 'storage/metadata.ts';

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
      'incarnation: this.incarnation + 1 }',
      'incarnation: this.incarnation + (this.term > 0 ? 1 : 0) }',
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
];
