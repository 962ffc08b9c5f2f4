import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import type { Mutant } from './mutant.ts';

/** What a checker needs of the program. */
const folders = [
  'src/codec',
  'src/consensus',
  'src/machines',
  'src/state-machines',
  'src/storage',
  'src/transport',
  'src/host',
  'src/simulation',
  'src/events',
  'src/errors',
  'src/config',
  'src/server',
  'src/client',
  'src/gateway',
  'test/consensus',
  'test/machines',
  'test/state-machines',
  'test/storage',
  'test/transport',
  'test/host',
  'test/config',
  'test/events',
  'test/server',
  'test/client',
  'test/gateway',
  'test/mutants',
];
const files = ['src/assert.js', 'src/words.js'];

/** Makes a copy of the compiled program with the bug in it, and returns the folder of the copy. */
export function plant(mutant: Mutant): string {
  const target = join('dist/mutants', mutant.name.replaceAll(/[^a-z0-9]+/gi, '-'));
  rmSync(target, { recursive: true, force: true });
  for (const path of [...folders, ...files]) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    cpSync(join('dist', path), join(target, path), { recursive: true });
  }
  const sources = new Map<string, string>();
  for (const { file, from, to } of mutant.edits) {
    const source = sources.get(file) ?? readFileSync(file, 'utf8');
    const places = source.split(from).length - 1;
    if (places !== 1) throw new Error(`"${mutant.name}": ${places} places in ${file} to edit`);
    sources.set(
      file,
      source.replace(from, () => to),
    );
  }
  for (const [file, source] of sources) {
    writeFileSync(join(target, file.replace(/\.ts$/, '.js')), transpile(source));
  }
  return target;
}

const transpile = (source: string): string =>
  ts.transpileModule(source, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      rewriteRelativeImportExtensions: true,
      verbatimModuleSyntax: true,
    },
  }).outputText;
