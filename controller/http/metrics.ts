// What Prometheus reads. Names by its conventions: base units, `_total` for what only counts up.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { finalPhases } from '../run/execution.ts';
import type { Ledger } from '../store/ledger.ts';

/** What is read when somebody asks. */
export interface Gauges {
  parkedPolls(): number;
  sessions(): number;
  instances(): number;
  problems(): number;
  holds(): number;
}

export interface Metrics {
  passEnded(result: 'changed' | 'unchanged' | 'failed', seconds: number): void;
  offered(executions: number): void;
  reported(messages: number): void;
  lookedAtGit(result: 'at' | 'missing' | 'unreachable'): void;
  statusFlushed(result: 'committed' | 'unchanged' | 'failed'): void;
  /** Counts the commits and the ends of executions from now on. Returns how to stop that. */
  follow(ledger: Ledger): () => void;
  /** The text that Prometheus reads, with its media type. */
  text(): Promise<{ text: string; contentType: string }>;
}

export function openMetrics(gauges: Gauges): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Counter({ name: `groundcrew_${name}_total`, help, labelNames, registers });

  const passes = counter('passes', 'Passes of the reconcile loop.', ['result']);
  const passSeconds = new Histogram({
    name: 'groundcrew_pass_duration_seconds',
    help: 'How long a pass took.',
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers,
  });
  const executions = counter('executions_ended', 'Executions that ended, by final phase.', ['phase']);
  const offers = counter('offers', 'Executions that were offered to an instance.');
  const reports = counter('reports', 'Reports that were taken from agents.');
  const messages = counter('report_messages', 'Messages in the reports of agents.');
  const looks = counter('source_looks', 'Looks at the branch of the source.', ['result']);
  const flushes = counter('status_flushes', 'Flushes of the status branch.', ['result']);
  const commits = counter('store_commits', 'Commits to the store.');
  const changes = counter('store_changes', 'Rows that were put or deleted in the store.');
  const gauge = (name: string, help: string, read: () => number) => ({
    name: `groundcrew_${name}`,
    help,
    registers: [],
    collect(this: Gauge) {
      this.set(read());
    },
  });
  for (const each of [
    gauge('parked_polls', 'Polls that wait for an order.', gauges.parkedPolls),
    gauge('sessions', 'Instances with a session.', gauges.sessions),
    gauge('instances', 'Instances that are enrolled.', gauges.instances),
    gauge('problems', 'Problems of the newest snapshot.', gauges.problems),
    gauge('holds', 'Changes that wait for a person.', gauges.holds),
  ]) {
    registry.registerMetric(new Gauge(each));
  }
  for (const phase of finalPhases) executions.inc({ phase }, 0);

  return {
    passEnded(result, seconds) {
      passes.inc({ result });
      passSeconds.observe(seconds);
    },
    offered: (count) => offers.inc(count),
    reported(count) {
      reports.inc();
      messages.inc(count);
    },
    lookedAtGit: (result) => looks.inc({ result }),
    statusFlushed: (result) => flushes.inc({ result }),
    follow: (ledger) =>
      ledger.onChange((made) => {
        commits.inc();
        changes.inc(made.length);
        for (const change of made) {
          if (!('put' in change) || change.put !== 'execution') continue;
          const { state } = change.value;
          if (state.is === 'ended') executions.inc({ phase: state.end.phase });
        }
      }),
    text: async () => ({ text: await registry.metrics(), contentType: registry.contentType }),
  };
}
