import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';

const run = promisify(execFile);
const folder = 'src/transport/generated';

test('the types are those of the proto files: npm run generate changes nothing', async t => {
  const target = mkdtempSync(join(tmpdir(), 'gossip-raft-types-'));
  t.teardown(() => rmSync(target, { recursive: true }));
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  const [program = '', ...flags] = scripts.generate.split(' ') as string[];
  const elsewhere = flags.map(flag => (flag.startsWith('--outDir') ? `--outDir=${target}` : flag));
  await run(join('node_modules/.bin', program), elsewhere);
  const files = readdirSync(target, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  t.true(files.length > 30);
  for (const file of files) {
    const committed = file.replace(target, folder);
    t.is(readFileSync(committed, 'utf8'), readFileSync(file, 'utf8'), committed);
  }
});
