// The least that a dispatcher can be: Fastify, one long poll for each agent, LevelDB. `POST /wake` gives everybody
// who polls a task. A row for each offer is on disk before the poll is answered, rows for each report before the
// 200; commits that come together share a sync. No sessions, no seals, no states. Prints its port.
import Fastify from 'fastify';
import { Level } from 'level';

interface Poll {
  agent: string;
  answer(task: Task): void;
}

interface Task {
  execution: string;
  script: string;
}

const [folder = ''] = process.argv.slice(2);
const level = new Level<string, string>(folder);
await level.open();
const polls = new Map<string, Poll>();
const app = Fastify();

const text = { type: 'string' } as const;
const pollSchema = { body: { type: 'object', required: ['agent'], properties: { agent: text } } };
const reportSchema = {
  body: {
    type: 'object',
    required: ['agent', 'messages'],
    properties: {
      agent: text,
      messages: {
        type: 'array',
        items: { type: 'object', required: ['is', 'execution'], properties: { is: text, execution: text } },
      },
    },
  },
};

app.post<{ Body: { agent: string } }>('/poll', { schema: pollSchema }, async ({ body: { agent } }) => {
  const task = await new Promise<Task>((answer) => polls.set(agent, { agent, answer }));
  await commit([[`execution-${task.execution}`, JSON.stringify({ agent, is: 'offered', ...task })]]);
  return { orders: [task] };
});

app.post<{ Body: { agent: string; messages: { is: string; execution: string }[] } }>(
  '/report',
  { schema: reportSchema },
  async ({ body: { agent, messages } }) => {
    await commit(
      messages.map(({ execution, ...message }) => [
        `${message.is}-${execution}`,
        JSON.stringify({ agent, execution, ...message }),
      ]),
    );
    return { recorded: messages.length };
  },
);

app.post<{ Body: { wave: string; script: string } }>('/wake', async ({ body: { wave, script } }) => {
  const all = [...polls.values()];
  polls.clear();
  for (const { agent, answer } of all) answer({ execution: `${wave}.once.${agent}`, script });
  return { woken: all.length };
});

app.get('/waiting', async () => ({ waiting: polls.size }));

type Row = readonly [key: string, value: string];
let waiting: Row[] = [];
let next: Promise<void> | undefined;
let current: Promise<void> = Promise.resolve();

/** Group commit: what comes while a batch is written goes into the next one. */
function commit(rows: Row[]): Promise<void> {
  waiting.push(...rows);
  next ??= current.then(write);
  return next;
}

async function write(): Promise<void> {
  const rows = waiting;
  waiting = [];
  current = next ?? current;
  next = undefined;
  const batch = rows.map(([key, value]) => ({ type: 'put' as const, key, value }));
  await level.batch(batch, { sync: true });
}

await app.listen({ port: 0, host: '127.0.0.1' });
const address = app.server.address();
console.log(JSON.stringify({ port: typeof address === 'object' ? address?.port : undefined }));
process.once('SIGTERM', () => process.exit(0));
