import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ProblemDocument } from '../schemas/generated/status.ts';
import { withoutMarks } from '../test/support/marks.ts';
import { run } from './program.ts';

let root = '';
const here = process.cwd();

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'groundcrew-validate-'));
  mkdirSync(join(root, '.git'));
  process.chdir(root);
});

afterEach(() => {
  process.chdir(here);
  rmSync(root, { recursive: true });
});

const command = (name: string, spec = "content: 'true'") =>
  `apiVersion: groundcrew.dev/v1\nkind: Command\nmetadata: {name: ${name}}\nspec:\n  type: RunShellScript\n  ${spec}\n`;
const invocation = (name: string, ref: string) =>
  `apiVersion: groundcrew.dev/v1\nkind: Invocation\nmetadata: {name: ${name}}\nspec:\n  commandRef: {name: ${ref}}\n  targets: {selector: {}}\n`;

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const validate = (...args: string[]) => validateWith({}, ...args);

async function validateWith(
  { now = 0, env = {} }: { now?: number; env?: Record<string, string> },
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await run(['validate', ...args], {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    env,
    now: () => now,
  });
  return { code, out, err };
}

test('manifests without a problem end with 0', async () => {
  put('manifests/a.yaml', command('a'));
  put('manifests/b.yml', invocation('b', 'a'));
  expect(await validate()).toEqual({ code: 0, out: 'valid: 2 files, no problems\n', err: '' });
});

test('a problem is shown with its line, a caret, and what to do', async () => {
  put('manifests/a.yaml', command('a', 'contnet: x'));
  const { code, out } = await validate();
  expect(code).toBe(1);
  expect(out).toBe(`manifests/a.yaml:6:3: error UnknownField spec has no field of this name
    6 |   contnet: x
      |   ^^^^^^^
  found  "contnet"
  legal  type, description, content, contentFrom, contentBase64, parameters, workingDir, timeout, username, launcher
  hint   Did you mean "content"?

1 problem in 1 file; 1 file checked
`);
});

test('every problem of every file is reported at once, as JSON of a fixed shape', async () => {
  put('manifests/a.yaml', `${command('a', 'contnet: x')}---\nx: [\n`);
  put('manifests/deep/b.yaml', invocation('b', 'nobody'));
  const { code, out } = await validate('--format', 'json');
  expect(code).toBe(1);
  const { valid, files, problems } = JSON.parse(out);
  expect({ valid, files }).toEqual({ valid: false, files: 2 });
  expect(problems).toMatchObject([
    { code: 'UnknownField', file: 'manifests/a.yaml', line: 6, column: 3 },
    { code: 'YamlSyntax', file: 'manifests/a.yaml' },
    { code: 'UnknownCommand', file: 'manifests/deep/b.yaml', line: 5, column: 22 },
  ]);
  for (const each of problems) {
    expect(Object.keys(each)).toEqual(['code', 'severity', 'message', 'hint', 'file', 'line', 'column']);
  }
});

test('one file is checked against its neighbours, whose own problems are not reported', async () => {
  put('manifests/a.yaml', command('a'));
  put('manifests/broken.yaml', 'x: [');
  put('manifests/sub/b.yaml', invocation('b', 'a'));
  expect(await validate('manifests/sub/b.yaml')).toMatchObject({
    code: 0,
    out: 'valid: 1 file, no problems\n',
  });
  put('elsewhere/c.yaml', invocation('c', 'd'));
  put('elsewhere/d.yaml', command('d'));
  expect(await validate('elsewhere/c.yaml')).toMatchObject({ code: 0 });
});

test('a symbolic link is refused, and nothing of where it leads is shown', async () => {
  put('secret.txt', 'password');
  put('manifests/a.yaml', command('a', 'contentFrom: {file: ../link.sh}'));
  symlinkSync('../secret.txt', join(root, 'manifests/b.yaml'));
  symlinkSync('secret.txt', join(root, 'link.sh'));
  const { code, out } = await validate();
  expect(code).toBe(1);
  expect(out).toContain('FileIsSymlink');
  expect(out).toContain('ContentFileIsSymlink');
  expect(out).not.toContain('password');
});

test('a file of another repository is refused', async () => {
  put('manifests/a.yaml', command('a'));
  const other = mkdtempSync(join(tmpdir(), 'groundcrew-other-'));
  writeFileSync(join(other, 'b.yaml'), command('b'));
  try {
    const { code, out } = await validate('manifests', join(other, 'b.yaml'));
    expect(code).toBe(1);
    expect(out).toContain('FileOutsideRepository');
    symlinkSync(other, join(root, 'way-out'));
    expect((await validate('manifests', 'way-out/b.yaml')).out).toContain('FileOutsideRepository');
  } finally {
    rmSync(other, { recursive: true });
  }
});

test('a folder outside of any repository can be checked by its absolute path', async () => {
  const other = mkdtempSync(join(tmpdir(), 'groundcrew-other-'));
  writeFileSync(join(other, 'b.yaml'), command('b', 'x: 1'));
  try {
    const { code, out } = await validate(other, '--format', 'json');
    expect(code).toBe(1);
    expect(JSON.parse(out).problems[0].file).toBe(join(other, 'b.yaml'));
  } finally {
    rmSync(other, { recursive: true });
  }
});

test.each([[['nowhere']], [['readme.txt']], [['--format', 'xml']], [['--nonsense']], [[]]])(
  'wrong usage ends with 64: %j',
  async (args) => {
    put('readme.txt', '');
    const { code, out, err } = await validate(...args);
    expect({ code, out }).toEqual({ code: 64, out: '' });
    expect(err).toContain('error: ');
  },
);

test.each([
  [
    'github',
    /^::error file=manifests\/a.yaml,line=6,col=3,endColumn=10,title=UnknownField::spec has no field/,
  ],
  ['junit', /<testsuites tests="1" failures="1">[^]*<failure type="UnknownField" message="6:3 spec has/],
  ['markdown', /\| manifests\/a.yaml:6:3 \| `UnknownField` \| spec has no field/],
])('%s names the place, the code and the message', async (format, expected) => {
  put('manifests/a.yaml', command('a', 'contnet: x'));
  const { code, out } = await validate('--format', format);
  expect(code).toBe(1);
  expect(out).toMatch(expected);
});

test('SARIF has a rule for each code and a result for each problem', async () => {
  put('manifests/a b.yaml', command('a', 'contnet: x'));
  const [only] = JSON.parse((await validate('--format', 'sarif')).out).runs;
  expect(only.tool.driver.rules).toMatchObject([{ id: 'UnknownField' }]);
  expect(only.results).toMatchObject([
    {
      ruleId: 'UnknownField',
      level: 'error',
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'manifests/a%20b.yaml' },
            region: { startLine: 6, startColumn: 3, endColumn: 10 },
          },
        },
      ],
    },
  ]);
});

test('text of a manifest cannot break out of a report', async () => {
  put('manifests/a.yaml', command('a', '"<b>|`::%0A\\e[31m\\u0085": x'));
  expect((await validate('--format', 'markdown')).out).not.toMatch(/<b>/);
  expect((await validate('--format', 'junit')).out).not.toMatch(/<b>/);
  expect((await validate()).out).not.toContain('\u001b');
  expect(
    (await validate('--format', 'github')).out.split('\n').filter((line) => line.startsWith('::')),
  ).toHaveLength(2);
});

describe('with a clock', () => {
  const schedule = (fields: string) =>
    `apiVersion: groundcrew.dev/v1\nkind: Invocation\nmetadata: {name: often}\nspec:\n  command: {type: RunShellScript, content: date}\n  targets: {selector: {}}\n${fields}`;
  const noon = Date.parse('2026-11-23T12:00:00Z');

  test.each([
    ['an instant', '  frequency: ‸at(2026-11-23 12:00:00)\n', true],
    ['an instant to come', '  frequency: at(2026-11-23 12:00:01)\n', false],
    ['a year', '  frequency: ‸0 0 9 ? * MON 2025\n', true],
    ['an end', '  frequency: rate(1h)\n  until: ‸"2026-11-23T11:59:59Z"\n', true],
    ['an end before the next tick', '  frequency: 0 0 13 * * ?\n  until: ‸"2026-11-23T12:59:59Z"\n', true],
    ['an end at the next tick', '  frequency: 0 0 13 * * ?\n  until: "2026-11-23T13:00:00Z"\n', false],
    ['an instant that has not come everywhere', '  frequency: at(2026-11-23 11:00:00 Local)\n', false],
    ['no end', '  frequency: rate(1h)\n', false],
  ])('a schedule without a tick to come is a warning: %s', async (_, fields, isExpired) => {
    const { text, places } = withoutMarks(schedule(fields));
    put('manifests/a.yaml', text);
    const { code, out } = await validateWith({ now: noon }, '--format', 'json');
    const { valid, problems } = JSON.parse(out);
    expect({ code, valid }).toEqual({ code: 0, valid: true });
    const found = problems.map(
      ({ code, severity, line, column }: ProblemDocument) => `${code} ${severity} ${line}:${column}`,
    );
    expect(found).toEqual(isExpired ? [`ScheduleExpired warning ${places[0]}`] : []);
  });
});

describe('with the settings of a controller', () => {
  const script = command('a', `content: '${'x'.repeat(100)}'`);

  test.each([
    ['the file of --config', ['--config', 'settings.yaml'], {}],
    ['the file that a variable names', [], { GROUNDCREW_CONFIG: 'settings.yaml' }],
    ['a variable', [], { GROUNDCREW_MAX_COMMAND_SIZE: '100' }],
  ])('the limits come from %s', async (_, args, env) => {
    put('manifests/a.yaml', script);
    put('settings.yaml', 'repo: https://git.example.org/fleet.git\nmax-command-size: 100\n');
    expect(await validate()).toMatchObject({ code: 0 });
    const { code, out } = await validateWith({ env }, ...args);
    expect(code).toBe(1);
    expect(out).toContain('error ScriptTooLarge');
    expect(out).toContain('100 at most');
  });

  test('a setting that the controller would not start with is wrong usage', async () => {
    put('manifests/a.yaml', script);
    put('settings.yaml', 'max-command-size: many\n');
    const { code, out, err } = await validateWith({}, '--config', 'settings.yaml');
    expect({ code, out }).toEqual({ code: 64, out: '' });
    expect(err).toContain('settings.yaml:1:19: error ConfigInvalidValue');
    expect((await validateWith({}, '--config', 'nowhere.yaml')).err).toContain('ConfigFileUnreadable');
  });
});
