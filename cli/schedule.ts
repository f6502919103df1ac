import { InvalidArgumentError } from 'commander';
import { offsetAt } from '../controller/manifest/schedule/local-time.ts';
import { nextTick } from '../controller/manifest/schedule/next-tick.ts';
import { readSchedule } from '../controller/manifest/schedule/read-schedule.ts';
import { inZone, type KnownZone, type Schedule } from '../controller/manifest/schedule/schedule.ts';
import { exitCode } from './exit-code.ts';
import { type OutputFormat, outputOption, printed } from './output.ts';
import { framed } from './report/framed.ts';
import type { SubCommand } from './sub-command.ts';
import { painter } from './terminal.ts';

interface Options {
  from?: number;
  count: number;
  output: OutputFormat;
}

const most = 10_000;

export const schedule: SubCommand = {
  define(command, { stdout, stderr, env, now }, finish) {
    command
      .argument('<expression>', 'rate(…), at(…) or a cron expression, in quotes')
      .option(
        '--from <time>',
        'the ticks after this time, as in 2026-12-01T00:00:00Z (default: now)',
        parseTime,
      )
      .option('--count <n>', 'how many', parseCount, 10)
      .addOption(outputOption())
      .action((expression: string, { from = now(), count, output }: Options) => {
        const start = { file: 'expression', line: 1, column: 1 };
        const { schedule, problems } = readSchedule(expression, { start, now: from });
        for (const each of problems) stderr.write(framed(each, () => expression, painter(stderr, env)));
        if (schedule === undefined) return finish(exitCode.failed);
        const here = ownZone();
        if (schedule.form !== 'rate' && schedule.zone.is === 'local')
          stderr.write(`Local is the zone of each instance; shown is that of this machine, ${here.name}.\n`);
        const zoned = inZone(schedule, here);
        const ticks = [...ticksAfter(zoned, from, count)];
        stdout.write(printed(output, { items: ticks.map(shown) }, () => cells(zoned, ticks)));
        finish(exitCode.fine);
      });
  },
};

function* ticksAfter(schedule: Schedule<KnownZone>, from: number, count: number): Generator<number> {
  let tick = nextTick(schedule, from);
  for (let left = count; left > 0 && tick !== undefined; left--) {
    yield tick;
    tick = nextTick(schedule, tick);
  }
}

function ownZone(): KnownZone & { is: 'iana' } {
  return { is: 'iana', name: new Intl.DateTimeFormat().resolvedOptions().timeZone };
}

/** With a zone, what the clocks there show as well. */
function cells(
  schedule: Schedule<KnownZone>,
  ticks: readonly number[],
): { header: string[]; rows: string[][] } {
  const zone = schedule.form === 'rate' ? undefined : schedule.zone;
  if (zone === undefined || (zone.is === 'offset' && zone.minutes === 0))
    return { header: ['TICK'], rows: ticks.map((tick) => [shown(tick)]) };
  return { header: ['TICK', 'THERE'], rows: ticks.map((tick) => [shown(tick), there(tick, zone)]) };
}

function there(tick: number, zone: KnownZone): string {
  const offset = offsetAt(tick, zone);
  const away = new Date(Math.abs(offset)).toISOString().slice(11, 16);
  return `${new Date(tick + offset).toISOString().slice(0, 19).replace('T', ' ')} ${offset < 0 ? '-' : '+'}${away}`;
}

function shown(tick: number): string {
  return new Date(tick).toISOString().replace('.000Z', 'Z');
}

function parseTime(text: string): number {
  const isComplete = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text);
  const time = isComplete ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new InvalidArgumentError('It is not a time as in 2026-12-01T00:00:00Z or 2026-12-01T00:00:00+01:00.');
}

function parseCount(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= most) return Number(text);
  throw new InvalidArgumentError(`It is not a whole number from 1 to ${most}.`);
}
