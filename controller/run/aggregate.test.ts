import { describe, expect, it } from 'vitest';
import type { Phase, State } from '../../schemas/generated/definitions.ts';
import { schemaDocument } from '../../schemas/validator.ts';
import { type OverallPhase, overallPhase, overallState, type PhaseCounts, stateCounts } from './aggregate.ts';
import { stateOf } from './execution.ts';

const allPhases: readonly Phase[] = [
  'Pending',
  'Scheduled',
  'Running',
  'Stopping',
  'Success',
  'Failed',
  'Timeout',
  'Error',
  'Invalid',
  'Aborted',
  'Unknown',
  'Cancelled',
  'Terminated',
];

/** Every multiset of one to five phases. */
const multisets: Phase[][] = allPhases.flatMap((_, first) => multisetsFrom(first, 5));

describe('executions that add up', () => {
  it('can be in each phase that the schema knows', () => {
    expect(schemaDocument('definitions')).toMatchObject({ $defs: { phase: { enum: allPhases } } });
    expect(multisets).toHaveLength(13 + 91 + 455 + 1820 + 6188);
  });

  it('have a row in the table for each set of states', () => {
    expect(Object.keys(table)).toHaveLength(2 ** 5 - 1);
  });

  it('have the state that the table of the original gives, whichever up to five there are', () => {
    for (const phases of multisets)
      expect([phases, overallState(countsOf(phases))]).toEqual([phases, fromTable(phases)]);
  });

  it('have the phase that the rule gives, whichever up to five there are', () => {
    for (const phases of multisets)
      expect([phases, overallPhase(countsOf(phases))]).toEqual([phases, phaseOracle(phases)]);
  });

  it('are counted by state, all of them, whichever up to five there are', () => {
    for (const phases of multisets) {
      const states = phases.map(stateOf);
      const expected: Record<string, number> = { total: phases.length };
      for (const state of states) expected[state] = states.filter((each) => each === state).length;
      expect(stateCounts(countsOf(phases))).toEqual(expected);
    }
  });

  it('agree in state and phase as long as something is live', () => {
    for (const phases of multisets) {
      const [state, phase] = [overallState(countsOf(phases)), overallPhase(countsOf(phases))];
      expect(phase === 'Stopping').toBe(state === 'Stopping');
      expect(['Running', 'Pending', 'Scheduled'].includes(phase)).toBe(state === 'Running');
    }
  });

  it.each<[PhaseCounts, State, OverallPhase]>([
    [{}, 'Finished', 'Success'],
    [{ Success: 0, Cancelled: 0, Running: 0 }, 'Finished', 'Success'],
    [{ Success: 2 }, 'Finished', 'Success'],
    [{ Success: 1, Failed: 1 }, 'Finished', 'PartialFailed'],
    [{ Failed: 2 }, 'Finished', 'Failed'],
    [{ Failed: 1, Cancelled: 1 }, 'Finished', 'Failed'],
    [{ Success: 9, Cancelled: 1 }, 'Finished', 'Success'],
    [{ Cancelled: 1, Terminated: 1 }, 'Stopped', 'Stopped'],
    [{ Timeout: 1, Error: 1 }, 'Failed', 'Failed'],
    [{ Timeout: 1, Cancelled: 1 }, 'Failed', 'Failed'],
    [{ Timeout: 1, Success: 1, Cancelled: 1 }, 'PartialFailed', 'PartialFailed'],
    [{ Timeout: 1, Failed: 1 }, 'PartialFailed', 'Failed'],
    [{ Pending: 1, Stopping: 1 }, 'Running', 'Pending'],
    [{ Pending: 1, Running: 1, Stopping: 1 }, 'Running', 'Running'],
    [{ Stopping: 1, Timeout: 1, Success: 1 }, 'Stopping', 'Stopping'],
  ])('%o are %s, more finely %s', (phases, state, phase) => {
    expect([overallState(phases), overallPhase(phases)]).toEqual([state, phase]);
  });
});

/**
 * Cloud Assistant's table of overall states, row by row as its overview has it: which states the instances are in, and
 * what they are together. Written by hand; F finished, X failed, S stopped, R running, P stopping.
 */
const table: Record<string, State> = {
  // Priority 1: Running on some or all.
  R: 'Running',
  RP: 'Running',
  RS: 'Running',
  RF: 'Running',
  RX: 'Running',
  RPS: 'Running',
  RPF: 'Running',
  RPX: 'Running',
  RSF: 'Running',
  RSX: 'Running',
  RFX: 'Running',
  RPSF: 'Running',
  RPSX: 'Running',
  RPFX: 'Running',
  RSFX: 'Running',
  RPSFX: 'Running',
  // Priority 2: Stopping on some or all.
  P: 'Stopping',
  PS: 'Stopping',
  PF: 'Stopping',
  PX: 'Stopping',
  PSF: 'Stopping',
  PSX: 'Stopping',
  PFX: 'Stopping',
  PSFX: 'Stopping',
  // Priority 3: Stopped on all.
  S: 'Stopped',
  // Priority 4: Failed on all, or Failed on some and Stopped on the others.
  X: 'Failed',
  SX: 'Failed',
  // Priority 5: Finished on all, or Finished on some and Stopped on the others.
  F: 'Finished',
  SF: 'Finished',
  // Priority 6: Failed on some and Finished on the others; where some are stopped besides, that changes nothing.
  FX: 'PartialFailed',
  SFX: 'PartialFailed',
};
const letters = { Running: 'R', Stopping: 'P', Stopped: 'S', Finished: 'F', Failed: 'X' } as const;

function fromTable(phases: Phase[]): State | undefined {
  const present = new Set(phases.map((phase) => letters[stateOf(phase)]));
  return table[
    ['R', 'P', 'S', 'F', 'X'].filter((letter) => [...present].some((each) => each === letter)).join('')
  ];
}

function phaseOracle(phases: Phase[]): OverallPhase {
  const priorities: OverallPhase[] = ['Running', 'Pending', 'Scheduled', 'Stopping'];
  const live = priorities.find((phase) => phases.some((each) => each === phase));
  if (live !== undefined) return live;
  const stopped = phases.filter((phase) => phase === 'Cancelled' || phase === 'Terminated').length;
  const success = phases.filter((phase) => phase === 'Success').length;
  const failing = phases.length - stopped - success;
  if (stopped === phases.length) return 'Stopped';
  if (failing === 0) return 'Success';
  return success === 0 ? 'Failed' : 'PartialFailed';
}

function multisetsFrom(first: number, size: number): Phase[][] {
  const [phase] = allPhases.slice(first);
  if (phase === undefined || size === 0) return [];
  const more = allPhases.flatMap((_, next) => (next < first ? [] : multisetsFrom(next, size - 1)));
  return [[phase], ...more.map((rest) => [phase, ...rest])];
}

function countsOf(phases: Phase[]): PhaseCounts {
  const counts: Record<string, number> = {};
  for (const phase of phases) counts[phase] = (counts[phase] ?? 0) + 1;
  return counts;
}
