// Shows live what happens. Asks the controller again and again and prints what is new since the last answer.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControllerStatus, InstanceResult, InvocationStatus } from '../../schemas/generated/status.ts';
import type { LogChunk } from '../../schemas/generated/wire.ts';
import { at, get, stream } from '../client.ts';
import type { Connection } from '../connection.ts';
import { logPrinter } from '../log-printer.ts';
import type { Surroundings } from '../sub-command.ts';
import { oneLine, painter } from '../terminal.ts';

export interface Watcher {
  /** Resolves with the invocations once `commit` is in force and each of them has come to an end. */
  settled(commit: string): Promise<readonly InvocationStatus[]>;
  /** Runs until the signal. */
  watch(): Promise<void>;
}

interface Seen {
  run: string | undefined;
  ended: boolean;
  phases: Map<string, string>;
  output: Promise<void>;
}

/** `quietAbout`: what had ended before we began, and is not told again. */
export function makeWatcher(
  connection: Connection,
  { stdout, env, now }: Surroundings,
  signal: AbortSignal,
  quietAbout: readonly InvocationStatus[],
): Watcher {
  const paint = painter(stdout, env);
  const seen = new Map<string, Seen>(
    quietAbout
      .filter(hasEnded)
      .map((document) => [
        document.metadata.name,
        { run: document.status.run?.id, ended: true, phases: new Map(), output: Promise.resolve() },
      ]),
  );
  let commitInForce = '';
  let told = new Set<string>();

  const say = (text: string): void => {
    const time = new Date(now()).toTimeString().slice(0, 8);
    stdout.write(`${paint('dim', time)}  ${text}\n`);
  };

  const tellController = ({ status }: ControllerStatus): void => {
    const commit = status.acceptedCommit ?? '';
    if (commit !== '' && commit !== commitInForce) say(`commit ${commit.slice(0, 7)} is in force`);
    commitInForce = commit;
    const news = [
      ...status.problems.map(
        ({ file, line, column, message, hint }) =>
          `${paint('red', `${file}:${line}:${column}`)} ${oneLine(`${message} ${hint}`)}`,
      ),
      ...status.holds.map(
        ({ id, message }) => `${paint('yellow', 'held')}: ${oneLine(message)}; release it with \`ack ${id}\``,
      ),
    ];
    for (const line of news) if (!told.has(line)) say(line);
    told = new Set(news);
  };

  const tellInvocation = async (document: InvocationStatus): Promise<void> => {
    const { metadata, status } = document;
    const run = status.run?.id;
    if (run === undefined) return;
    let known = seen.get(metadata.name);
    if (known === undefined || known.run !== run) {
      say(`${paint('bold', metadata.name)} runs on ${instancesText(status.counts.total)}`);
      known = { run, ended: false, phases: new Map(), output: output(metadata.name) };
      seen.set(metadata.name, known);
    }
    if (known.ended) return;
    const ended = hasEnded(document);
    if (ended) await Promise.race([known.output, sleep(3_000, undefined, { ref: false })]);
    for (const result of status.instances) {
      if (known.phases.get(result.instance) === result.phase) continue;
      known.phases.set(result.instance, result.phase);
      say(`${metadata.name}  ${oneLine(result.name)}  ${phaseText(result)}`);
    }
    if (!ended) return;
    known.ended = true;
    const colour = status.phase === 'Success' ? 'green' : 'red';
    say(
      `${paint('bold', metadata.name)} is ${paint(colour, status.state ?? '')} on ${instancesText(status.counts.total)}`,
    );
  };

  const phaseText = ({ phase, exitCode, errorCode }: InstanceResult): string =>
    [
      paint(phase === 'Success' ? 'green' : ended.has(phase) ? 'red' : 'yellow', phase),
      exitCode === undefined ? '' : `exit code ${exitCode}`,
      errorCode ?? '',
    ]
      .filter((part) => part !== '')
      .join(', ');

  const output = async (name: string): Promise<void> => {
    const printer = logPrinter({
      out: { write: (text) => say(text.replace(/\n$/, '')) },
      prefixed: true,
      raw: false,
      prefix: (instance) => `${name}  ${oneLine(instance)}  ${paint('dim', '|')} `,
    });
    try {
      for await (const chunk of stream<LogChunk>(connection, at('invocations', name, 'logs'), {
        follow: 'true',
      }))
        printer.print(chunk);
    } catch {
      // What happened is told by the states; `groundcrew logs` shows the rest.
    }
    printer.flush();
  };

  const look = async (): Promise<readonly InvocationStatus[]> => {
    const controller = await get<ControllerStatus>(connection, '/v1/status');
    const { items } = await get<{ items: InvocationStatus[] }>(connection, at('invocations'));
    tellController(controller);
    for (const document of items) await tellInvocation(document);
    return items;
  };

  return {
    async settled(commit) {
      for (;;) {
        const items = await look();
        if (
          commitInForce === commit &&
          items.every((item) => item.status.run === undefined || hasEnded(item))
        )
          return items;
        await sleep(pause, undefined, { signal });
      }
    },
    async watch() {
      for (;;) {
        await sleep(pause, undefined, { signal });
        await look();
      }
    },
  };
}

/** Whether nothing of its run goes on any more. */
export function hasEnded({ status }: InvocationStatus): boolean {
  return status.state !== undefined && status.state !== 'Running' && status.state !== 'Stopping';
}

const pause = 400;
const ended = new Set([
  'Failed',
  'Timeout',
  'Error',
  'Invalid',
  'Aborted',
  'Unknown',
  'Cancelled',
  'Terminated',
]);

function instancesText(count: number): string {
  return count === 1 ? '1 instance' : `${count} instances`;
}
