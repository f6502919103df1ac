import { createServer, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { run } from './program.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function type(args: string[], env: Record<string, string> = {}) {
  let out = '';
  let err = '';
  const code = await run(args, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    env,
    now: () => Date.parse('2026-12-01T08:00:00.000Z'),
  });
  return { code, out, err };
}

/** A controller that answers each path with this document; others with 404. */
async function controller(answers: Record<string, unknown>, asked: URL[] = []): Promise<string> {
  const server = createServer((request, response) => {
    asked.push(new URL(request.url ?? '', 'http://controller'));
    const path = (request.url ?? '').replace(/\?.*/, '');
    const answer = answers[`${request.method} ${path}`];
    if (answer === undefined) {
      response.writeHead(404).end(JSON.stringify({ code: 'NotFound', message: `no ${path}`, hint: 'look' }));
    } else if (typeof answer === 'string') response.end(answer);
    else response.end(JSON.stringify(answer));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

const execution = (name: string, instanceName: string, state: string, phase: string) => ({
  apiVersion: 'groundcrew.dev/v1',
  kind: 'Execution',
  metadata: { name },
  status: {
    invocation: 'i',
    run: 'r',
    occurrence: 'once',
    instance: `mi-${instanceName}`,
    instanceName,
    state,
    phase,
  },
});

test.each([
  [['--help'], 0],
  [['--version'], 0],
  [['help', 'logs'], 0],
  [['get', '--help'], 0],
  [[], 64],
  [['gett'], 64],
  [['get'], 64],
  [['get', 'nonsense'], 64],
  [['get', 'commands', '--nonsense'], 64],
  [['get', 'commands', '-o', 'xml'], 64],
  [['get', 'commands', '--state', 'Running'], 64],
  [['get', 'commands', '--controller', 'nonsense'], 64],
  [['enrol', 'create', '--uses', '0'], 64],
  [['enrol', 'create', '--valid', 'soon'], 64],
  [['enrol', 'create', '--label', 'role'], 64],
  [['controller', '--repo', 'x'], 64],
  [['up', '--patience', 'long'], 64],
])('%j ends with %i', async (args, code) => {
  expect((await type(args)).code).toBe(code);
});

test('a misspelt command gets a suggestion', async () => {
  expect((await type(['reconcil'])).err).toContain('Did you mean reconcile?');
});

test('a mistake says what to do, without a stack', async () => {
  const { code, err } = await type(['get', 'commands', '--controller', await controller({})]);
  expect({ code, err }).toEqual({ code: 1, err: 'error: no /v1/commands\n  look\n' });
});

test('get lets the controller filter executions, in its words', async () => {
  const asked: URL[] = [];
  const items = [execution('a', 'web-1', 'Running', 'Running')];
  const url = await controller({ 'GET /v1/executions': { items } }, asked);
  const args = ['get', 'executions', '--controller', url, '-o', 'json'];
  expect(JSON.parse((await type(args)).out)).toEqual({ items });
  await type([...args, '--state', 'finished', '--phase', 'success', '--since', '1h', '--newest-first']);
  expect(Object.fromEntries(asked.at(-1)?.searchParams ?? [])).toEqual({
    state: 'Finished',
    phase: 'Success',
    since: '2026-12-01T07:00:00.000Z',
    order: 'newest',
    limit: '1000',
  });
  expect((await type([...args, '--since', 'soon'])).code).toBe(64);
});

test('get goes on from page to page up to its limit, and says where the rest begins', async () => {
  const items = [execution('a', 'web-1', 'Running', 'Running')];
  const url = await controller({ 'GET /v1/executions': { items, continue: 'there' } });
  const { out, err } = await type(['get', 'executions', '--controller', url, '-o', 'json', '--limit', '3']);
  expect(JSON.parse(out)).toEqual({ items: [items[0], items[0], items[0]], continue: 'there' });
  expect(err).toContain('--continue there');
});

test('the environment says where the controller is', async () => {
  const url = await controller({
    'GET /v1/executions': { items: [execution('a', 'web-1', 'Running', 'Pending')] },
  });
  const { out } = await type(['get', 'execution'], { GROUNDCREW_CONTROLLER: url });
  expect(out).toMatch(/^INVOCATION +INSTANCE +STATE/);
  expect(out).toMatch(/^i +web-1 +Running +Pending +- +- +- +- +a$/m);
});

test('a code is made with its labels, and printed as JSON', async () => {
  const made = { id: 'abc', code: 'gc-code', usesLeft: 2, expiresAt: '2026-12-01T08:00:00.000Z', labels: {} };
  const url = await controller({ 'POST /v1/enrolment-codes': made });
  const { code, out } = await type([
    'enrol',
    'create',
    '--uses',
    '2',
    '--label',
    'a=b',
    '--controller',
    url,
    '-o',
    'json',
  ]);
  expect({ code, made: JSON.parse(out) }).toEqual({ code: 0, made });
});

test('reconcile ends with 3 while something is held', async () => {
  const hold = {
    id: 'h1',
    reason: 'NonFastForward',
    message: 'history was rewritten',
    since: '2026-12-01T08:00:00.000Z',
  };
  const source = { type: 'SourceReady', status: 'True', reason: 'Fetched', message: '', since: hold.since };
  const answer = { commit: 'c1', source, steps: ['RUN a on 2 instances'], problems: 0, holds: [hold] };
  const url = await controller({ 'POST /v1/reconcile': answer });
  const { code, out } = await type(['reconcile', '--controller', url]);
  expect(code).toBe(3);
  expect(out).toContain('RUN a on 2 instances');
  expect(out).toContain('groundcrew ack h1');
});

test('reconcile says that the branch cannot be read, and ends with 1', async () => {
  const since = '2026-12-01T08:00:00.000Z';
  const message = 'The repository has no branch notyet.';
  const source = { type: 'SourceReady', status: 'False', reason: 'BranchMissing', message, since };
  const url = await controller({ 'POST /v1/reconcile': { source, steps: [], problems: 0, holds: [] } });
  const { code, out } = await type(['reconcile', '--controller', url]);
  expect(code).toBe(1);
  expect(out).toContain(`not read since ${since}: BranchMissing: ${message}`);
});

test('logs --follow ends with 1 when an execution did not succeed, and without it with 0', async () => {
  const chunk = { execution: 'e', instance: 'mi-1', instanceName: 'web-1' };
  const end = { phase: 'Failed', exitCode: 3, at: '2026-12-01T08:00:00.000Z', outputBytes: 3 };
  const url = await controller({
    'GET /v1/invocations/i': { status: { counts: { total: 1 } } },
    'GET /v1/invocations/i/logs': `${JSON.stringify({ ...chunk, text: 'hi\n' })}\n${JSON.stringify({ ...chunk, end })}\n`,
  });
  const followed = await type(['logs', 'i', '--follow', '--controller', url]);
  expect(followed).toEqual({ code: 1, out: 'hi\n', err: 'web-1: Failed, exit code 3\n' });
  expect((await type(['logs', 'i', '--controller', url])).code).toBe(0);
});
