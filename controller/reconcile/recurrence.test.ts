// When something runs more than once: schedules, boots, and what comes too late, rule by rule.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { catalog, command, invocation } from '../../test/support/catalog.ts';
import { openTurns, start, succeed, type Turns } from '../../test/support/turns.ts';
import { stop } from '../dispatch/stop.ts';
import type { Catalog, Repeat } from '../manifest/catalog.ts';
import type { FireStep } from '../plan/step.ts';
import { documentsOf } from '../status/documents.ts';
import { adopt } from './adopt.ts';
import type { Outcome } from './outcome.ts';

const day = '2026-01-01';
const time = (text: string): string => `${day}T${text}.000Z`;
let turns: Turns;

beforeEach(async () => {
  turns = await openTurns();
  await turns.enrol('web-1');
  await turns.enrol('web-2');
});

afterEach(() => turns.store.close());

type Period = Extract<Repeat, { mode: 'Period' }>;

function every(frequency: string, more: Partial<Period> = {}): { repeat: Repeat } {
  return {
    repeat: { mode: 'Period', frequency, startingDeadlineSeconds: 3600, concurrency: 'Forbid', ...more },
  };
}

const seen = (changes: Parameters<typeof invocation>[1], script = 'date'): Catalog =>
  catalog([command('greet', script), invocation('beat', changes)]);
const run = (): string => turns.runOf('beat');
const phasesAt = (occurrence: string): Promise<Record<string, string>> => turns.phases(run(), occurrence);
const occurrenceAt = (occurrence: string) => turns.ledger().occurrences(run()).get(occurrence)?.state;

async function endAll(occurrence: string): Promise<void> {
  for (const instance of ['web-1', 'web-2'])
    await turns.happen({ run: run(), instance, occurrence }, ...start, succeed);
}

describe('a schedule', () => {
  const cron = every('0 */10 * * * ?');

  test('fires nothing when it is accepted, and waits for its next tick', async () => {
    await turns.turn(seen(cron), { at: time('08:10:00') });
    expect(await turns.phases(run())).toEqual({ 'web-1': 'Scheduled', 'web-2': 'Scheduled' });
    expect(turns.ledger().phases(run())).toEqual({ Scheduled: 2 });
    expect(await phasesAt('20260101T082000Z')).toEqual({ 'web-1': 'Scheduled', 'web-2': 'Scheduled' });
  });

  test('fires at its tick, once on each instance, and waits for the next one', async () => {
    await turns.turn(seen(cron), { at: time('08:10:00') });
    expect((await turns.turn(seen(cron), { at: time('08:19:59') })).steps).toEqual([]);
    await turns.turn(seen(cron), { at: time('08:20:00') });
    expect(await phasesAt('20260101T082000Z')).toEqual({ 'web-1': 'Pending', 'web-2': 'Pending' });
    expect(await phasesAt('20260101T083000Z')).toEqual({ 'web-1': 'Scheduled', 'web-2': 'Scheduled' });
    expect((await turns.turn(seen(cron), { at: time('08:20:01') })).steps).toEqual([]);
  });

  test('has a record of each occurrence, with its own end', async () => {
    await turns.turn(seen(cron), { at: time('08:10:00') });
    await turns.turn(seen(cron), { at: time('08:20:00') });
    await endAll('20260101T082000Z');
    await turns.turn(seen(cron), { at: time('08:20:05') });
    expect(occurrenceAt('20260101T082000Z')).toMatchObject({ is: 'over', phases: { Success: 2 } });
    expect(turns.ledger().phases(run())).toEqual({ Scheduled: 2 });
  });

  test('is kept by the store: after a restart it goes on with the same tick', async () => {
    await turns.turn(seen(cron), { at: time('08:10:00') });
    await turns.turn(seen(cron), { at: time('08:20:00') });
    await turns.restart();
    await turns.turn(seen(cron), { at: time('08:21:00') });
    expect(await phasesAt('20260101T082000Z')).toEqual({ 'web-1': 'Pending', 'web-2': 'Pending' });
    await turns.restart();
    await turns.turn(seen(cron), { at: time('08:30:00') });
    expect(Object.keys(await phasesAt('20260101T083000Z'))).toEqual(['web-1', 'web-2']);
  });

  test('that a controller slept through fires its newest tick only, and records the others as missed', async () => {
    await turns.turn(seen(cron), { at: time('08:10:00') });
    await turns.restart();
    await turns.turn(seen(cron), { at: time('09:05:00') });
    expect(occurrenceAt('20260101T082000Z')).toMatchObject({
      is: 'missed',
      ticks: 4,
      through: time('08:50:00'),
      reason: expect.stringContaining('a later tick had come'),
    });
    expect(await phasesAt('20260101T082000Z')).toEqual({});
    expect(await phasesAt('20260101T090000Z')).toEqual({ 'web-1': 'Pending', 'web-2': 'Pending' });
    expect(await phasesAt('20260101T091000Z')).toEqual({ 'web-1': 'Scheduled', 'web-2': 'Scheduled' });
  });

  test('fires nothing that is later than its startingDeadline', async () => {
    const strict = every('0 */10 * * * ?', { startingDeadlineSeconds: 60 });
    await turns.turn(seen(strict), { at: time('08:10:00') });
    await turns.turn(seen(strict), { at: time('08:21:01') });
    expect(occurrenceAt('20260101T082000Z')).toMatchObject({
      is: 'missed',
      ticks: 1,
      reason: expect.stringContaining('startingDeadline of 60 s'),
    });
    expect(await phasesAt('20260101T083000Z')).toEqual({ 'web-1': 'Scheduled', 'web-2': 'Scheduled' });
  });

  test('whose clock was years ahead counts what it missed, up to a thousand', async () => {
    await turns.turn(seen(cron), { at: time('08:10:00') });
    const { steps } = await turns.turn(seen(cron), { at: '2036-01-01T00:05:00.000Z' });
    const fire = steps.find((step): step is FireStep => step.do === 'fire');
    expect(fire?.missed).toMatchObject({ ticks: 999, through: '2035-12-31T23:50:00.000Z' });
    expect(fire?.fires).toMatchObject({ at: '2036-01-01T00:00:00.000Z' });
  });

  test('fires no tick twice when the clock is set back', async () => {
    await turns.turn(seen(cron), { at: time('08:10:00') });
    await turns.turn(seen(cron), { at: time('08:20:00') });
    await endAll('20260101T082000Z');
    for (const at of ['07:20:00', '08:20:00', '08:20:01'])
      expect(
        (await turns.turn(seen(cron), { at: time(at) })).steps.filter((step) => step.do === 'fire'),
      ).toEqual([]);
    await turns.turn(seen(cron), { at: time('08:30:00') });
    expect(await phasesAt('20260101T083000Z')).toEqual({ 'web-1': 'Pending', 'web-2': 'Pending' });
  });

  test('as a rate has its grid from when it was accepted on', async () => {
    await turns.turn(seen(every('rate(7m)')), { at: time('08:10:00') });
    expect(Object.keys(await phasesAt('20260101T081700Z'))).toEqual(['web-1', 'web-2']);
    await turns.turn(seen(every('rate(7m)')), { at: time('08:19:00') });
    expect(Object.keys(await phasesAt('20260101T082400Z'))).toEqual(['web-1', 'web-2']);
  });

  test('in Local time ticks in the zone of each instance', async () => {
    await turns.enrol('web-1', {}, { timezone: 'Asia/Tokyo' });
    await turns.enrol('web-2', {}, { timezone: 'Europe/Berlin' });
    const nine = every('0 0 9 * * ? Local');
    await turns.turn(seen(nine), { at: '2026-01-01T12:00:00.000Z' });
    expect(await phasesAt('20260102T000000Z')).toEqual({ 'web-1': 'Scheduled' });
    expect(await phasesAt('20260102T080000Z')).toEqual({ 'web-2': 'Scheduled' });
    await turns.turn(seen(nine), { at: '2026-01-02T00:00:00.000Z' });
    expect(await phasesAt('20260102T000000Z')).toEqual({ 'web-1': 'Pending' });
    expect(await phasesAt('20260103T000000Z')).toEqual({ 'web-1': 'Scheduled' });
    expect(await phasesAt('20260102T080000Z')).toEqual({ 'web-2': 'Scheduled' });
  });

  test('ends with its last tick, and then is as that one ended', async () => {
    const once = every('at(2026-01-01 09:00:00)');
    await turns.turn(seen(once), { at: time('08:10:00') });
    await turns.turn(seen(once), { at: time('09:00:00') });
    await endAll('20260101T090000Z');
    await turns.turn(seen(once), { at: time('09:00:05') });
    await turns.turn(seen(once), { at: time('09:00:06') });
    expect(turns.ledger().runs.get(run())?.settled).toMatchObject({ phases: { Success: 2 } });
    expect((await turns.turn(seen(once), { at: time('09:10:00') })).steps).toEqual([]);
  });

  test('ends at until, and goes on when that is moved', async () => {
    const until = (at: string) => every('0 */10 * * * ?', { until: time(at) });
    await turns.turn(seen(until('08:25:00')), { at: time('08:10:00') });
    await turns.turn(seen(until('08:25:00')), { at: time('08:20:00') });
    expect(await phasesAt('20260101T083000Z')).toEqual({});
    await endAll('20260101T082000Z');
    await turns.turn(seen(until('08:25:00')), { at: time('08:20:05') });
    await turns.turn(seen(until('08:25:00')), { at: time('08:20:06') });
    expect(turns.ledger().runs.get(run())?.settled).toBeDefined();
    await turns.turn(seen(until('10:00:00')), { at: time('08:41:00') });
    expect(await phasesAt('20260101T085000Z')).toEqual({ 'web-1': 'Scheduled', 'web-2': 'Scheduled' });
  });

  test.each([
    ['at(2026-01-01 08:00:00)', undefined, 'AtExpressionExpired'],
    ['0 0 9 1 1 ? 2025', undefined, 'CronExpressionExpired'],
    ['0 */10 * * * ?', time('08:15:00'), 'CronExpressionExpired'],
  ])('without a tick to come is not accepted: %s', async (frequency, until, reason) => {
    const late = every(frequency, until === undefined ? {} : { until });
    const { notes, steps } = await turns.turn(seen(late), { at: time('08:10:00') });
    expect(notes.get('beat')).toMatchObject([{ type: 'Accepted', reason }]);
    expect(steps.map((step) => step.do)).toEqual(['recordCommand']);
    expect(run()).toBe('');
  });

  test('that is edited is another run, and never fires at once', async () => {
    await turns.turn(seen(cron), { at: time('08:10:00') });
    const old = run();
    await turns.turn(seen(every('0 */5 * * * ?')), { at: time('08:15:00') });
    expect(run()).not.toBe(old);
    expect(await turns.phases(old)).toEqual({});
    expect(await phasesAt('20260101T082000Z')).toEqual({ 'web-1': 'Scheduled', 'web-2': 'Scheduled' });
  });

  test('that is reverted goes on with its next tick, and executes nothing again', async () => {
    await turns.turn(seen(cron), { at: time('08:10:00') });
    const first = run();
    await turns.turn(seen(cron), { at: time('08:20:00') });
    await endAll('20260101T082000Z');
    await turns.turn(seen(every('0 */5 * * * ?')), { at: time('08:22:00') });
    const { notes } = await turns.turn(seen(cron), { at: time('08:23:00') });
    expect(run()).toBe(first);
    expect(notes.get('beat')).toBeUndefined();
    expect(await phasesAt('20260101T082000Z')).toEqual({ 'web-1': 'Success', 'web-2': 'Success' });
    expect(turns.ledger().phases(first)).toEqual({ Scheduled: 2 });
    expect([...turns.ledger().liveOf(first).values()].map(({ occurrence }) => occurrence)).toEqual([
      '20260101T083000Z',
      '20260101T083000Z',
    ]);
  });

  test('whose manifest is deleted waits for nothing any more, and goes on when the file is back', async () => {
    await turns.turn(seen(cron), { at: time('08:10:00') });
    await turns.turn(catalog([command('greet')]), { at: time('08:11:00') });
    expect(await turns.phases(run())).toEqual({});
    await turns.turn(catalog([command('greet')]), { at: time('08:21:00') });
    await turns.turn(seen(cron), { at: time('08:22:00') });
    expect(await phasesAt('20260101T083000Z')).toEqual({ 'web-1': 'Scheduled', 'web-2': 'Scheduled' });
  });

  test('under another name goes on there, and no tick happens under both', async () => {
    const pulse = catalog([command('greet'), invocation('pulse', cron)]);
    await turns.turn(seen(cron), { at: time('08:10:00') });
    const old = run();
    await turns.turn(seen(cron), { at: time('08:20:00') });
    const { holds, notes } = await turns.turn(pulse, { at: time('08:20:01') });
    expect([holds, [...notes]]).toEqual([[], []]);
    expect(await turns.phases(turns.runOf('pulse'))).toEqual({ 'web-1': 'Scheduled', 'web-2': 'Scheduled' });
    await turns.turn(pulse, { at: time('08:30:00') });
    expect(await turns.phases(turns.runOf('pulse'), '20260101T083000Z')).toMatchObject({
      'web-1': 'Pending',
    });
    expect(await turns.phases(old, '20260101T083000Z')).toEqual({});
  });

  test('follows its Command: the next tick uses it as it then is, and the occurrence says which content it used', async () => {
    await turns.turn(seen(cron, 'date'), { at: time('08:10:00') });
    const before = run();
    await turns.turn(seen(cron, 'date'), { at: time('08:20:00') });
    await turns.turn(seen(cron, 'date -u'), { at: time('08:25:00') });
    expect(run()).toBe(before);
    await turns.turn(seen(cron, 'date -u'), { at: time('08:30:00') });
    const content = (occurrence: string) => {
      const state = occurrenceAt(occurrence);
      return state !== undefined && 'work' in state && state.work.does === 'run'
        ? state.work.command.scriptDigest
        : undefined;
    };
    const [first, second] = [content('20260101T082000Z'), content('20260101T083000Z')];
    expect(await turns.store.get('script', first ?? '')).toEqual({ text: 'date' });
    expect(await turns.store.get('script', second ?? '')).toEqual({ text: 'date -u' });
  });

  test('keeps its last content while its manifest cannot be used', async () => {
    await turns.turn(seen(cron, 'date'), { at: time('08:10:00') });
    const broken = catalog([command('greet', 'rm -rf /')], { broken: ['beat'] });
    await turns.turn(broken, { at: time('08:20:00') });
    const state = occurrenceAt('20260101T082000Z');
    expect(state).toMatchObject({ is: 'fired' });
    const digest = state?.is === 'fired' && state.work.does === 'run' ? state.work.command.scriptDigest : '';
    expect(await turns.store.get('script', digest)).toEqual({ text: 'date' });
  });

  test('takes late joiners from their next tick on, if it is asked to', async () => {
    const open = { ...cron, targets: { selector: {}, lateJoiners: 'Run' } } as const;
    await turns.turn(seen(open), { at: time('08:10:00') });
    await turns.enrol('web-3');
    await turns.turn(seen(open), { at: time('08:12:00') });
    await turns.turn(seen(open), { at: time('08:20:00') });
    expect(await phasesAt('20260101T082000Z')).toEqual({
      'web-1': 'Pending',
      'web-2': 'Pending',
      'web-3': 'Pending',
    });
  });

  test('stops on an instance that is no target any more, and goes on when it is one again', async () => {
    const on = (...instances: string[]) => ({
      ...cron,
      targets: { instances, lateJoiners: 'Ignore' as const },
    });
    await turns.turn(seen(on('web-1', 'web-2')), { at: time('08:10:00') });
    await turns.turn(seen(on('web-1')), { at: time('08:11:00') });
    await turns.turn(seen(on('web-1')), { at: time('08:20:00') });
    expect(await phasesAt('20260101T082000Z')).toEqual({ 'web-1': 'Pending' });
    await turns.turn(seen(on('web-1', 'web-2')), { at: time('08:21:00') });
    expect(await phasesAt('20260101T083000Z')).toEqual({ 'web-1': 'Scheduled', 'web-2': 'Scheduled' });
  });
});

describe('a tick that finds an earlier one', () => {
  const meet = async (more: Partial<Period>, ...before: typeof start) => {
    const beat = every('0 */10 * * * ?', more);
    await turns.turn(seen(beat), { at: time('08:10:00') });
    await turns.turn(seen(beat), { at: time('08:20:00') });
    if (before.length > 0)
      await turns.happen({ run: run(), instance: 'web-1', occurrence: '20260101T082000Z' }, ...before);
    await turns.turn(seen(beat), { at: time('08:30:00') });
  };

  test('still running is skipped with Forbid, which is recorded', async () => {
    await meet({}, ...start);
    expect(await phasesAt('20260101T082000Z')).toMatchObject({ 'web-1': 'Running' });
    expect(await phasesAt('20260101T083000Z')).toEqual({ 'web-1': 'Cancelled', 'web-2': 'Pending' });
    const skipped = await turns.store.get('execution', `${run()}.20260101T083000Z.mi-web-1`);
    expect(skipped?.state).toMatchObject({ end: { message: expect.stringContaining('Skipped') } });
    expect(turns.ledger().phases(run())).toEqual({ Running: 1, Pending: 1 });
  });

  test('still running runs beside it with Allow', async () => {
    await meet({ concurrency: 'Allow' }, ...start);
    expect(await phasesAt('20260101T082000Z')).toMatchObject({ 'web-1': 'Running' });
    expect(await phasesAt('20260101T083000Z')).toMatchObject({ 'web-1': 'Pending' });
  });

  test('still running stops it first with Replace', async () => {
    await meet({ concurrency: 'Replace' }, ...start);
    expect(await phasesAt('20260101T082000Z')).toMatchObject({ 'web-1': 'Stopping' });
    expect(await phasesAt('20260101T083000Z')).toMatchObject({ 'web-1': 'Pending' });
  });

  test('that waits for one that is still dying takes its place, and that one is Cancelled', async () => {
    await meet({ concurrency: 'Replace' }, ...start);
    await turns.turn(seen(every('0 */10 * * * ?', { concurrency: 'Replace' })), { at: time('08:40:00') });
    expect(await phasesAt('20260101T082000Z')).toMatchObject({ 'web-1': 'Stopping' });
    expect(await phasesAt('20260101T083000Z')).toEqual({ 'web-1': 'Cancelled', 'web-2': 'Aborted' });
    expect(await phasesAt('20260101T084000Z')).toMatchObject({ 'web-1': 'Pending' });
  });

  test.each(['Forbid', 'Allow', 'Replace'] as const)(
    'that nobody came for takes its place (%s): at most one waits on an instance',
    async (concurrency) => {
      await meet({ concurrency });
      expect(await phasesAt('20260101T082000Z')).toEqual({ 'web-1': 'Aborted', 'web-2': 'Aborted' });
      expect(await phasesAt('20260101T083000Z')).toEqual({ 'web-1': 'Pending', 'web-2': 'Pending' });
    },
  );
});

describe('a stop', () => {
  const beat = every('0 */10 * * * ?');

  test('of a schedule cancels what it waits for, and nothing of it ever starts again', async () => {
    await turns.turn(seen(beat), { at: time('08:10:00') });
    await stop(turns.ledger(), 'beat', {}, { name: 'ann', at: Date.parse(time('08:11:00')) });
    await turns.turn(seen(beat), { at: time('08:12:00') });
    expect(turns.ledger().phases(run())).toEqual({ Cancelled: 2 });
    for (const at of ['08:20:00', '08:30:00']) await turns.turn(seen(beat), { at: time(at) });
    expect(turns.ledger().liveOf(run()).size).toBe(0);
    expect(turns.ledger().runs.get(run())?.settled).toMatchObject({ phases: { Cancelled: 2 } });
  });

  test('of a schedule on one instance leaves it going on the others, and outlives a restart and other targets', async () => {
    await turns.turn(seen(beat), { at: time('08:10:00') });
    await stop(
      turns.ledger(),
      'beat',
      { instances: ['web-1'] },
      { name: 'ann', at: Date.parse(time('08:11:00')) },
    );
    await turns.restart();
    await turns.enrol('web-3');
    const wider = {
      ...beat,
      targets: { instances: ['web-1', 'web-2', 'web-3'], lateJoiners: 'Ignore' as const },
    };
    await turns.turn(seen(wider), { at: time('08:12:00') });
    await turns.turn(seen(wider), { at: time('08:20:00') });
    expect(await phasesAt('20260101T082000Z')).toEqual({
      'web-1': 'Cancelled',
      'web-2': 'Pending',
      'web-3': 'Pending',
    });
    expect(turns.ledger().phases(run())).toEqual({ Cancelled: 1, Pending: 2 });
  });

  test('in the manifest ends a schedule', async () => {
    await turns.turn(seen(beat), { at: time('08:10:00') });
    await turns.turn(seen({ ...beat, stop: true }), { at: time('08:11:00') });
    expect(await turns.phases(run())).toEqual({ 'web-1': 'Cancelled', 'web-2': 'Cancelled' });
    expect(
      (await turns.turn(seen({ ...beat, stop: true }), { at: time('08:20:00') })).steps.map(
        (step) => step.do,
      ),
    ).not.toContain('fire');
  });
});

describe('a store that is lost', () => {
  const beat = every('0 */10 * * * ?');
  const noNews: Outcome = { problems: [], invocationConditions: new Map(), holds: [], conditions: [] };

  /** Another store, which has learnt from what the status branch says. */
  async function lose(now: string): Promise<void> {
    const documents = documentsOf(turns.ledger(), () => noNews);
    const changes = adopt(
      [...documents.instances({}).items, ...(await documents.invocations({})).items],
      now,
    );
    await turns.store.close();
    turns = await openTurns();
    await turns.ledger().commit(changes);
    await turns.restart();
  }

  test('lets a schedule go on with its next tick: nothing that has been happens again', async () => {
    await turns.turn(seen(beat), { at: time('08:10:00') });
    const before = run();
    await turns.turn(seen(beat), { at: time('08:20:00') });
    await endAll('20260101T082000Z');
    await turns.turn(seen(beat), { at: time('08:20:05') });
    await lose(time('08:21:00'));
    await turns.turn(seen(beat), { at: time('08:21:00') });
    expect(run()).toBe(before);
    expect(occurrenceAt('20260101T082000Z')).toMatchObject({ is: 'over', phases: { Success: 2 } });
    expect(await turns.phases(run())).toEqual({ 'web-1': 'Scheduled', 'web-2': 'Scheduled' });
    await turns.turn(seen(beat), { at: time('08:30:00') });
    expect(await phasesAt('20260101T083000Z')).toEqual({ 'web-1': 'Pending', 'web-2': 'Pending' });
  });

  test('lets no schedule go on where a person stopped it', async () => {
    await turns.turn(seen(beat), { at: time('08:10:00') });
    const by = { name: 'ann', at: Date.parse(time('08:11:00')) };
    await stop(turns.ledger(), 'beat', { instances: ['web-1'] }, by);
    await lose(time('08:12:00'));
    await turns.turn(seen(beat), { at: time('08:20:00') });
    expect(await turns.phases(run())).toEqual({ 'web-2': 'Scheduled' });
    await stop(turns.ledger(), 'beat', {}, by);
    await lose(time('08:22:00'));
    await turns.turn(seen(beat), { at: time('08:30:00') });
    expect(await turns.phases(run())).toEqual({});
  });

  test('lets nothing happen again at a boot that had its occurrence', async () => {
    const boots = { repeat: { mode: 'EveryReboot' } as const };
    await turns.turn(seen(boots), { at: time('08:10:00') });
    await turns.enrol('web-1', {}, { bootId: 'boot-2' });
    await turns.turn(seen(boots), { at: time('08:16:00') });
    await turns.happen({ run: run(), instance: 'web-1', occurrence: 'boot-2' }, ...start, succeed);
    await turns.turn(seen(boots), { at: time('08:17:00') });
    await lose(time('08:18:00'));
    await turns.turn(seen(boots), { at: time('08:19:00') });
    await turns.enrol('web-1', {}, { bootId: 'boot-2' });
    await turns.turn(seen(boots), { at: time('08:20:00') });
    expect(await phasesAt('boot-2')).toEqual({});
  });
});

describe('a boot', () => {
  const boot = (name: string, bootId: string, bootedAt: string) => {
    const instance = turns.ledger().instances.get(`mi-${name}`);
    if (instance === undefined) throw new Error('no such instance');
    const value = { ...instance, bootedAt, facts: { ...instance.facts, bootId } };
    return turns.ledger().commit([{ put: 'instance', key: value.id, value }]);
  };
  const nextBoots = { repeat: { mode: 'EveryReboot' } as const };

  test('that comes runs what waits for it, on that instance; another one does so again', async () => {
    await turns.turn(seen(nextBoots), { at: time('08:10:00') });
    expect(await turns.phases(run())).toEqual({ 'web-1': 'Scheduled', 'web-2': 'Scheduled' });
    await boot('web-1', 'boot-2', time('08:15:00'));
    await turns.turn(seen(nextBoots), { at: time('08:16:00') });
    expect(await phasesAt('boot-2')).toEqual({ 'web-1': 'Pending' });
    await turns.happen({ run: run(), instance: 'web-1', occurrence: 'boot-2' }, ...start, succeed);
    await turns.restart();
    await boot('web-1', 'boot-3', time('09:15:00'));
    await turns.turn(seen(nextBoots), { at: time('09:16:00') });
    expect(await phasesAt('boot-3')).toEqual({ 'web-1': 'Pending' });
    expect(occurrenceAt('boot-2')).toMatchObject({ is: 'over', phases: { Success: 1 } });
  });

  test('runs NextRebootOnly once: the boot after it is none of its business', async () => {
    const next = { repeat: { mode: 'NextRebootOnly' } as const };
    await turns.turn(seen(next), { at: time('08:10:00') });
    for (const name of ['web-1', 'web-2']) await boot(name, `${name}-2`, time('08:15:00'));
    await turns.turn(seen(next), { at: time('08:16:00') });
    for (const name of ['web-1', 'web-2'])
      await turns.happen({ run: run(), instance: name, occurrence: `${name}-2` }, ...start, succeed);
    for (const name of ['web-1', 'web-2']) await boot(name, `${name}-3`, time('08:45:00'));
    await turns.turn(seen(next), { at: time('08:46:00') });
    await turns.turn(seen(next), { at: time('08:47:00') });
    expect(await phasesAt('web-1-3')).toEqual({});
    expect(turns.ledger().liveOf(run()).size).toBe(0);
    expect(turns.ledger().runs.get(run())?.settled).toBeDefined();
  });

  test('of the same name is no boot: an agent that starts again runs nothing', async () => {
    await turns.turn(seen(nextBoots), { at: time('08:10:00') });
    await boot('web-1', 'b', time('08:15:00'));
    expect((await turns.turn(seen(nextBoots), { at: time('08:16:00') })).steps).toEqual([]);
  });

  test('from before the run was accepted, of which the controller hears only now, is none that it waits for', async () => {
    await turns.turn(seen(nextBoots), { at: time('08:10:00') });
    await boot('web-1', 'boot-2', time('08:05:00'));
    await turns.turn(seen(nextBoots), { at: time('08:16:00') });
    expect(await phasesAt('boot-2')).toEqual({});
    await boot('web-1', 'boot-3', time('08:20:00'));
    await turns.turn(seen(nextBoots), { at: time('08:21:00') });
    expect(await phasesAt('boot-3')).toEqual({ 'web-1': 'Pending' });
  });

  test('with a name that no id may hold still has an occurrence', async () => {
    await turns.turn(seen(nextBoots), { at: time('08:10:00') });
    await boot('web-1', '../a.b c', time('08:15:00'));
    await turns.turn(seen(nextBoots), { at: time('08:16:00') });
    expect(await phasesAt('___a_b_c')).toEqual({ 'web-1': 'Pending' });
  });
});

describe('what is not delivered in time', () => {
  const once = { repeat: { mode: 'Once' } as const, deliverySeconds: 600 };

  test('ends as Aborted, and does not run when the machine comes back', async () => {
    await turns.turn(seen(once), { at: time('08:00:00') });
    expect((await turns.turn(seen(once), { at: time('08:09:59') })).steps).toEqual([]);
    await turns.turn(seen(once), { at: time('08:10:00') });
    expect(await turns.phases(run())).toEqual({ 'web-1': 'Aborted', 'web-2': 'Aborted' });
    const ended = await turns.store.get('execution', `${run()}.once.mi-web-1`);
    expect(ended?.state).toMatchObject({ end: { errorCode: 'DeliveryTimeout' } });
  });

  test('on a machine that has been there all along waits for its turn', async () => {
    turns.online.set('mi-web-1', time('07:00:00'));
    turns.online.set('mi-web-2', time('08:11:00'));
    await turns.turn(seen(once), { at: time('08:00:00') });
    await turns.turn(seen(once), { at: time('08:12:00') });
    expect(await turns.phases(run())).toEqual({ 'web-1': 'Pending', 'web-2': 'Aborted' });
    turns.online.delete('mi-web-1');
    await turns.turn(seen(once), { at: time('08:13:00') });
    expect(await turns.phases(run())).toEqual({ 'web-1': 'Aborted', 'web-2': 'Aborted' });
  });

  test('though it was offered is left alone by the agent, which says what became of it', async () => {
    await turns.turn(seen(once), { at: time('08:00:00') });
    for (const instance of ['web-1', 'web-2'])
      await turns.happen({ run: run(), instance }, { event: 'offer', offer: 1 });
    await turns.turn(seen(once), { at: time('08:10:00') });
    expect(turns.ledger().live(`${run()}.once.mi-web-1`)?.state).toMatchObject({
      is: 'stopping',
      stop: { ifStarted: 'leave', overdue: true },
    });
    const end = { phase: 'Cancelled', at: time('09:00:00'), outputBytes: 0 } as const;
    await turns.happen({ run: run(), instance: 'web-1' }, { event: 'ended', end });
    await turns.happen({ run: run(), instance: 'web-2' }, succeed);
    expect(await turns.phases(run())).toEqual({ 'web-1': 'Aborted', 'web-2': 'Success' });
  });

  test('waits as long as a duration can be', async () => {
    const patient = { repeat: { mode: 'Once' } as const, deliverySeconds: 99_999 * 86_400 };
    await turns.turn(seen(patient), { at: time('08:00:00') });
    expect((await turns.turn(seen(patient), { at: '2099-12-31T23:59:59.000Z' })).steps).toEqual([]);
    expect(await turns.phases(run())).toEqual({ 'web-1': 'Pending', 'web-2': 'Pending' });
  });

  test('was kept over a restart of the controller', async () => {
    await turns.turn(seen(once), { at: time('08:00:00') });
    await turns.restart();
    await turns.turn(seen(once), { at: time('12:00:00') });
    expect(await turns.phases(run())).toEqual({ 'web-1': 'Aborted', 'web-2': 'Aborted' });
  });
});

test('an instance whose line is full gets no more, and the others do', async () => {
  turns.mostInLine = 2;
  await turns.turn(catalog([command('greet'), invocation('a'), invocation('b')]));
  await turns.happen({ run: turns.runOf('a'), instance: 'web-2' }, ...start, succeed);
  await turns.turn(catalog([command('greet'), invocation('a'), invocation('b'), invocation('c')]));
  expect(await turns.phases(turns.runOf('c'))).toEqual({ 'web-1': 'Aborted', 'web-2': 'Pending' });
  const ended = await turns.store.get('execution', `${turns.runOf('c')}.once.mi-web-1`);
  expect(ended?.state).toMatchObject({ end: { errorCode: 'TaskConcurrencyLimit' } });
});

test('a dry run waits in the same line', async () => {
  turns.mostInLine = 1;
  await turns.turn(catalog([command('greet'), invocation('a')]));
  await turns.happen({ run: turns.runOf('a'), instance: 'web-2' }, ...start, succeed);
  const dry = invocation('dry', { repeat: { mode: 'DryRun' } });
  await turns.turn(catalog([command('greet'), invocation('a'), dry]));
  expect(await turns.phases(turns.runOf('dry'))).toEqual({ 'web-1': 'Aborted', 'web-2': 'Pending' });
});
