import { Buffer } from 'node:buffer';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ConcurrencyPolicy } from '../../schemas/generated/invocation.ts';
import { catalog, command, invocation } from '../../test/support/catalog.ts';
import { openTurns, start, type Turns } from '../../test/support/turns.ts';
import { choose } from './choose.ts';
import type { Session } from './session.ts';

const time = (text: string): string => `2026-01-01T${text}.000Z`;
let turns: Turns;

beforeEach(async () => {
  turns = await openTurns();
  await turns.enrol('web-1');
});

afterEach(() => turns.store.close());

const session = (): Session => ({
  id: 's',
  instance: 'mi-web-1',
  key: Buffer.alloc(32),
  journal: 'j',
  wire: 2,
  highestOffer: 0,
  sameMemory: true,
  handover: undefined,
  used: true,
  sequences: { poll: -1, report: -1, blob: -1 },
  given: undefined,
});

/** Occurrences that the instance is ordered to run now. */
function chosen(now: string, onlineSince?: string): string[] {
  const since = onlineSince === undefined ? undefined : Date.parse(onlineSince);
  const { again, fresh } = choose(turns.ledger(), session(), 10, Date.parse(now), since, 0);
  return [...again, ...fresh].map(({ occurrence }) => occurrence);
}

const once = catalog([command('greet'), invocation('hello', { deliverySeconds: 600 })]);

test('what came too late is not given to an instance that was away, and is to one that waited for its turn', async () => {
  await turns.turn(once, { at: time('08:00:00') });
  expect(chosen(time('08:09:59'), time('08:09:58'))).toEqual(['once']);
  expect(chosen(time('08:10:00'), time('08:10:00'))).toEqual(['once']);
  expect(chosen(time('08:10:01'), time('08:10:01'))).toEqual([]);
  expect(chosen(time('09:00:00'), time('08:05:00'))).toEqual(['once']);
  expect(chosen(time('09:00:00'))).toEqual([]);
});

test('what was offered before is not offered again when it is too late', async () => {
  await turns.turn(once, { at: time('08:00:00') });
  await turns.happen({ run: turns.runOf('hello'), instance: 'web-1' }, { event: 'offer', offer: 1 });
  expect(chosen(time('08:05:00'), time('08:04:00'))).toEqual(['once']);
  expect(chosen(time('08:15:00'), time('08:14:00'))).toEqual([]);
});

test.each<[ConcurrencyPolicy, string[]]>([
  ['Allow', ['20260101T083000Z']],
  ['Replace', []],
])('a tick beside one that runs is given with %s as its policy says', async (concurrency, expected) => {
  const beat = catalog([
    command('greet'),
    invocation('beat', {
      repeat: { mode: 'Period', frequency: '0 */10 * * * ?', startingDeadlineSeconds: 3600, concurrency },
    }),
  ]);
  await turns.turn(beat, { at: time('08:10:00') });
  await turns.turn(beat, { at: time('08:20:00') });
  const running = { run: turns.runOf('beat'), instance: 'web-1', occurrence: '20260101T082000Z' };
  await turns.happen(running, ...start);
  await turns.turn(beat, { at: time('08:30:00') });
  expect(chosen(time('08:30:01'), time('08:00:00'))).toEqual(expected);
});
