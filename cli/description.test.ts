import { expect, test } from 'vitest';
import type { InvocationStatus } from '../schemas/generated/status.ts';
import { description } from './description.ts';

const at = '2026-12-01T08:00:00.000Z';

const failing: InvocationStatus = {
  apiVersion: 'groundcrew.dev/v1',
  kind: 'InvocationStatus',
  metadata: { name: 'restart', labels: { team: 'shop' } },
  status: {
    state: 'Finished',
    phase: 'Failed',
    conditions: [
      { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'runs on 2 instances', since: at },
    ],
    counts: { total: 2, Finished: 2 },
    run: {
      id: 'r-1',
      digest: 'd',
      digestWithoutName: 'd',
      acceptedAt: at,
      source: { commit: 'c'.repeat(40), path: 'manifests/restart.yaml', line: 4 },
      command: { type: 'RunShellScript', contentDigest: 'e' },
      phases: { Success: 1, Failed: 1 },
    },
    instances: [
      {
        instance: 'mi-1',
        name: 'web-1',
        state: 'Finished',
        phase: 'Failed',
        exitCode: 3,
        startedAt: at,
        endedAt: '2026-12-01T08:00:01.500Z',
        outputTail: 'no such\u001b[2J unit\nbye\n',
      },
      { instance: 'mi-2', name: 'web-2', state: 'Finished', phase: 'Success', exitCode: 0 },
    ],
    pastRuns: [{ id: 'r-0', digest: 'x', acceptedAt: at, state: 'Finished', phases: { Success: 2 } }],
  },
};

test('an invocation is told with its run, its instances and the end of what failed', () => {
  expect(description(failing, [])).toBe(`Invocation:   restart
Labels:       team=shop
State:        Finished
Phase:        Failed
Instances:    2: 2 Finished
Run:          r-1
Executions:   1 Success, 1 Failed
Accepted:     2026-12-01T08:00:00.000Z
From:         manifests/restart.yaml:4 at cccccccccccc
Command:      (inline), RunShellScript
Content:      e

Conditions
  Accepted (Accepted) since 2026-12-01T08:00:00.000Z: runs on 2 instances

Instances
  NAME   ID    STATE     PHASE    EXIT  ERROR  TOOK
  web-1  mi-1  Finished  Failed   3     -      1.5s
  web-2  mi-2  Finished  Success  0     -      -

Last output of web-1
  no such unit
  bye

Earlier runs
  RUN  STATE     EXECUTIONS  ACCEPTED
  r-0  Finished  2 Success   2026-12-01T08:00:00.000Z
`);
});

test('problems of its file are told with place and hint', () => {
  const problem = {
    code: 'UnknownField',
    severity: 'error' as const,
    message: 'spec has no field timout',
    hint: 'Did you mean "timeout"?',
    file: 'manifests/restart.yaml',
    line: 9,
    column: 3,
  };
  expect(description(failing, [problem])).toContain(
    '\nProblems of its file\n  manifests/restart.yaml:9:3 error UnknownField: spec has no field timout\n    Did you mean "timeout"?\n',
  );
});

test('what was never accepted is told too', () => {
  const { apiVersion, kind, metadata } = failing;
  const document: InvocationStatus = {
    apiVersion,
    kind,
    metadata,
    status: { conditions: [], counts: { total: 0 }, instances: [] },
  };
  expect(description(document, [])).toContain('State:        nothing was accepted yet\n');
});

test('a schedule is told with its next tick, and each occurrence with what became of it', () => {
  const { run, ...status } = failing.status;
  if (run === undefined) throw new Error('it has a run');
  const scheduled: InvocationStatus = {
    ...failing,
    status: {
      ...status,
      instances: [],
      next: '2026-12-01T08:20:00.000Z',
      run: { ...run, repeatMode: 'Period', frequency: '0 */10 * * * ?' },
      occurrences: [
        {
          occurrence: '20261201T081000Z',
          at: '2026-12-01T08:10:00.000Z',
          state: 'Finished',
          phases: { Success: 2 },
          contentDigest: 'e'.repeat(64),
        },
        {
          occurrence: '20261201T074000Z',
          at: '2026-12-01T07:40:00.000Z',
          missed: { reason: 'a later tick had come', ticks: 3, through: '2026-12-01T08:00:00.000Z' },
        },
      ],
    },
  };
  const text = description(scheduled, []);
  expect(text).toContain(
    'Repeats:      Period\nSchedule:     0 */10 * * * ?\nNext:         2026-12-01T08:20:00.000Z\n',
  );
  expect(text).toContain(`Occurrences
  OCCURRENCE        STATE     EXECUTIONS                        CONTENT
  20261201T081000Z  Finished  2 Success                         eeeeeeeeeeee
  20261201T074000Z  missed    3 until 2026-12-01T08:00:00.000Z  a later tick had come
`);
});
