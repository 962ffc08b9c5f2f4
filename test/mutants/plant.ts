import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import type { Mutant } from './mutant.ts';

/** All of the program and its checks; a list would lack whatever is written next. */
const folders = ['src', 'test'];
const isNeeded = (path: string): boolean => !/\.(map|d\.ts)$|^dist\/test\/e2e/.test(path);

/** Makes a copy of the compiled program with the bug in it, and returns the folder of the copy. */
export function plant(mutant: Mutant): string {
  const target = join('dist/mutants', mutant.name.replaceAll(/[^a-z0-9]+/gi, '-'));
  rmSync(target, { recursive: true, force: true });
  for (const folder of folders) {
    const options = { recursive: true, filter: isNeeded };
    cpSync(join('dist', folder), join(target, folder), options);
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
