// Values of parameters are text, whatever is in them: more than ten thousand of them go the whole way, from a manifest
// through validation and rendering into real interpreters. What would run, would call `canary`, and that leaves a file.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { desired } from '../controller/desired/desired.ts';
import { makeRender } from '../controller/dispatch/render.ts';
import { limitsOf } from '../controller/manifest/limits.ts';
import { makeParseCache, readCatalog } from '../controller/manifest/read-catalog.ts';
import type { CommandType } from '../schemas/generated/definitions.ts';
import { snapshotOf } from './support/memory-snapshot.ts';

const folder = mkdtempSync(join(tmpdir(), 'groundcrew-hostile-'));
const sung = join(folder, 'sung');
const path = `${join(folder, 'bin')}:${process.env.PATH}`;
mkdirSync(join(folder, 'bin'));
writeFileSync(join(folder, 'bin', 'canary'), `#!/bin/sh\n: > '${sung}'\n`, { mode: 0o755 });

afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => rmSync(sung, { force: true }));

/** What means something to a shell, to Python, to Perl, or to our own placeholders. */
const pieces = [
  '$(canary)¦`canary`¦; canary¦| canary¦& canary¦\ncanary\n¦&& canary¦|| canary¦<(canary)¦>canary¦-e canary',
  `'; canary; '¦"; canary; "¦"$(canary)"¦'$(canary)'¦'+\`canary\`+'¦"+__import__("os").system("canary")+"`,
  '${x:-$(canary)}¦@{[`canary`]}¦${\\`canary`}¦\nEOF\ncanary\n¦\\¦\\n¦\\\\¦"¦`¦$¦$HOME¦${PATH}¦$0¦$@¦$$¦$?¦"""',
  "'¦'''¦$'\\x41'¦!¦!!¦!$¦%¦%s¦%n¦%PATH%¦*¦?¦[a-z]*¦~¦~root¦{a,b}¦{{p1}}¦{{ P2 }}¦{{ACS::InstanceId}}¦{{¦}}",
  '{{oos:x}}¦-rf¦--¦-¦#¦ ¦  ¦\t¦\n¦\r\n¦\r¦;¦&¦|¦<¦>¦(¦)¦{¦}¦@¦@ARGV¦=¦,¦:¦/¦.¦..¦../¦_¦+¦a¦Z¦0¦7e9¦^¦IFS=x',
  'é¦日本¦🚀¦\u202e¦\u2028¦\u0085¦\ufeff¦\u0001¦\u001b[2J¦\u007f¦a=b¦PATH=.¦a@b.c¦https://x.y/z¦rw,noexec¦1+1=2',
].flatMap((some) => some.split('¦'));
const harmless = fc.string({ unit: fc.constantFrom(...'abcXYZ059_./:@,+=-'), maxLength: 12 });
const piece = fc.constantFrom(...pieces);
const value = fc.oneof(
  { weight: 6, arbitrary: fc.array(piece, { minLength: 1, maxLength: 5 }).map((each) => each.join('')) },
  { weight: 3, arbitrary: harmless },
  { weight: 1, arbitrary: fc.tuple(harmless, piece, harmless).map((each) => each.join('')) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
);
const long = pieces.map((each) => each.repeat(Math.ceil(3000 / each.length)));
/** No two are the same; none has a NUL, which is refused as such. */
const values = [...new Set([...fc.sample(value, { numRuns: 16_000, seed: 20_261_126 }), ...long, ''])].filter(
  (each) => !each.includes('\0'),
);

test('there are more than ten thousand values, and many of every kind', () => {
  expect(values.length).toBeGreaterThan(10_000);
  expect(values.filter((each) => isPlain(each)).length).toBeGreaterThan(1_500);
  expect(values.filter((each) => each.includes('canary')).length).toBeGreaterThan(1_500);
  expect(values.filter((each) => each.includes('{{')).length).toBeGreaterThan(500);
});

test('the canary sings where a value is executed', () => {
  spawnSync('sh', ['-c', 'echo "$(canary)"'], { env: { PATH: path } });
  expect(existsSync(sung)).toBe(true);
});

const interpreters: { program: string; type: CommandType }[] = [
  { program: 'sh', type: 'RunShellScript' },
  { program: 'dash', type: 'RunShellScript' },
  { program: 'bash', type: 'RunShellScript' },
  { program: 'python3', type: 'RunPythonScript' },
  { program: 'perl', type: 'RunPerlScript' },
];

describe.each(interpreters)('$program', ({ program, type }) => {
  const isThere = spawnSync(program, ['-c', ''], { env: { PATH: path } }).error === undefined;
  if (!isThere) console.warn(`${program} is not installed: nothing is shown for it`);

  test.skipIf(!isThere)(
    'gets every value byte for byte as GC_PARAM_, and runs nothing of it',
    async () => {
      for (const batch of batches(values)) {
        const script = batch.map((_, at) => printVariable[type](`GC_PARAM_P${at}`)).join('\n');
        expect(await runs(program, type, batch, script)).toEqual(batch);
      }
      expect(existsSync(sung)).toBe(false);
    },
    120_000,
  );

  test.skipIf(!isThere)(
    'gets what is accepted as text unchanged, in quotes or not, and runs nothing of it',
    async () => {
      const plain = values.filter((each) => isPlain(each, notIn[type]));
      for (const batch of batches(plain)) {
        const script = batch.flatMap((_, at) => printText[type](`{{ p${at}\n}}`)).join('\n');
        const times = printText[type]('').length;
        expect(await runs(program, type, batch, script)).toEqual(
          batch.flatMap((each) => Array.from({ length: times }, () => each)),
        );
      }
      expect(existsSync(sung)).toBe(false);
    },
    120_000,
  );
});

test.each<CommandType>([
  'RunShellScript',
  'RunPythonScript',
  'RunPerlScript',
  'RunPowerShellScript',
  'RunBatScript',
])(
  'no value that is more than plain text gets into a %s as text',
  async (type) => {
    // Twenty at once, as a command may have; each that is refused is a problem of its own.
    const groups = batches(values, 20);
    const script = Array.from({ length: 20 }, (_, at) => `run {{p${at}}}`).join('\n');
    const files = groups.map((group, at): [string, string] => [
      `manifests/${at}.yaml`,
      invocation(`v-${at}`, type, script.split('\n').slice(0, group.length).join('\n'), group),
    ]);
    const { invocations, problems } = await readCatalog(snapshotOf(new Map(files)), makeParseCache());
    expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['UnsafeParameterValue']));
    const refused = problems.map(({ file, finding }) => {
      const [, parameter] = /the value of p(\d+) /.exec(finding?.what ?? '') ?? [];
      return groups[Number(/\d+/.exec(file)?.[0])]?.[Number(parameter)];
    });
    expect(new Set(refused)).toEqual(new Set(values.filter((each) => !isPlain(each, notIn[type]))));
    const isRefused = new Set(refused);
    const whole = groups.filter((group) => group.every((each) => !isRefused.has(each)));
    expect(invocations.size).toBe(whole.length);
  },
  120_000,
);

test('a value with a NUL is refused, wherever it stands', async () => {
  const nuls = fc
    .sample(fc.tuple(harmless, harmless), { numRuns: 80, seed: 1 })
    .map((each) => each.join('\0'));
  const texts = nuls.map((each, at) => invocation(`v-${at}`, 'RunShellScript', 'date', [each]));
  const snapshot = snapshotOf({ 'manifests/a.yaml': texts.join('\n---\n') });
  const { invocations, problems } = await readCatalog(snapshot, makeParseCache());
  expect(invocations.size).toBe(0);
  expect(problems.map(({ code }) => code)).toEqual(nuls.map(() => 'ParameterHasNul'));
});

/** Written down by another hand than the rule: what may be put into a script as text. */
function isPlain(text: string, without = ''): boolean {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@,+=-';
  return (
    !text.startsWith('-') && [...text].every((each) => letters.includes(each) && !without.includes(each))
  );
}

const notIn: Record<CommandType, string> = {
  RunShellScript: '',
  RunPythonScript: '',
  RunPerlScript: '@',
  RunPowerShellScript: '@,',
  RunBatScript: ',=',
};

const none = (): never => {
  throw new Error('no interpreter of this type is here');
};
const printVariable: Record<CommandType, (name: string) => string> = {
  RunShellScript: (name) => `printf '%s\\0' "$${name}"`,
  RunPythonScript: (name) => `import os, sys; sys.stdout.buffer.write(os.environb[b"${name}"] + b"\\0")`,
  RunPerlScript: (name) => `print $ENV{"${name}"}, "\\0";`,
  RunPowerShellScript: none,
  RunBatScript: none,
};
const printText: Record<CommandType, (text: string) => string[]> = {
  RunShellScript: (text) => [
    `printf '%s\\0' ${text}`,
    `printf '%s\\0' "${text}"`,
    `printf '%s\\0' '${text}'`,
    `x=${text}; printf '%s\\0' "$x"`,
  ],
  RunPythonScript: (text) => [`print("${text}", end="\\0")`, `print('${text}', end="\\0")`],
  RunPerlScript: (text) => [
    `print "${text}", "\\0";`,
    `print '${text}', "\\0";`,
    `print qq(${text}), "\\0";`,
  ],
  RunPowerShellScript: none,
  RunBatScript: none,
};

/** Runs the script with these values for p0, p1, …, as an agent would get it; what it printed, split at each NUL. */
async function runs(
  program: string,
  type: CommandType,
  batch: readonly string[],
  script: string,
): Promise<string[]> {
  const text = invocation('all', type, script, batch);
  const rendered = renderings.get(text) ?? (await renderingOf(text));
  renderings.set(text, rendered);
  const file = join(folder, 'script');
  writeFileSync(file, rendered.script);
  const { stdout, stderr, status } = spawnSync(whereIs(program), [file], {
    cwd: folder,
    env: { PATH: path, ...rendered.environment },
    maxBuffer: 64 * 1024 * 1024,
  });
  expect({ stderr: stderr.toString(), status }).toEqual({ stderr: '', status: 0 });
  return stdout.toString().split('\0').slice(0, -1);
}

/** Several shells get the same. */
const renderings = new Map<string, Awaited<ReturnType<typeof renderingOf>>>();

async function renderingOf(text: string) {
  const limits = limitsOf({ 'max-inline-size': 262_144, 'max-parameters': 1000 });
  const catalog = await readCatalog(snapshotOf({ 'manifests/a.yaml': text }), makeParseCache(limits));
  expect(catalog.problems).toEqual([]);
  const wanted = desired(catalog).wanted.get('all');
  if (wanted?.work.does !== 'run' || wanted.script === undefined) throw new Error('nothing is to run');
  const render = makeRender({ region: '', account: '' });
  return render(wanted.script, wanted.work, 'r-1', { id: 'mi-1', name: 'web-1' } as never);
}

/** Python's own path: what finds it (pyenv) may take a second each time. */
function whereIs(program: string): string {
  if (program !== 'python3') return program;
  python ??= spawnSync(program, ['-c', 'import sys; print(sys.executable)'], {
    encoding: 'utf8',
  }).stdout.trim();
  return python;
}
let python: string | undefined;

/** JSON is YAML; what YAML would not take as it is (a line separator, a delete) is escaped. */
function invocation(name: string, type: CommandType, content: string, given: readonly string[]): string {
  const manifest = {
    apiVersion: 'groundcrew.dev/v1',
    kind: 'Invocation',
    metadata: { name },
    spec: {
      targets: { selector: {} },
      command: { type, content, parameters: given.map((_, at) => ({ name: `p${at}` })) },
      parameters: Object.fromEntries(given.map((each, at) => [`P${at}`, each])),
    },
  };
  return JSON.stringify(manifest).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Of so many values, and so many characters, at most. */
function batches(all: readonly string[], most = 400, mostCharacters = 40_000): string[][] {
  const made: string[][] = [];
  let room = 0;
  for (const each of all) {
    const last = made.at(-1);
    if (last === undefined || last.length === most || room < each.length) {
      made.push([each]);
      room = mostCharacters - each.length;
    } else {
      last.push(each);
      room -= each.length;
    }
  }
  return made;
}
