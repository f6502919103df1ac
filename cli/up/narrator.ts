import { setTimeout as sleep } from 'node:timers/promises';
import type { ControllerStatus, InstanceResult, InvocationStatus } from '../../schemas/generated/status.ts';
import type { Surroundings } from '../sub-command.ts';
import { oneLine, painter } from '../terminal.ts';

export interface Narrator {
  /** Prints a line with the time. */
  say(text: string): void;
  controller(document: ControllerStatus): void;
  invocation(document: InvocationStatus): Promise<void>;
}

interface Seen {
  run: string;
  ended: boolean;
  phases: Map<string, string>;
  output: Promise<void>;
}

/**
 * Tells what is new against the documents before. `quietAbout`: what had ended before we began. `follow` prints
 * an invocation's output and resolves when it is complete.
 */
export function makeNarrator(
  { stdout, env, now }: Surroundings,
  quietAbout: readonly InvocationStatus[],
  follow: (invocation: string, say: (text: string) => void) => Promise<void>,
): Narrator {
  const paint = painter(stdout, env);
  const seen = new Map<string, Seen>();
  for (const { metadata, status } of quietAbout.filter(hasEnded))
    if (status.run !== undefined)
      seen.set(metadata.name, {
        run: status.run.id,
        ended: true,
        phases: new Map(),
        output: Promise.resolve(),
      });
  let commitInForce: string | undefined;
  let told = new Set<string>();

  const say = (text: string): void => {
    stdout.write(`${paint('dim', new Date(now()).toTimeString().slice(0, 8))}  ${text}\n`);
  };

  return {
    say,
    controller({ status }) {
      if (status.acceptedCommit !== commitInForce && status.acceptedCommit !== undefined)
        say(`commit ${status.acceptedCommit.slice(0, 7)} is in force`);
      commitInForce = status.acceptedCommit;
      const news = [
        ...status.problems.map(
          ({ file, line, column, message, hint }) =>
            `${paint('red', oneLine(`${file}:${line}:${column}`))} ${oneLine(`${message}. ${hint}`)}`,
        ),
        ...status.holds.map(
          ({ id, message }) =>
            `${paint('yellow', 'held')}: ${oneLine(message)} To release it: ack ${oneLine(id)}`,
        ),
      ];
      for (const line of news) if (!told.has(line)) say(line);
      told = new Set(news);
    },
    async invocation(document) {
      const { metadata, status } = document;
      const name = oneLine(metadata.name);
      if (status.run === undefined) return;
      const known = seen.get(metadata.name);
      const current = known?.run === status.run.id ? known : begin(document);
      if (current.ended) return;
      const over = hasEnded(document);
      if (over) await Promise.race([current.output, sleep(3_000, undefined, { ref: false })]);
      for (const result of status.instances) {
        if (current.phases.get(result.instance) === result.phase) continue;
        current.phases.set(result.instance, result.phase);
        say(`${name}  ${oneLine(result.name)}  ${ending(result)}`);
      }
      if (!over) return;
      current.ended = true;
      const state = paint(status.phase === 'Success' ? 'green' : 'red', status.state ?? '');
      say(`${paint('bold', name)} is ${state} on ${count(status.counts.total)}`);
    },
  };

  function begin({ metadata, status }: InvocationStatus): Seen {
    say(`${paint('bold', oneLine(metadata.name))} runs on ${count(status.counts.total)}`);
    const begun = {
      run: status.run?.id ?? '',
      ended: false,
      phases: new Map<string, string>(),
      output: follow(metadata.name, say),
    };
    seen.set(metadata.name, begun);
    return begun;
  }

  function ending({ phase, exitCode, errorCode }: InstanceResult): string {
    const colour = phase === 'Success' ? 'green' : going.has(phase) ? 'yellow' : 'red';
    return [paint(colour, phase), exitCode === undefined ? '' : `exit code ${exitCode}`, errorCode ?? '']
      .filter((part) => part !== '')
      .join(', ');
  }
}

/** Whether nothing of its run goes on any more. */
export function hasEnded({ status }: InvocationStatus): boolean {
  return status.state !== undefined && !going.has(status.state);
}

const going = new Set<string>(['Pending', 'Scheduled', 'Running', 'Stopping']);

function count(instances: number): string {
  return instances === 1 ? '1 instance' : `${instances} instances`;
}
