import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from './program.ts';

let root = '';
const here = process.cwd();

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'groundcrew-clone-'));
  mkdirSync(join(root, '.git'));
  process.chdir(root);
});

afterEach(() => {
  process.chdir(here);
  rmSync(root, { recursive: true });
});

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const text = (path: string): string => readFileSync(join(root, path), 'utf8');

async function groundcrew(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await run(args, {
    stdout: { write: (each) => (out += each) },
    stderr: { write: (each) => (err += each) },
    env: {},
    now: () => 0,
  });
  return { code, out, err };
}

const clone = (...args: string[]) => groundcrew('clone', 'command', ...args);

const greet = `# What the team says of it.
apiVersion: groundcrew.dev/v1   # always
kind: Command
metadata:
    name: 'greet' # short
    labels: { team: "web" }
spec:
    type: RunShellScript
    content: |-
        # greet
        echo greet {{who}}
    parameters: [ {name: who, default: you} ]
`;
const command = (name: string, script: string) =>
  `apiVersion: groundcrew.dev/v1\nkind: Command\nmetadata: {name: ${name}}\nspec:\n  type: RunShellScript\n  ${script}\n`;

test('the copy is what was written, but for the name', async () => {
  put('manifests/team/greet.yaml', greet);
  expect(await clone('greet', 'greet-2')).toEqual({
    code: 0,
    out: 'manifests/team/greet-2.yaml: Command greet-2, a copy of greet in manifests/team/greet.yaml\n',
    err: '',
  });
  expect(text('manifests/team/greet-2.yaml')).toBe(greet.replace("'greet'", 'greet-2'));
  expect(text('manifests/team/greet.yaml')).toBe(greet);
  expect(await groundcrew('validate')).toMatchObject({ code: 0 });
});

test('of a file with several documents only the one is copied, with the comments before it', async () => {
  const between = `---\n# second\n${command('b', 'content: b # b')}# end of b\n`;
  put('manifests/all.yaml', `${greet}${between}...\n---\n${command('c', 'content: c')}`);
  expect(await clone('b', 'd')).toMatchObject({ code: 0 });
  expect(text('manifests/d.yaml')).toBe(`# second\n${command('d', 'content: b # b')}# end of b\n`);
  expect(await clone('c', 'e', 'manifests')).toMatchObject({ code: 0 });
  expect(text('manifests/e.yaml')).toBe(command('e', 'content: c'));
});

test.each(['true', '12', '1e3', 'null', '0x1'])(
  'a name that YAML reads otherwise is put in quotes: %s',
  async (name) => {
    put('manifests/a.yaml', command('a', 'content: a'));
    expect(await clone('a', name)).toMatchObject({ code: 0 });
    expect(text(`manifests/${name}.yaml`)).toContain(`{name: "${name}"}`);
    expect(await groundcrew('validate')).toMatchObject({ code: 0, out: 'valid: 2 files, no problems\n' });
  },
);

test('a script in a file of its own is the same one from another folder', async () => {
  put('manifests/a/a.yaml', command('a', "contentFrom: {file: '../../scripts/x.sh'} # there"));
  put('scripts/x.sh', 'date\n');
  expect(await clone('a', 'b')).toMatchObject({ code: 0 });
  expect(text('manifests/a/b.yaml')).toContain("{file: '../../scripts/x.sh'} # there");
  expect(await clone('a', 'c', '--output', 'manifests/new/deep/c.yml')).toMatchObject({
    code: 0,
    out: expect.stringContaining('manifests/new/deep/c.yml: '),
  });
  expect(text('manifests/new/deep/c.yml')).toContain('{file: ../../../scripts/x.sh} # there');
  expect(await groundcrew('validate')).toMatchObject({ code: 0, out: 'valid: 3 files, no problems\n' });
});

test('a Command of another folder can be named, from within it too', async () => {
  put('elsewhere/a.yaml', command('a', 'content: a').replaceAll('\n', '\r\n'));
  process.chdir(join(root, 'elsewhere'));
  expect(await clone('a', 'b', '.')).toMatchObject({
    code: 0,
    out: 'b.yaml: Command b, a copy of a in a.yaml\n',
  });
  expect(text('elsewhere/b.yaml')).toBe(command('b', 'content: a').replaceAll('\n', '\r\n'));
});

const kept =
  'apiVersion: groundcrew.dev/v1\nkind: Invocation\nmetadata: {name: kept}\nspec:\n  command: {type: RunShellScript, content: date, keep: true}\n  targets: {selector: {}}\n';

test.each([
  ['nobody', 'b', 1, 'there is no Command nobody'],
  ['gret', 'b', 1, 'Did you mean "greet"?'],
  ['broken', 'b', 1, 'the Command broken has problems'],
  ['kept', 'b', 1, 'kept is kept by the Invocation of this name'],
  ['greet', 'other', 1, 'there is a Command other already'],
  ['greet', 'broken', 1, 'there is a Command broken already'],
  ['greet', 'kept', 1, 'there is a Command kept already'],
  ['greet', 'taken', 1, 'taken.yaml exists already'],
  ['greet', 'a b', 64, 'a b cannot be a name'],
  ['greet', '../b', 64, '../b cannot be a name'],
])('%s to %s is refused, and nothing is written', async (from, to, code, message) => {
  put('manifests/greet.yaml', greet);
  put('manifests/other.yaml', command('other', 'content: x'));
  put('manifests/broken.yaml', command('broken', 'contnet: x'));
  put('manifests/kept.yaml', kept);
  put('manifests/taken.yaml', '# nothing\n');
  const before = readdirSync(join(root, 'manifests'));
  const result = await clone(from, to);
  expect(result).toMatchObject({ code, out: '' });
  expect(result.err).toContain(message);
  expect(readdirSync(join(root, 'manifests'))).toEqual(before);
  expect(text('manifests/taken.yaml')).toBe('# nothing\n');
});

test.each([
  [['greet', 'b', '--output', 'manifests/b.txt'], 'would be no manifest'],
  [['greet', 'b', '--output', '../groundcrew-nowhere/b.yaml'], 'is not in the repository'],
  [['greet', 'b', 'nowhere'], 'nowhere does not exist'],
  [['greet'], 'missing required argument'],
])('wrong usage ends with 64: %j', async (args, message) => {
  put('manifests/greet.yaml', greet);
  const { code, err } = await clone(...args);
  expect(code).toBe(64);
  expect(err).toContain(message);
  expect(existsSync(join(root, '..', 'groundcrew-nowhere'))).toBe(false);
});
