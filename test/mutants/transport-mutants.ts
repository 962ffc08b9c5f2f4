import { inFile, type Mutant, mutant } from './mutant.ts';

const pieces = 'transport/pieces.ts';

/** Streams that mix things up, and bytes that stay. */
export const transportMutants: readonly Mutant[] = [
  mutant(
    'payloads keep the network buffers in which they came',
    inFile(
      'consensus/own-bytes.ts',
      'usedBytes >= usedFractionMin * heldBytes',
      'usedBytes <= heldBytes',
    ),
  ),
  mutant(
    'a part is taken whatever came before it',
    inFile(pieces, ' || offset !== this.#bytes', ''),
  ),
  mutant(
    'a part of another entry continues the one before',
    inFile(pieces, 'name !== this.#name || totalBytes !== this.#totalBytes || offset', 'offset'),
  ),
  mutant(
    'a message that was cut in two is said to follow the same entry twice',
    inFile('transport/wire-messages.ts', '    prev = entries.at(-1) ?? prev;\n', ''),
  ),
  mutant(
    'the rest of a stream is sent when the next one has begun',
    inFile('transport/pull-answers.ts', '    this.#waiting = [];\n', ''),
    inFile('transport/pull-answers.ts', '    this.#parts = undefined;\n', ''),
  ),
  mutant(
    'a stream is taken over by who has the name of its member',
    inFile(
      'transport/inbound-streams.ts',
      '    if (this.#isMembersName(sender)) {\n',
      '    if (this.#isMembersName(sender) && this.#peers.size < 0) {\n',
    ),
  ),
  mutant(
    'a vote is told to a call that was given up',
    inFile(
      'transport/inbound-streams.ts',
      'if (place >= 0) votes.splice(place, 1);',
      'if (place < 0) votes.splice(place, 1);',
    ),
  ),
];
