import fc from 'fast-check';
import { expect, test } from 'vitest';
import { snapshotOf } from '../../test/support/memory-snapshot.ts';
import { memoryStore } from '../../test/support/memory-store.ts';
import { type Desired, desired } from '../desired/desired.ts';
import { makeParseCache, readCatalog } from '../manifest/read-catalog.ts';
import { plan } from '../plan/plan.ts';
import type { Plan } from '../plan/step.ts';
import { transition } from '../run/transition.ts';
import { openLedger } from '../store/open-ledger.ts';
import { apply } from './apply.ts';
import { follow, knownOf } from './known.ts';
import { followSuspects } from './suspects.ts';

// What may happen between two passes. Names and files are few, so that edits meet each other.
const names = ['a', 'b', 'c'] as const;
const edit = fc.oneof(
  fc.record({
    do: fc.constant('write' as const),
    file: fc.constantFrom('1.yaml', '2.yaml', '3.yaml'),
    name: fc.constantFrom(...names),
    rerun: fc.constantFrom('1', '2'),
    targets: fc.constantFrom(
      '{selector: {}}',
      '{instances: [m0]}',
      '{instances: [m1, m2]}',
      '{selector: {}, lateJoiners: Run}',
    ),
    more: fc.constantFrom('', 'stop: true', 'deletionPolicy: Stop', 'commandRef: {name: cmd}'),
    renamedFrom: fc.option(fc.constantFrom(...names)),
  }),
  fc.record({ do: fc.constant('break' as const), file: fc.constantFrom('1.yaml', '2.yaml', '4.yaml') }),
  fc.record({
    do: fc.constant('remove' as const),
    file: fc.constantFrom('1.yaml', '2.yaml', '3.yaml', '4.yaml'),
  }),
  fc.record({ do: fc.constant('command' as const), script: fc.constantFrom('date', 'date -u', undefined) }),
  fc.record({ do: fc.constant('enrol' as const), machine: fc.constantFrom(0, 1, 2) }),
  fc.record({ do: fc.constant('end' as const), machine: fc.constantFrom(0, 1, 2) }),
  fc.record({ do: fc.constant('acknowledge' as const) }),
);
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

function manifest({ name, rerun, targets, more, renamedFrom }: Extract<Edit, { do: 'write' }>): string {
  const command = more.startsWith('commandRef') ? '' : '  command: {type: RunShellScript, content: date}\n';
  const annotations =
    renamedFrom === null ? '' : `, annotations: {groundcrew.dev/renamed-from: ${renamedFrom}}`;
  return `apiVersion: groundcrew.dev/v1
kind: Invocation
metadata: {name: ${name}${annotations}}
spec:
${command}  rerun: "${rerun}"
  targets: ${targets}
  ${more}
`;
}

/** Stories that once told the narrow plan and the whole plan apart. */
const write = (
  file: '1.yaml' | '2.yaml' | '3.yaml',
  name: 'a' | 'b' | 'c',
  rerun: '1' | '2',
  renamedFrom: 'a' | 'c' | null,
): Edit => ({
  do: 'write',
  file,
  name,
  rerun,
  targets: '{selector: {}}',
  more: '',
  renamedFrom,
});
const found: [Edit[][]][] = [
  [
    [
      [{ do: 'enrol', machine: 0 }, write('3.yaml', 'a', '1', null)],
      [write('3.yaml', 'c', '1', 'a')],
      [write('1.yaml', 'b', '2', 'a')],
      [],
    ],
  ],
  [
    [
      [{ do: 'enrol', machine: 0 }, write('1.yaml', 'a', '1', null)],
      [write('1.yaml', 'c', '1', null)],
      [write('2.yaml', 'b', '2', 'a')],
    ],
  ],
  [
    [
      [{ do: 'enrol', machine: 0 }],
      [write('1.yaml', 'c', '1', null)],
      [write('1.yaml', 'a', '1', 'c')],
      [write('1.yaml', 'a', '1', null)],
    ],
  ],
];

test('a plan that looks at suspects only is the plan that looks at everything', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(edit, { maxLength: 3 }), { minLength: 1, maxLength: 12 }),
      async (story) => {
        const store = await memoryStore();
        const ledger = await openLedger(store);
        const followed = follow(ledger, () => {});
        const suspects = followSuspects(ledger);
        const cache = makeParseCache();
        const files = new Map<string, string>();
        const acknowledged = new Set<string>();
        let last: Desired | undefined;
        let fleetVersion = -1;
        let holds: string[] = [];

        for (const [pass, edits] of story.entries()) {
          for (const each of edits) await happen(each);
          const catalog = await readCatalog(
            snapshotOf(
              Object.fromEntries([...files].map(([file, text]) => [`manifests/${file}`, text])),
              `c${pass}`,
            ),
            cache,
          );
          last = desired(catalog, last);
          expect(new Map(last.wanted)).toEqual(new Map(desired({ ...catalog, revision: -1 }).wanted));
          const now = new Date(1_800_000_000_000 + pass * 1000).toISOString();
          const fleetChanged = fleetVersion !== ledger.fleetVersion;
          const known = {
            ...knownOf(ledger, followed, now),
            onlineSince: () => undefined,
            hasCalled: () => false,
            listeningSince: '',
            acknowledged: (hold: string) => acknowledged.has(hold),
            fleetChanged,
          };
          const narrow = suspects.of(catalog, fleetChanged, Date.parse(now));
          const wanted = last;
          const guard = { maxDeletions: 1, maxTargets: 2 };
          const whole = (): Plan => plan(catalog, wanted, known, guard, now);
          const narrowed = (): Plan =>
            plan(catalog, wanted, narrow === undefined ? known : { ...known, suspects: narrow }, guard, now);
          await followed.members.load(whole().membersNeeded);
          expect(said(narrowed())).toEqual(said(whole()));
          const made = narrowed();
          fleetVersion = ledger.fleetVersion;
          holds = made.holds.map(({ id }) => id);
          await apply(made.steps, ledger, now);
          suspects.carriedOut(catalog, made, narrow === undefined, Date.parse(now));
        }
        await store.close();

        async function happen(each: Edit): Promise<void> {
          switch (each.do) {
            case 'write':
              return void files.set(each.file, manifest(each));
            case 'break':
              return void files.set(each.file, 'spec: [');
            case 'remove':
              return void files.delete(each.file);
            case 'command':
              if (each.script === undefined) return void files.delete('cmd.yaml');
              return void files.set(
                'cmd.yaml',
                `apiVersion: groundcrew.dev/v1\nkind: Command\nmetadata: {name: cmd}\nspec: {type: RunShellScript, content: ${each.script}}\n`,
              );
            case 'enrol': {
              const id = `mi-${String(each.machine).repeat(20)}`;
              const facts = { hostname: 'm', os: 'linux', arch: 'x64', agentVersion: '0', bootId: 'b' };
              const rest = { labels: {}, ownLabels: {}, publicKey: id, facts, enrolledAt: '', offers: 0 };
              return ledger.commit([
                { put: 'instance', key: id, value: { id, name: `m${each.machine}`, ...rest } },
              ]);
            }
            case 'end': {
              const [execution] = ledger.liveOn(`mi-${String(each.machine).repeat(20)}`).values();
              if (execution === undefined) return;
              const end = {
                phase: 'Success',
                at: '2026-01-01T00:00:00.000Z',
                exitCode: 0,
                outputBytes: 0,
              } as const;
              const state = transition(execution.state, { event: 'ended', end });
              if (state === undefined) throw new Error('what is live can end');
              return ledger.commit([{ put: 'execution', key: execution.id, value: { ...execution, state } }]);
            }
            case 'acknowledge':
              for (const hold of holds) acknowledged.add(hold);
          }
        }
      },
    ),
    { numRuns: 300, examples: found },
  );
}, 60_000);

/** What a plan says, whatever the order. */
function said({ steps, holds, notes }: Plan): unknown {
  const sorted = (values: readonly unknown[]): string[] =>
    values.map((value) => JSON.stringify(value)).sort();
  return {
    steps: sorted(steps),
    holds: sorted(holds),
    notes: new Map([...notes].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
