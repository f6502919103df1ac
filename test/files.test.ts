// Files on their whole way: from a commit over a real controller and a real agent to their place, once.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256 } from '../schemas/digest.ts';
import type { InvocationStatus } from '../schemas/generated/status.ts';
import {
  eventually,
  type RunningController,
  type RunningProcess,
  type Scratch,
  scratch,
  startAgent,
  startController,
} from './support/processes.ts';
import { makeRepository, type Repository } from './support/repository.ts';

let folder: Scratch;
let repository: Repository;
let controller: RunningController;
let agent: RunningProcess;
let place: string;

const start = () => startController({ repo: repository.bare, data: folder.path('controller') });

beforeAll(async () => {
  folder = scratch();
  place = folder.path('place');
  mkdirSync(place, { mode: 0o755 });
  repository = makeRepository(folder.path());
  repository.push({ '../README.md': 'manifests are in manifests/\n' });
  controller = await start();
  agent = await startAgent(controller, { name: 'web-1', data: folder.path('web-1') });
}, 60_000);

afterAll(async () => {
  await agent?.end();
  await controller?.end();
  folder.remove();
});

const sending = (name: string, fields: string) => `
apiVersion: groundcrew.dev/v1
kind: Invocation
metadata:
  name: send-${name}
spec:
  sendFile:
    name: ${name}
    targetDir: ${place}
    ${fields}
  targets:
    instances: [web-1]
`;

/** What the controller says of it; the status branch says the same some seconds later. */
function statusOf(name: string): InvocationStatus['status'] | undefined {
  controller.cli('reconcile');
  const { items }: { items: InvocationStatus[] } = JSON.parse(
    controller.cli('get', 'invocations', '-o', 'json'),
  );
  return items.find(({ metadata }) => metadata.name === `send-${name}`)?.status;
}

/** The status once it is that of another run than this one, and over. */
async function over(name: string, run?: string) {
  return eventually(`send-${name} is over`, () => {
    const status = statusOf(name);
    return status?.run?.id !== undefined && status.run.id !== run && status.state !== 'Running'
      ? status
      : undefined;
  });
}

const read = (name: string) => readFileSync(join(place, name));
const blobs = () => readdirSync(folder.path('controller', 'blobs')).length;

test('text, Base64, a small binary file and a large one of the repository all arrive as they are', async () => {
  const large = randomBytes(5 * 1024 * 1024);
  const small = Buffer.from([0, 1, 255, 13, 10]);
  repository.push({
    '../files/large.bin': large,
    'files/small.bin': small,
    'text.yaml': sending('text', 'content: |\n      hello\n    mode: "0600"'),
    'base64.yaml': sending('base64', `contentBase64: ${small.toString('base64')}`),
    'small.yaml': sending('small', 'source: files/small.bin\n    owner: nobody\n    group: daemon'),
    'large.yaml': sending('large', 'source: ../files/large.bin\n    overwrite: true'),
  });
  for (const name of ['text', 'base64', 'small', 'large'])
    expect((await over(name)).instances).toMatchObject([{ phase: 'Success', state: 'Finished' }]);
  expect(read('text').toString()).toBe('hello\n');
  expect(statSync(join(place, 'text')).mode & 0o777).toBe(0o600);
  expect(read('base64').equals(small)).toBe(true);
  expect(read('small').equals(small)).toBe(true);
  if (process.getuid?.() === 0) expect(statSync(join(place, 'small'))).toMatchObject({ uid: 65534, gid: 1 });
  expect(read('large').equals(large)).toBe(true);
  expect(readdirSync(place).sort()).toEqual(['base64', 'large', 'small', 'text']);
});

let first: string | undefined;

test('the status says which file it is, and its digest', () => {
  const status = statusOf('large');
  first = status?.run?.id;
  expect(status?.run?.file).toMatchObject({
    name: 'large',
    targetDir: place,
    contentDigest: sha256(read('large')),
  });
});

test('editing the file that source names is a new run; a comment, and moving the file, is none', async () => {
  const next = randomBytes(2 * 1024 * 1024);
  repository.push({ '../files/large.bin': next });
  const status = await over('large', first);
  expect(status.instances).toMatchObject([{ phase: 'Success' }]);
  expect(read('large').equals(next)).toBe(true);

  rmSync(join(place, 'large'));
  repository.git('mv', 'files/large.bin', 'files/moved.bin');
  const manifest = sending('large', 'source: ../files/moved.bin\n    overwrite: true');
  repository.push({ 'large.yaml': `# A comment.${manifest}` });
  expect(statusOf('large')?.run?.id).toBe(status.run?.id);
  expect(existsSync(join(place, 'large'))).toBe(false);
});

test('git revert sends nothing again', async () => {
  repository.git('revert', '--no-edit', 'HEAD', 'HEAD~1');
  repository.git('push', '-q', 'origin', 'main');
  await eventually('the revert is in the status', () => {
    const now = statusOf('large');
    return now?.run?.id === first && now?.conditions?.some(({ type }) => type === 'AlreadyExecuted')
      ? true
      : undefined;
  });
  expect(existsSync(join(place, 'large'))).toBe(false);
});

test('a file that is there is not replaced without overwrite, and the status says why', async () => {
  const before = statusOf('text')?.run?.id;
  repository.push({ 'text.yaml': sending('text', 'content: other') });
  const status = await over('text', before);
  expect(status.instances).toMatchObject([
    { phase: 'Invalid', state: 'Failed', errorCode: 'FileAlreadyExists' },
  ]);
  expect(read('text').toString()).toBe('hello\n');
});

test('a file that a controller accepted before it was killed is sent by the next one', async () => {
  await agent.end();
  const bytes = randomBytes(1_000_000);
  repository.push({ '../files/late.bin': bytes, 'late.yaml': sending('late', 'source: ../files/late.bin') });
  await eventually('it is accepted', () => {
    return statusOf('late')?.run?.id;
  });
  await controller.end('SIGKILL');
  controller = await start();
  agent = await startAgent(controller, { name: 'web-1', data: folder.path('web-1') });
  expect((await over('late')).instances).toMatchObject([{ phase: 'Success' }]);
  expect(read('late').equals(bytes)).toBe(true);
});

test('a large script of the repository runs as it is, with its parameters in the environment', async () => {
  const out = folder.path('out');
  const script = `#!/bin/sh\necho "$GC_PARAM_WHO {{other}}" > ${out}\nexit\n${'#'.repeat(1_000_000)}\n`;
  repository.push({
    'big.sh': script,
    'big.yaml': `
apiVersion: groundcrew.dev/v1
kind: Invocation
metadata: {name: send-big}
spec:
  command:
    type: RunShellScript
    contentFrom: {file: big.sh}
    parameters: [{name: who}]
  parameters: {who: you}
  targets: {instances: [web-1]}
`,
  });
  expect((await over('big')).instances).toMatchObject([{ phase: 'Success', exitCode: 0 }]);
  expect(readFileSync(out, 'utf8')).toBe('you {{other}}\n');
});

test('what nothing needs any more is not kept', async () => {
  expect(blobs()).toBeGreaterThan(0);
  const names = ['text', 'base64', 'small', 'large', 'late', 'big'];
  repository.push(Object.fromEntries(names.map((name) => [`${name}.yaml`, undefined])));
  await eventually('the blobs are gone', () => {
    controller.cli('reconcile');
    return blobs() === 0 ? true : undefined;
  });
});
