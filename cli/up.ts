import { durationSeconds } from '../schemas/duration.ts';
import { exitCode } from './exit-code.ts';
import { Failure } from './failure.ts';
import type { SubCommand } from './sub-command.ts';
import { runUp } from './up/run-up.ts';

export const up: SubCommand = {
  define(command, surroundings, finish) {
    command
      .option('--data <folder>', 'where everything goes', '.groundcrew')
      .option('--once', 'end as soon as the sample has run: 0 if it succeeded, else 1')
      .option('--patience <duration>', 'how long --once waits', '2m')
      .action(async ({ data, once, patience }: { data: string; once?: boolean; patience: string }) => {
        const seconds = durationSeconds(patience);
        if (seconds === undefined)
          throw new Failure(`--patience ${patience} is not a duration`, 'As in 30s or 2m.', exitCode.usage);
        const interrupt = new AbortController();
        const stop = (): void => interrupt.abort();
        for (const signal of signals) process.on(signal, stop);
        try {
          finish(
            await runUp({ data, once: once === true, patience: seconds }, surroundings, interrupt.signal),
          );
        } finally {
          for (const signal of signals) process.off(signal, stop);
        }
      });
  },
};

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
