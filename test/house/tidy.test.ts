import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import test from 'ava';
import ts from 'typescript';

/** The floors of the house, from the ground up. A file imports from its own floor or from below. */
const floors = [
  [
    'src/assert.ts',
    'src/words.ts',
    'src/addresses.ts',
    'src/version.ts',
    'src/errors',
    'src/events',
    'src/codec',
  ],
  ['src/consensus', 'src/machines', 'src/state-machines'],
  ['src/storage', 'src/transport', 'src/config'],
  ['src/host', 'src/logging'],
  ['src/server', 'src/client', 'src/simulation'],
  ['src/gateway'],
  ['src/cli', 'src/index.ts'],
];
/** Rooms of one floor that must not know each other. */
const strangers: readonly (readonly [string, string])[] = [
  ['src/consensus', 'src/state-machines'],
  ['src/consensus', 'src/machines'],
  ['src/storage', 'src/transport'],
  ['src/server', 'src/client'],
  ['src/server', 'src/gateway'],
  ['src/server', 'src/simulation'],
];
const pureFolders = ['src/codec', 'src/consensus', 'src/machines', 'src/state-machines'];
const forbiddenInPure =
  /\b(Math\.random|Date|setTimeout|setInterval|process\.|async |await |Promise|console\.)/;

/** The host may wait, but only for what its surroundings give it. */
const forbiddenInHost =
  /\b(Math\.random|Date|performance|set(Timeout|Interval|Immediate)|queueMicrotask|process\.|console\.)/;

type Source = { readonly path: string; readonly text: string };
const sources: Source[] = (await readdir('src', { recursive: true }))
  .filter(path => path.endsWith('.ts') && !path.includes('generated'))
  .map(path => ({ path: join('src', path), text: readFileSync(join('src', path), 'utf8') }));

const floorOf = (path: string): number =>
  floors.findIndex(folders => folders.some(folder => path.startsWith(folder)));
const importsOf = ({ path, text }: Source): string[] =>
  ts
    .preProcessFile(text)
    .importedFiles.map(({ fileName }) =>
      fileName.startsWith('.') ? normalize(join(dirname(path), fileName)) : fileName,
    );
const isIn = (path: string, folder: string): boolean => path.startsWith(`${folder}/`);
const inPureFolder = ({ path }: Source): boolean => pureFolders.some(folder => isIn(path, folder));

test('every file stands on a floor and imports only from its own floor or below', t => {
  for (const source of sources) {
    t.not(floorOf(source.path), -1, `${source.path} is on no floor`);
    for (const imported of importsOf(source).filter(path => path.startsWith('src/'))) {
      t.true(floorOf(imported) <= floorOf(source.path), `${source.path} reaches up to ${imported}`);
    }
  }
});

test('rooms that must not know each other do not', t => {
  for (const [room, stranger] of strangers.flatMap(([a, b]) => [
    [a, b] as const,
    [b, a] as const,
  ])) {
    for (const source of sources.filter(({ path }) => isIn(path, room))) {
      const found = importsOf(source).filter(path => isIn(path, stranger));
      t.deepEqual(found, [], `${source.path} knows ${stranger}`);
    }
  }
});

/** What others may use of the core, beside its types: its door, how its words compare, its laws. */
const doorsOfTheCore = [
  'protocol',
  'position',
  'quorum',
  'cluster-identity',
  'incarnation',
  'invariants',
].map(name => `src/consensus/${name}.ts`);

/** The files of which something is used when the program runs: types are gone by then. */
function valueImportsOf({ path, text }: Source): string[] {
  return ts
    .createSourceFile(path, text, ts.ScriptTarget.Latest)
    .statements.filter(statement => ts.isImportDeclaration(statement))
    .filter(({ importClause: clause }) => {
      const names = clause?.namedBindings;
      if (clause === undefined || clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return false;
      return !(
        names !== undefined &&
        ts.isNamedImports(names) &&
        names.elements.every(({ isTypeOnly }) => isTypeOnly)
      );
    })
    .map(({ moduleSpecifier }) => (moduleSpecifier as ts.StringLiteral).text)
    .map(name => (name.startsWith('.') ? normalize(join(dirname(path), name)) : name));
}

test('the core has one door: others use nothing of its inside', t => {
  for (const source of sources.filter(({ path }) => !isIn(path, 'src/consensus'))) {
    const inside = valueImportsOf(source).filter(
      path => isIn(path, 'src/consensus') && !doorsOfTheCore.includes(path),
    );
    t.deepEqual(inside, [], source.path);
  }
});

test('the pure folders have no clock, no randomness, no waiting, no packages', t => {
  for (const source of sources.filter(inPureFolder)) {
    const outside = importsOf(source).filter(path => !path.startsWith('src/'));
    t.deepEqual(outside, [], source.path);
    const code = source.text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    t.notRegex(code, forbiddenInPure, source.path);
  }
});

test('the host has no clock, timer, chance, disk or network but those it is given', t => {
  for (const source of sources.filter(({ path }) => isIn(path, 'src/host'))) {
    const outside = importsOf(source).filter(
      path => !path.startsWith('src/') || path.includes('generated'),
    );
    t.deepEqual(outside, [], source.path);
    const code = source.text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    t.notRegex(code, forbiddenInHost, source.path);
  }
});

test('no file imports itself, over whatever others: types count, too', t => {
  const graph = new Map(sources.map(source => [source.path, importsOf(source)]));
  const finished = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    const circle = way.includes(path) ? [...way.slice(way.indexOf(path)), path] : [];
    t.deepEqual(circle, [], 'a circle of imports');
    if (finished.has(path) || circle.length > 0) return;
    for (const imported of graph.get(path) ?? []) visit(imported, [...way, path]);
    finished.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
});

/** What the pages say, by name. */
const pages = ['README.md', 'CONTRIBUTING.md']
  .concat(
    readdirSync('docs')
      .filter(name => name.endsWith('.md'))
      .map(name => `docs/${name}`),
  )
  .map(path => ({ path, text: readFileSync(path, 'utf8') }));
const protocol = pages.find(({ path }) => path === 'docs/protocol.md')?.text ?? '';
const numbersIn = (text: string, pattern: RegExp): number[] =>
  [...text.matchAll(pattern)].map(([, number]) => Number(number));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, place) => place + 1);

test('the rules and invariants of the protocol are numbered in their order, without a gap', t => {
  const rules = numbersIn(protocol, /\*\*Rule (\d+)\./g);
  const invariants = numbersIn(protocol, /^\| I(\d+) \|/gm);
  t.true(rules.length >= 11 && invariants.length >= 13);
  t.deepEqual(rules, upTo(rules.length));
  t.deepEqual(invariants, upTo(invariants.length));
});

test('every rule and invariant that the code cites stands in the protocol', async t => {
  const tests = (await readdir('test', { recursive: true }))
    .filter(path => path.endsWith('.ts'))
    .map(path => ({ path, text: readFileSync(join('test', path), 'utf8') }));
  for (const { path, text } of [...sources, ...tests]) {
    for (const number of numbersIn(text, /\b[Rr]ule (\d+)\b/g)) {
      t.true(protocol.includes(`**Rule ${number}.`), `${path} cites rule ${number}`);
    }
    for (const number of numbersIn(text, /\bI(\d+)(?=[:) ,.])/g)) {
      t.true(protocol.includes(`| I${number} |`), `${path} cites I${number}`);
    }
    t.notRegex(text, /\bprotocol(\.md)? P\d/, `${path} cites what the protocol does not have`);
  }
});

test('every file and folder that a page names is there', t => {
  const rooms = readdirSync('src', { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }) => name);
  const roots = new Set(['src', 'test', 'docs', 'proto', ...rooms]);
  const isThere = (named: string): boolean =>
    [named, `src/${named}`, `src/${named}.ts`, `${named}.ts`].some(place => existsSync(place));
  for (const { path, text } of pages) {
    const named = [...text.matchAll(/`(?:\.\/)?([a-z][\w.-]*(?:\/[\w.-]+)+)`/g)].map(
      ([, name = '']) => name,
    );
    const missing = named.filter(name => roots.has(name.split('/')[0] ?? '') && !isThere(name));
    t.deepEqual(missing, [], path);
  }
});

test('every function fits on a screen: at most 60 lines', t => {
  for (const { path, text } of sources) {
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    const lineOf = (position: number): number => file.getLineAndCharacterOfPosition(position).line;
    const visit = (node: ts.Node): void => {
      const lines = lineOf(node.end) - lineOf(node.getStart(file)) + 1;
      if (ts.isFunctionLike(node)) t.true(lines <= 60, `${path}: ${lines} lines of a function`);
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
});

test('every file fits in a head: at most 400 lines of at most 100 columns', t => {
  for (const { path, text } of sources) {
    const lines = text.split('\n');
    t.true(lines.length <= 400, `${path} has ${lines.length} lines`);
    const long = lines.filter(line => line.length > 100 && !/http|^import /.test(line));
    t.deepEqual(long, [], path);
  }
});
