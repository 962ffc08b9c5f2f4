import { handMutant, inFile, type Mutant } from './mutant.ts';

const sentences = 'events/protocol-sentences.ts';
const records = 'server/text-records.ts';

/** Bugs in what people write, and in what is written for them. */
export const handMutants: readonly Mutant[] = [
  handMutant(
    'a server that the file lists twice counts once, without a word',
    inFile(
      'config/load-configuration.ts',
      'document.repeated;',
      '[...document.repeated].slice(1);',
    ),
  ),
  handMutant(
    'localhost and 127.0.0.1 with one port are two places',
    inFile('config/cluster-configuration.ts', "host === 'localhost' ? '127.0.0.1' : ", ''),
  ),
  handMutant(
    'the records tell of a leader that still waits for the lease of another one',
    inFile(sentences, '    if (this.#isWaiting) return [];\n', ''),
  ),
  handMutant(
    'the records tell of a renewed lease while another one may hold the old',
    inFile(
      sentences,
      'this.#isWaiting ? [] : [...this.rest(), ...own]',
      '[...this.rest(), ...own]',
    ),
  ),
  handMutant(
    'a leader that was deposed while it waited never renews again in the records',
    inFile(
      sentences,
      "case 'steppedDown':\n        this.#isWaiting = false;",
      "case 'steppedDown':",
    ),
  ),
  handMutant(
    'a start with an empty directory wipes the text log of before',
    inFile(records, 'isNew && before.length > 0', '!isNew && before.length > 9'),
  ),
  handMutant(
    'the text log that was kept aside is written over by the next one',
    inFile(records, 'existsSync(path);', 'existsSync(path) && count > 9;'),
  ),
  handMutant(
    'everybody may read the records',
    inFile(records, 'const fileMode = 0o600;', 'const fileMode = 0o644;'),
  ),
];
