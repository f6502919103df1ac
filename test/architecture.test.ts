// The import rules of .dependency-cruiser.mjs hold; and the checker itself is checked: it saw every file and
// every import, and each rule fires when somebody breaks it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cruiseFolders, rulesOf } from './support/cruise.ts';

type Cruised = Awaited<ReturnType<typeof cruiseFolders>>;

const root = fileURLToPath(new URL('..', import.meta.url));
const shipped = ['schemas', 'controller', 'agent', 'cli'];
const all = [...shipped, 'web', 'test', 'bench', 'scripts'].filter((folder) =>
  existsSync(join(root, folder)),
);

describe('the import rules', () => {
  let result: Cruised;
  beforeAll(async () => {
    result = await cruiseFolders(root, all);
  }, 120_000);

  it('are judged over every file that Git knows in the shipped folders', () => {
    const seen = new Set(result.modules.map((module) => module.source));
    const files = codeFiles(shipped);
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter((file) => !seen.has(file))).toEqual([]);
  });

  it('are judged over every import that is written', () => {
    const unseen = result.modules
      .filter((module) => module.source.endsWith('.ts') && all.includes(module.source.split('/')[0] ?? ''))
      .flatMap((module) => {
        const seen = new Set(module.dependencies.map((dependency) => dependency.module));
        const written = importsIn(readFileSync(join(root, module.source), 'utf8'));
        return written.filter((name) => !seen.has(name)).map((name) => `${module.source}: ${name}`);
      });
    expect(unseen).toEqual([]);
  });

  it('are kept', () => {
    const comments = rulesOf(result);
    const violations = result.summary.violations.map(
      ({ rule, from, to }) => `${from} → ${to}\n  ${rule.name}: ${comments.get(rule.name)}`,
    );
    expect(violations.join('\n')).toBe('');
  });

  it('each tell the one who trips them what to do', () => {
    const silent = [...rulesOf(result)].filter(([, comment]) => comment.length < 60).map(([name]) => name);
    expect(silent).toEqual([]);
  });
});

/** Who imports what, and the rule that says no. */
const planted: [from: string, to: string, rule: string][] = [
  ['cli/lost.ts', './nowhere.ts', 'every-import-resolves'],
  ['agent/circle.ts', './round.ts', 'no-cycles'],
  ['schemas/ground.ts', '../controller/run/target.ts', 'the-ground-stands-alone'],
  ['schemas/other.ts', '../agent/target.ts', 'the-ground-stands-alone'],
  ['controller/run/reads.ts', 'node:fs', 'pure-stages-do-no-io'],
  ['controller/plan/parses.ts', 'yaml', 'pure-stages-do-no-io'],
  ['controller/desired/validates.ts', '../../schemas/validator.ts', 'pure-stages-see-plain-ground'],
  ['controller/desired/signs.ts', '../../schemas/seal.ts', 'pure-stages-see-plain-ground'],
  ['controller/source/back.ts', '../manifest/target.ts', 'forward-from-source'],
  ['controller/manifest/back.ts', '../plan/target.ts', 'forward-from-manifest'],
  ['controller/desired/back.ts', '../store/target.ts', 'forward-from-desired'],
  ['controller/run/back.ts', '../desired/target.ts', 'forward-from-run'],
  ['controller/plan/back.ts', '../store/target.ts', 'forward-from-plan'],
  ['controller/store/back.ts', '../reconcile/target.ts', 'forward-from-store'],
  ['controller/reconcile/back.ts', '../dispatch/target.ts', 'forward-from-reconcile'],
  ['controller/dispatch/back.ts', '../http/target.ts', 'forward-from-dispatch'],
  ['controller/results/back.ts', '../http/target.ts', 'forward-from-results'],
  ['controller/http/back.ts', '../status/target.ts', 'forward-from-http'],
  ['controller/dispatch/writes.ts', 'level', 'only-the-store-knows-leveldb'],
  ['controller/reconcile/fetches.ts', 'simple-git', 'only-source-and-status-know-git'],
  ['controller/dispatch/spawns.ts', 'node:child_process', 'who-may-start-processes'],
  ['controller/http/decides.ts', '../reconcile/target.ts', 'http-decides-nothing'],
  ['controller/http/stores.ts', '../store/target.ts', 'http-decides-nothing'],
  ['agent/packs.ts', 'yaml', 'the-agent-is-portable'],
  ['agent/borrows.ts', '../controller/run/target.ts', 'the-agent-is-portable'],
  ['agent/validates.ts', '../schemas/validator.ts', 'the-agent-compiles-no-schemas'],
  ['controller/dispatch/calls.ts', '../../agent/target.ts', 'the-controller-never-reaches-out'],
  ['cli/peeks.ts', '../controller/store/target.ts', 'the-command-line-is-a-client'],
  ['cli/reuses.ts', '../agent/target.ts', 'the-command-line-is-a-client'],
  ['cli/starts.ts', '../controller/main.ts', 'nobody-imports-a-main'],
  ['controller/reconcile/starts.ts', '../main.ts', 'nobody-imports-a-main'],
  ['cli/agent.ts', '../controller/main.ts', 'entry-points-start-their-own-main'],
  ['web/peeks.ts', '../controller/run/target.ts', 'the-page-is-a-client'],
  ['controller/manifest/tests.ts', './target.test.ts', 'no-test-code-in-shipped-code'],
  ['controller/store/tests.ts', '../../test/target.ts', 'no-test-code-in-shipped-code'],
  ['controller/store/develops.ts', 'memory-level', 'no-development-packages-in-shipped-code'],
  ['controller/status/measures.ts', '../../bench/target.ts', 'benchmarks-and-scripts-are-leaves'],
];

/** Looks like the above, and is fine. */
const allowed: [from: string, to: string][] = [
  ['controller/plan/forward.ts', '../manifest/target.ts'],
  ['controller/run/hashes.ts', '../../schemas/digest.ts'],
  ['controller/run/life.test.ts', 'node:fs'],
  ['controller/store/stores.ts', 'level'],
  ['controller/store/stores.test.ts', 'memory-level'],
  ['controller/source/clones.ts', 'simple-git'],
  ['controller/http/asks.ts', '../dispatch/target.ts'],
  ['controller/http/types.ts', '../store/port.ts'],
  ['agent/spawns.ts', 'node:child_process'],
  ['cli/controller.ts', '../controller/main.ts'],
  ['cli/computes.ts', '../controller/plan/target.ts'],
  ['bench/starts.ts', '../controller/main.ts'],
];

describe('each import rule', () => {
  const base = mkdtempSync(join(tmpdir(), 'groundcrew-rules-'));
  let result: Cruised;
  beforeAll(async () => {
    plantHouse(base);
    for (const [from, to] of [...planted, ...allowed])
      plant(base, from, `import * as it from '${to}';\nit;\n`);
    plant(base, 'agent/round.ts', `import * as it from './circle.ts';\nit;\n`);
    result = await cruiseFolders(base, [...shipped, 'web', 'test', 'bench']);
  }, 60_000);
  afterAll(() => rmSync(base, { recursive: true, force: true }));

  const brokenBy = (file: string) =>
    result.summary.violations.filter((violation) => violation.from === file).map(({ rule }) => rule.name);

  it.each(planted)('says no when %s imports %s: %s', (from, _to, rule) => {
    expect(brokenBy(from)).toContain(rule);
  });

  it.each(allowed)('lets %s import %s', (from) => {
    expect(result.modules.some((module) => module.source === from && module.dependencies.length === 1)).toBe(
      true,
    );
    expect(brokenBy(from)).toEqual([]);
  });

  it('is broken by one of these', () => {
    const tried = new Set(planted.map(([, , rule]) => rule));
    expect([...rulesOf(result).keys()].filter((rule) => !tried.has(rule))).toEqual([]);
  });
});

function codeFiles(folders: string[]): string[] {
  const list = execFileSync('git', ['ls-files', '-z', '--', ...folders], { cwd: root, encoding: 'utf8' });
  return list.split('\0').filter((file) => /\.tsx?$/.test(file) && existsSync(join(root, file)));
}

function importsIn(code: string): string[] {
  // The cruiser calls node:fs fs.
  const statements = code.matchAll(/^(?:import|export)\s(?:[^;'"`]*?\sfrom\s)?'([^']+)';/gm);
  const calls = code.matchAll(/\bimport\('([^'$]+)'\)/g);
  return [...new Set([...statements, ...calls].map((match) => (match[1] ?? '').replace(/^node:/, '')))];
}

/** A small house with a `target.ts` in each folder and the packages that the rules speak of. */
function plantHouse(base: string): void {
  const stages = [
    'source',
    'manifest',
    'desired',
    'run',
    'plan',
    'store',
    'reconcile',
    'dispatch',
    'http',
    'status',
  ];
  const folders = [...stages.map((stage) => `controller/${stage}`), 'agent', 'cli', 'web', 'test', 'bench'];
  const files = [
    ...folders.map((folder) => `${folder}/target.ts`),
    'controller/manifest/target.test.ts',
    'controller/store/port.ts',
    'controller/main.ts',
    ...['validator', 'seal', 'digest'].map((name) => `schemas/${name}.ts`),
  ];
  for (const file of files) plant(base, file, 'export const it = 1;\n');
  for (const name of ['level', 'memory-level', 'simple-git', 'yaml']) {
    plant(
      base,
      `node_modules/${name}/package.json`,
      JSON.stringify({ name, type: 'module', main: 'index.js' }),
    );
    plant(base, `node_modules/${name}/index.js`, 'export const it = 1;\n');
  }
  plant(base, 'package.json', readFileSync(join(root, 'package.json'), 'utf8'));
}

function plant(base: string, file: string, text: string): void {
  mkdirSync(dirname(join(base, file)), { recursive: true });
  writeFileSync(join(base, file), text);
}
