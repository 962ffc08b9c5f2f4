import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfiguration } from '../../src/config/load-configuration.ts';

const n0 = '"n0": {"host": "localhost", "port": 17051}';
const n1 = '"n1": {"host": "localhost", "port": 17052}';
const n2 = '"n2": {"host": "127.0.0.1", "port": 17051}';

export type OddFile = {
  readonly what: string;
  readonly text: string | Buffer;
  /** Of the refusal, or of the warning with which the file is used. */
  readonly sentence: RegExp;
  readonly isUsed?: true;
};

/** Files as hands write them, and what is said of them: each with its line and column. */
export const oddFiles: readonly OddFile[] = [
  {
    what: 'a server twice',
    text: `{"nodes": {\n  ${n0},\n  ${n0}\n}}`,
    sentence: /line 3, column 3: the field nodes\.n0: it is there already/,
  },
  {
    what: 'a field twice',
    text: `{"nodes": {${n0}},\n"nodes": {${n1}}}`,
    sentence: /line 2, column 1: the field nodes: it is there already/,
  },
  {
    what: 'one port under two names',
    text: `{"nodes": {\n  ${n0},\n  ${n2}\n}}`,
    sentence: /line 3, column 31: the field nodes\.n2\.port: 127\.0\.0\.1:17051 is taken by n0/,
  },
  {
    what: 'a missing comma',
    text: `{"nodes": {\n  ${n0}\n  ${n1}\n}}`,
    sentence: /is not JSON \(line 3, column 3: comma expected\)/,
  },
  {
    what: 'a comment',
    text: `{"nodes": {${n0}}} // three`,
    sentence: /is not JSON \(line 1, column \d+: invalid comment token\)/,
  },
  { what: 'nothing', text: '', sentence: /is not JSON \(line 1, column 1: value expected\)/ },
  {
    what: 'endless brackets',
    text: '['.repeat(500_000),
    sentence: /is not JSON \(line 1, column 1: /,
  },
  {
    what: 'another encoding',
    text: Buffer.from('\ufeff{}', 'utf16le'),
    sentence: /is UTF-16; save it as UTF-8/,
  },
  {
    what: 'a slip in the third line',
    text: `{"nodes": {\n${n0}},\n "timng": 1}`,
    sentence: /line 3, column 2: the document: unknown field "timng"/,
  },
  {
    what: 'a wrong value',
    text: `{"nodes": {\n${n0.replace('17051', '0')}}}`,
    sentence: /line 2, column 29: the field nodes\.n0\.port: expected a port/,
  },
  {
    what: 'a byte order mark',
    text: `\ufeff{\n  "nodes": {${n0}}}`,
    sentence: /line 1, column 1: it begins with a byte order mark, which is passed over/,
    isUsed: true,
  },
  {
    what: 'two servers only',
    text: `{\n  "nodes": {${n0}, ${n1}}}`,
    sentence: /line 2, column 3: the majority of 2 servers is both of them: no failure is survived/,
    isUsed: true,
  },
  {
    what: 'a wrong number of servers',
    text: `{"num_nodes": 5, "nodes": {${n0}}}`,
    sentence: /line 1, column 2: num_nodes says 5, but nodes lists 1 server; the list counts/,
    isUsed: true,
  },
];

/** What is wrong with what is said of the file; undefined when it is as it shall be. */
export function checkOddFile({ what, text, sentence, isUsed }: OddFile): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'gossip-raft-config-'));
  const path = join(folder, 'c.json');
  try {
    writeFileSync(path, text);
    const said = sentencesOf(path);
    const isRight = said.isUsed === (isUsed ?? false) && said.sentences.some(s => sentence.test(s));
    return isRight ? undefined : `${what}: ${said.sentences.join('; ') || 'nothing is said'}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function sentencesOf(path: string): { isUsed: boolean; sentences: readonly string[] } {
  try {
    return { isUsed: true, sentences: loadConfiguration(path).warnings };
  } catch (error) {
    const { name, message } = error as Error;
    return { isUsed: false, sentences: name === 'StartupError' ? [message] : [] };
  }
}
