import type { End } from '../../schemas/generated/wire.ts';
import { type Halt, type Halting, makeHalt } from '../halt.ts';
import { killed } from '../run/ends.ts';
import { timeLimit } from '../run/time-limit.ts';

export interface Limit {
  /** Asked by a stop, by the end of the time, or when the agent stops. Ask it when all is over. */
  halt: Halting;
  /** How it ended if it was halted; undefined if the agent stops and the next life goes on. */
  end(startedAt: string): End | undefined;
}

/** For what the agent does itself, without a process that could be killed. */
export function makeLimit(
  timeoutSeconds: number,
  { at, stopAsked, stopped }: { at: () => string; stopAsked: Promise<void>; stopped: Halt },
): Limit {
  const halt = makeHalt(stopped);
  let why: 'stop' | 'timeout' | undefined;
  const because = (cause: 'stop' | 'timeout') => {
    if (halt.asked) return;
    why = cause;
    halt.ask();
  };
  void stopAsked.then(() => because('stop'));
  void timeLimit(timeoutSeconds * 1000, halt).then(() => because('timeout'));
  return {
    halt,
    end: (startedAt) =>
      why === undefined ? undefined : killed(why, timeoutSeconds, { at: at(), startedAt, outputBytes: 0 }),
  };
}
