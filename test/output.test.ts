// What scripts write, whatever it is, as a person sees it: real scripts, a real agent, a real controller.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { memory } from '../bench/proc.ts';
import type { ExecutionDocument } from '../schemas/generated/wire.ts';
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

const kept = 4096;
let folder: Scratch;
let repository: Repository;
let controller: RunningController;
let agent: RunningProcess;

beforeAll(async () => {
  folder = scratch();
  repository = makeRepository(folder.path());
  repository.push({ '../README.md': 'manifests are in manifests/\n' });
  const data = folder.path('controller');
  controller = await startController({ repo: repository.bare, data }, '--output-kept', String(kept));
  agent = await startAgent(controller, { name: 'web-1', data: folder.path('web-1') });
}, 60_000);

afterAll(async () => {
  await agent?.end();
  await controller?.end();
  folder.remove();
});

/** Runs it, and waits until it has ended. */
async function run(name: string, script: string): Promise<ExecutionDocument['status']> {
  begin(name, script);
  return eventually(`${name} has ended`, () => {
    const { items } = JSON.parse(controller.cli('get', 'executions', '--invocation', name, '-o', 'json'));
    const status: ExecutionDocument['status'] | undefined = items[0]?.status;
    return status?.endedAt === undefined ? undefined : status;
  });
}

function begin(name: string, script: string): void {
  repository.push({
    [`${name}.yaml`]: `
apiVersion: groundcrew.dev/v1
kind: Invocation
metadata:
  name: ${name}
spec:
  command:
    type: RunShellScript
    content: |
      ${script.replaceAll('\n', '\n      ')}
  targets:
    instances: [web-1]
`,
  });
  controller.cli('reconcile');
}

/** As it comes out of `groundcrew logs`, byte for byte. */
function logs(name: string): Buffer {
  const bin = fileURLToPath(new URL('../bin/groundcrew.js', import.meta.url));
  const token = readFileSync(folder.path('controller', 'operator-token'), 'utf8').trim();
  const env = { PATH: process.env.PATH, GROUNDCREW_CONTROLLER: controller.url, GROUNDCREW_TOKEN: token };
  return spawnSync(process.execPath, [bin, 'logs', name], { env }).stdout;
}

test('bytes that are no text arrive as far as they are characters, NUL among them', async () => {
  const status = await run('hostile', "printf 'a\\000b\\377\\376c\\303'; printf '\\033[2J\\360\\237'");
  expect(status).toMatchObject({ phase: 'Success', outputBytes: 13 });
  expect(logs('hostile').toString()).toBe('a\0b\ufffd\ufffdc\ufffd\u001b[2J\ufffd');
});

test('of a long output both ends are kept, what is missing is counted at the cut, and no character is cut', async () => {
  // 9 bytes a line: no limit that is a power of two falls between two characters.
  const status = await run('long', 'yes "€uro 世" | head -n 5000 | sed "s/ //"');
  const whole = Buffer.from('€uro世\n'.repeat(5000));
  expect(status).toMatchObject({ phase: 'Success', outputBytes: whole.length });
  const text = logs('long').toString();
  expect(text).not.toContain('\ufffd');
  const [, head = '', dropped = '', tail = ''] =
    /^([^[]*)\n\[(\d+) bytes dropped\]\n([^[]*)$/.exec(text) ?? [];
  const [first, last] = [Buffer.from(head), Buffer.from(tail)];
  expect(whole.subarray(0, first.length).equals(first)).toBe(true);
  expect(whole.subarray(-last.length).equals(last)).toBe(true);
  expect(first.length + Number(dropped) + last.length).toBe(whole.length);
  for (const part of [first, last]) {
    expect(part.length).toBeGreaterThan(kept / 2 - 4);
    expect(part.length).toBeLessThanOrEqual(kept / 2);
  }
  expect(status.droppedBytes).toBe(whole.length - kept);
});

test('half a gigabyte at full speed is counted to the byte, and leaves the agent as small as it was', async () => {
  const before = memory(agent.child.pid ?? 0).privateDirty;
  const status = await run('flood', 'echo begin; yes abcdefghijklmno | head -c 536870912; echo end');
  expect(status).toMatchObject({ phase: 'Success', outputBytes: 536_870_912 + 'begin\nend\n'.length });
  const text = logs('flood').toString();
  expect(text.startsWith('begin\nabcdefghijklmno\n')).toBe(true);
  expect(text.endsWith('abcdefghijklmno\nend\n')).toBe(true);
  expect(memory(agent.child.pid ?? 0).privateDirty - before).toBeLessThan(20);
}, 60_000);

test('output is there while the script runs', async () => {
  const gate = folder.path('gate');
  begin('slow', `echo first; while ! [ -e ${gate} ]; do sleep 0.05; done; echo second`);
  await eventually('the first line is there', () =>
    logs('slow').toString() === 'first\n' ? true : undefined,
  );
  const followed = controller.cli.bind(undefined, 'logs', 'slow', '--follow');
  spawnSync('touch', [gate]);
  expect(followed()).toBe('first\nsecond\n');
});
