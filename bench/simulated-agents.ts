// Thousands of agents in one process: `simulated-agents.ts ours URL COUNT` (the code comes in GROUNDCREW_ENROL_CODE)
// or `floor URL COUNT`. Each polls, takes what it is given, reports received, output and end in one message as soon
// as it has it, and polls again; the scripts are not run. Against the controller they enrol, open sessions, seal
// and check seals with the agent's own code.
//
// To the parent: { ready } once all poll, then { done } with how many executions were reported until 200, whenever
// that reaches a multiple of COUNT. { failed } with the first words of each call that went wrong.
import { makeHalt } from '../agent/halt.ts';
import { enrol } from '../agent/identity/enrol.ts';
import { type Line, openLine } from '../agent/wire/post.ts';
import { sealedCall } from '../agent/wire/sealed-call.ts';
import { openSession, type Session } from '../agent/wire/session.ts';
import type { Facts, PollAnswer, ReportRequest } from '../schemas/generated/wire.ts';
import { makeKeyPair } from '../schemas/seal.ts';
import { sleep } from './proc.ts';

export type Told = { ready: number } | { done: number } | { failed: string };

/** Execution ids and offers that were given, and how their end is told. */
interface Member {
  poll(): Promise<{ execution: string; offer: number }[]>;
  report(given: readonly { execution: string; offer: number }[]): Promise<void>;
}

const [side, url = '', countText = '0'] = process.argv.slice(2);
const count = Number(countText);
const signal = makeHalt();
const limits = { timeoutMs: 120_000, signal };
const output = Buffer.from('checking nginx\nchecking redis\n').toString('base64');
const facts: Facts = { hostname: 'sim', os: 'linux', arch: 'x64', agentVersion: '0', bootId: 'bench' };
const log = { info: () => undefined, warn: console.error, error: console.error };
let done = 0;

const members: Member[] = [];
for (let from = 0; from < count; from += 50) {
  const some = Array.from({ length: Math.min(50, count - from) }, (_, at) => from + at);
  members.push(...(await Promise.all(some.map(side === 'ours' ? sealedMember : bareMember))));
}
for (const member of members) void live(member);
await sleep(1);
tell({ ready: members.length });

async function live(member: Member): Promise<void> {
  for (;;) {
    try {
      const given = await member.poll();
      if (given.length === 0) continue;
      await member.report(given);
      done += given.length;
      if (done % count === 0) tell({ done });
    } catch (error) {
      tell({ failed: String(error).slice(0, 200) });
      await sleep(1);
    }
  }
}

async function sealedMember(number: number): Promise<Member> {
  const line = await openLine(new URL(url));
  const key = makeKeyPair('ed25519');
  const { instance, controllerKey } = await enrol({
    post: line.post,
    log,
    controller: url,
    code: process.env['GROUNDCREW_ENROL_CODE'] ?? '',
    key,
    name: `sim-${number}`,
    labels: {},
    facts,
    random: Math.random,
    signal,
  });
  const who = {
    instance,
    key,
    controllerKey,
    journal: `j-${number}`,
    epoch: undefined,
    highestOffer: 0,
    facts,
  };
  const session = await openSession(line.post, who, signal);
  const call = <T>(path: string, body: object): Promise<T> => sealed(line, session, path, body);
  if (session.handover) {
    const handover: ReportRequest = { messages: [{ is: 'journal', entries: [], complete: true }] };
    await call('/v1/agent/report', handover);
  }
  return {
    async poll() {
      const { orders } = await call<PollAnswer>('/v1/agent/poll', { room: 4 });
      return orders.filter((order) => order.do === 'run');
    },
    async report(given) {
      const at = new Date().toISOString();
      const messages = given.flatMap(({ execution, offer }): ReportRequest['messages'] => [
        { is: 'received', execution, offer },
        { is: 'output', execution, offset: 0, data: output },
        {
          is: 'ended',
          execution,
          offer,
          end: { phase: 'Success', at, startedAt: at, exitCode: 0, outputBytes: 30 },
        },
      ]);
      await call('/v1/agent/report', { messages } satisfies ReportRequest);
    },
  };
}

async function sealed<T>(line: Line, session: Session, path: string, body: object): Promise<T> {
  return JSON.parse(await sealedCall(line.post, session, path, JSON.stringify(body), limits));
}

async function bareMember(number: number): Promise<Member> {
  const line = await openLine(new URL(url));
  const agent = `sim-${number}`;
  const call = async (path: string, body: object): Promise<string> => {
    const answer = await line.post(path, {}, JSON.stringify(body), { ...limits, timeoutMs: 3_600_000 });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.body}`);
    return answer.body;
  };
  return {
    poll: async () => JSON.parse(await call('/poll', { agent })).orders,
    async report(given) {
      const messages = given.flatMap(({ execution }) => [
        { is: 'output', execution, offset: 0, data: output },
        { is: 'ended', execution, exitCode: 0, at: new Date().toISOString() },
      ]);
      await call('/report', { agent, messages });
    },
  };
}

function tell(what: Told): void {
  process.send?.(what);
}
process.once('disconnect', () => process.exit(0));
