// Orders of events that nobody plans for: clocks that are set back, stops between a plan and what it does, restarts at
// the wrong moment, edits that come in pairs. Nothing runs twice, nothing that was stopped starts, everything ends.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { catalog, command, invocation } from '../../test/support/catalog.ts';
import { openTurns, start, succeed, type Turns } from '../../test/support/turns.ts';
import { desired } from '../desired/desired.ts';
import { stop } from '../dispatch/stop.ts';
import type { Catalog, Repeat } from '../manifest/catalog.ts';
import { plan } from '../plan/plan.ts';
import type { Plan } from '../plan/step.ts';
import { documentsOf } from '../status/documents.ts';
import { adopt } from './adopt.ts';
import { apply } from './apply.ts';
import { follow, knownOf } from './known.ts';

const time = (text: string): string => `2026-01-01T${text}.000Z`;
const first = '20260101T082000Z';
const second = '20260101T083000Z';
let turns: Turns;

beforeEach(async () => {
  turns = await openTurns();
  for (const name of ['web-1', 'web-2']) await turns.enrol(name);
});

afterEach(() => turns.store.close());

type Changes = NonNullable<Parameters<typeof invocation>[1]>;
type Period = Extract<Repeat, { mode: 'Period' }>;

function every(frequency: string, more: Partial<Period> = {}): Changes {
  return {
    repeat: { mode: 'Period', frequency, startingDeadlineSeconds: 3600, concurrency: 'Forbid', ...more },
  };
}

const cron = every('0 */10 * * * ?');
const edited: Changes = { ...cron, parameters: { x: 'y' } };
const on = (...instances: string[]): Changes => ({ ...cron, targets: { instances, lateJoiners: 'Ignore' } });
const seen = (changes: Changes, script = 'date'): Catalog =>
  catalog([command('greet', script), invocation('beat', changes)]);
const turn = (changes: Changes, at: string): Promise<Plan> => turns.turn(seen(changes), { at: time(at) });
const run = (): string => turns.runOf('beat');
const phasesAt = (occurrence: string): Promise<Record<string, string>> => turns.phases(run(), occurrence);
const occurrenceAt = (occurrence: string) => turns.ledger().occurrences(run()).get(occurrence)?.state;
const stopBy = (at: string, ...instances: string[]) =>
  stop(turns.ledger(), 'beat', instances.length === 0 ? {} : { instances }, {
    name: 'ann',
    at: Date.parse(time(at)),
  });

async function endAll(occurrence: string): Promise<void> {
  for (const instance of ['web-1', 'web-2'])
    await turns.happen({ run: run(), instance, occurrence }, ...start, succeed);
}

/** A plan that is made now, and may be carried out later. */
async function planned(changes: Changes, at: string, script = 'date'): Promise<Plan> {
  const ledger = turns.ledger();
  const followed = follow(ledger, () => {});
  await followed.members.load([run()]);
  const known = {
    ...knownOf(ledger, followed, time(at)),
    onlineSince: () => undefined,
    hasCalled: () => false,
    listeningSince: turns.listeningSince,
    acknowledged: () => false,
    fleetChanged: true,
  };
  const wanted = seen(changes, script);
  return plan(wanted, desired(wanted), known, { maxDeletions: 9, maxTargets: 9 }, time(at));
}

/** Another store, which has learnt from what the status branch says. */
async function loseStore(at: string): Promise<void> {
  const noNews = { problems: [], invocationConditions: new Map(), holds: [], conditions: [] };
  const documents = documentsOf(turns.ledger(), () => noNews);
  const [instances, invocations] = [documents.instances({}), await documents.invocations({})];
  const changes = adopt([...instances.items, ...invocations.items], time(at));
  await turns.store.close();
  turns = await openTurns();
  await turns.ledger().commit(changes);
  await turns.restart();
}

describe('a tick that has been does not come again when the clock is set back', () => {
  beforeEach(async () => {
    await turn(cron, '08:10:00');
    await turn(cron, '08:20:00');
    await endAll(first);
    await turn(cron, '08:20:30');
  });

  test.each<[string, Changes, Changes]>([
    ['and there is an edit and its revert', edited, cron],
    ['and a target is removed and added again', on('web-1'), on('web-1', 'web-2')],
    ['and the store is read anew', cron, cron],
  ])('%s', async (_, one, other) => {
    await turn(one, '08:19:50');
    await turns.restart();
    await turn(other, '08:19:55');
    await turn(other, '08:20:00');
    await turn(other, '08:20:01');
    expect(await turns.phases(turns.runOf('beat'), first)).not.toMatchObject({ 'web-1': 'Pending' });
    const runs = [...turns.ledger().runs.keys()];
    const ran = await Promise.all(runs.map((id) => turns.phases(id, first)));
    expect(ran.filter((phases) => Object.keys(phases).length > 0)).toEqual([
      { 'web-1': 'Success', 'web-2': 'Success' },
    ]);
  });

  test('and somebody joins, and its record stays', async () => {
    const open: Changes = { ...cron, targets: { selector: {}, lateJoiners: 'Run' } };
    await turn(open, '08:20:40');
    await turns.enrol('web-3');
    await turn(open, '08:19:55');
    await turn(open, '08:20:00');
    expect(await phasesAt(first)).toEqual({ 'web-1': 'Success', 'web-2': 'Success' });
    expect(occurrenceAt(first)).toMatchObject({ is: 'over', phases: { Success: 2 } });
  });
});

describe('a stop that comes between a plan and its carrying out', () => {
  test('is not undone by following the Command', async () => {
    await turn(cron, '08:10:00');
    const made = await planned(cron, '08:11:00', 'date -u');
    expect(made.steps.map((step) => step.do)).toContain('follow');
    await stopBy('08:11:00');
    await apply(made.steps, turns.ledger(), time('08:11:00'));
    await turns.turn(seen(cron, 'date -u'), { at: time('08:20:00') });
    expect(await phasesAt(first)).toEqual({ 'web-1': 'Cancelled', 'web-2': 'Cancelled' });
  });

  test('is not undone by instances that join', async () => {
    const open: Changes = { targets: { selector: {}, lateJoiners: 'Run' } };
    await turn(open, '08:10:00');
    await turns.enrol('web-3');
    const made = await planned(open, '08:11:00');
    expect(made.steps.map((step) => step.do)).toContain('extend');
    await stopBy('08:11:00');
    await apply(made.steps, turns.ledger(), time('08:11:00'));
    expect(Object.keys(await turns.phases(run()))).toEqual(['web-1', 'web-2']);
  });
});

describe('everything ends', () => {
  test('what was offered when the controller went away, and nobody came for', async () => {
    await turn({ deliverySeconds: 60 }, '08:10:00');
    await turns.happen({ run: run(), instance: 'web-1' }, { event: 'offer', offer: 1 });
    await turns.restart();
    await turn({ deliverySeconds: 60 }, '08:12:00');
    expect(turns.ledger().live(`${run()}.once.mi-web-1`)?.state).toMatchObject({
      is: 'stopping',
      stop: { overdue: true },
    });
  });

  test('a tick that was noticed later than its deliveryTimeout, which counts from then on', async () => {
    const noon: Changes = {
      ...every('at(2026-01-01 12:00:00)', { startingDeadlineSeconds: 7200 }),
      deliverySeconds: 600,
    };
    await turn(noon, '08:10:00');
    await turns.restart();
    await turn(noon, '13:30:00');
    expect(await phasesAt('20260101T120000Z')).toEqual({ 'web-1': 'Pending', 'web-2': 'Pending' });
    await turn(noon, '13:40:00');
    expect(await phasesAt('20260101T120000Z')).toEqual({ 'web-1': 'Aborted', 'web-2': 'Aborted' });
  });

  test('a schedule whose until is moved to before its next tick', async () => {
    await turn(cron, '08:10:00');
    const ended = every('0 */10 * * * ?', { until: time('08:15:00') });
    await turn(ended, '08:11:00');
    await turn(ended, '08:20:00');
    expect(occurrenceAt(first)).toMatchObject({ is: 'missed', reason: expect.stringContaining('had ended') });
    expect(turns.ledger().liveOf(run()).size).toBe(0);
  });

  test('a hundred edits of a schedule, of which nothing is left but the last', async () => {
    for (let edit = 0; edit < 100; edit += 1)
      await turn({ ...cron, parameters: { edit: String(edit) } }, `08:1${Math.floor(edit / 20)}:00`);
    const rows: string[] = [];
    for await (const [key] of turns.store.list('occurrence')) rows.push(key);
    for await (const [key] of turns.store.list('execution')) rows.push(key);
    expect(rows).toHaveLength(3);
  });
});

describe('boots', () => {
  const boots: Changes = { repeat: { mode: 'EveryReboot' } };

  test('of two instances on one kernel are one for each of them', async () => {
    await turn(boots, '08:10:00');
    await turns.enrol('web-1', {}, { bootId: 'b2' });
    await turn(boots, '08:11:00');
    await turns.happen({ run: run(), instance: 'web-1', occurrence: 'b2' }, ...start, succeed);
    await turn(boots, '08:11:01');
    await turns.enrol('web-2', {}, { bootId: 'b2' });
    await turn(boots, '08:11:05');
    expect(await phasesAt('b2')).toEqual({ 'web-1': 'Success', 'web-2': 'Pending' });
    await turns.happen({ run: run(), instance: 'web-2', occurrence: 'b2' }, ...start, succeed);
    await turn(boots, '08:11:06');
    expect(occurrenceAt('b2')).toMatchObject({ is: 'over', phases: { Success: 2 } });
  });

  test('that a machine goes back to have been, however many came between', async () => {
    await turn(boots, '08:10:00');
    for (let boot = 1; boot <= 30; boot += 1) {
      await turns.enrol('web-1', {}, { bootId: `b${boot}` });
      await turn(boots, `08:${10 + boot}:00`);
      await turns.happen({ run: run(), instance: 'web-1', occurrence: `b${boot}` }, ...start, succeed);
    }
    await turns.enrol('web-1', {}, { bootId: 'b3' });
    await turn(boots, '08:50:00');
    expect(await phasesAt('b3')).toEqual({ 'web-1': 'Success' });
  });
});

describe('stops of some instances outlive the store', () => {
  test.each<[string, string[], string[]]>([
    ['all of them, one by one', ['web-1', 'web-2'], []],
    ['one that still runs', ['web-1'], ['web-2']],
  ])('%s', async (_, stops, goOn) => {
    await turn(cron, '08:10:00');
    await turn(cron, '08:20:00');
    await turns.happen({ run: run(), instance: 'web-1', occurrence: first }, ...start);
    for (const name of stops) await stopBy('08:21:00', name);
    await loseStore('08:23:00');
    await turn(cron, '08:24:00');
    await turn(cron, '08:30:00');
    expect(Object.keys(await phasesAt(second))).toEqual(goOn);
  });

  test('and a tick that was left out is none', async () => {
    await turn(cron, '08:10:00');
    await turn(cron, '08:20:00');
    await turns.happen({ run: run(), instance: 'web-1', occurrence: first }, ...start);
    await turn(cron, '08:30:00');
    expect(await phasesAt(second)).toMatchObject({ 'web-1': 'Cancelled' });
    await loseStore('08:31:00');
    await turn(cron, '08:32:00');
    expect(Object.keys(await phasesAt('20260101T084000Z'))).toEqual(['web-1', 'web-2']);
  });
});

describe('a stop', () => {
  test('in the manifest that comes with a revert lets no schedule go on', async () => {
    await turn(cron, '08:10:00');
    await turn(edited, '08:11:00');
    await turn({ ...cron, stop: true }, '08:12:00');
    expect(await phasesAt(first)).toEqual({});
    await turn({ ...cron, stop: true }, '08:20:00');
    expect(turns.ledger().liveOf(run()).size).toBe(0);
  });

  test.each<[string, Changes, Catalog]>([
    ['in the manifest', {}, seen({ parameters: { x: 'y' }, stop: true })],
    ['by its deletion', { deletionPolicy: 'Stop' }, catalog([command('greet')])],
  ])('%s reaches what a superseded run left running', async (_, more, end) => {
    await turn(more, '08:10:00');
    const before = run();
    await turns.happen({ run: before, instance: 'web-1' }, ...start);
    await turn({ ...more, parameters: { x: 'y' } }, '08:11:00');
    await turns.turn(end, { at: time('08:12:00') });
    expect((await turns.phases(before))['web-1']).toBe('Stopping');
  });

  test('of a schedule that has ended holds when its until is moved', async () => {
    const ended = every('0 */10 * * * ?', { until: time('08:25:00') });
    await turn(ended, '08:10:00');
    await turn(ended, '08:20:00');
    await endAll(first);
    await turn(ended, '08:21:00');
    await turn(ended, '08:21:01');
    await stopBy('08:22:00');
    await turn(cron, '08:23:00');
    await turn(cron, '08:30:00');
    expect(await phasesAt(second)).toEqual({});
  });

  test('of an instance that is to join holds when it does', async () => {
    const open: Changes = { ...cron, targets: { instances: ['web-1'], lateJoiners: 'Ignore' } };
    await turn(open, '08:10:00');
    await stopBy('08:11:00', 'web-2');
    await turn(on('web-1', 'web-2'), '08:12:00');
    expect(await turns.phases(run())).toEqual({ 'web-1': 'Scheduled' });
  });
});

test('edits and reverts before a tick leave its counts right', async () => {
  await turn(cron, '08:10:00');
  await turn(edited, '08:11:00');
  await turn(cron, '08:12:00');
  await turn(cron, '08:20:00');
  await endAll(first);
  await turn(cron, '08:20:05');
  expect(occurrenceAt(first)).toMatchObject({ is: 'over', phases: { Success: 2 } });
  expect(Object.keys((occurrenceAt(first) as { phases: object }).phases)).toEqual(['Success']);
});

test('what waits for its turn outlives a restart of the controller, if its instance calls soon', async () => {
  const one: Changes = { deliverySeconds: 60 };
  for (const name of ['web-1', 'web-2']) turns.online.set(`mi-${name}`, time('08:00:00'));
  await turn(one, '08:10:00');
  await turn(one, '08:20:00');
  turns.online.clear();
  turns.listeningSince = time('08:20:30');
  await turns.restart();
  await turn(one, '08:20:31');
  turns.online.set('mi-web-1', time('08:20:40'));
  await turn(one, '08:25:00');
  expect(await turns.phases(run())).toEqual({ 'web-1': 'Pending', 'web-2': 'Aborted' });
});

test('after a restart there is no grace for an instance that has called and gone', async () => {
  const one: Changes = { deliverySeconds: 5 };
  turns.listeningSince = time('08:09:30');
  turns.called.add('mi-web-1');
  await turn(one, '08:10:00');
  await turn(one, '08:10:10');
  expect(await turns.phases(run())).toEqual({ 'web-1': 'Aborted', 'web-2': 'Pending' });
});

test('a schedule in Local time goes on in the zone that an instance has by then', async () => {
  const nine = every('0 0 9 * * ? Local');
  await turns.enrol('web-1', {}, { timezone: 'Asia/Tokyo' });
  await turns.turn(seen(nine), { at: '2026-01-01T12:00:00.000Z' });
  await turns.enrol('web-1', {}, { timezone: 'Europe/Berlin' });
  await turns.turn(seen(nine), { at: '2026-01-02T00:00:00.000Z' });
  expect(await phasesAt('20260102T080000Z')).toEqual({ 'web-1': 'Scheduled' });
});
