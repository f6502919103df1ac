// What the controller says of itself and of everything it knows: the same documents on the status branch, in the
// API and in `get -o json`.
//
// Pure in what ledger and outcome hold: no clock, keys in a fixed order, lists sorted and bounded. The same state
// makes the same documents.

import type {
  CommandStatus,
  ControllerStatus,
  InstanceStatus,
  InvocationStatus,
} from '../../schemas/generated/status.ts';
import type { ExecutionDocument, State } from '../../schemas/generated/wire.ts';
import { executionParts } from '../../schemas/identity.ts';
import type { Outcome } from '../reconcile/outcome.ts';
import type { Execution } from '../run/execution.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Output } from '../store/port.ts';
import { commandDocument } from './command-document.ts';
import { controllerDocument } from './controller-document.ts';
import { executionDocument } from './execution-document.ts';
import { instanceDocument } from './instance-document.ts';
import { invocationDocument } from './invocation-document.ts';

export interface ExecutionFilter {
  /** Of its run in force; with `run`, of that one. */
  invocation?: string;
  run?: string;
  /** Instance id. */
  instance?: string;
  state?: State;
  /** Only ids after this one. */
  after?: string;
  /** At most so many, 1,000 if it is not given. */
  limit?: number;
}

export interface Documents {
  invocationDocument(name: string): Promise<InvocationStatus | undefined>;
  commandDocument(name: string): CommandStatus | undefined;
  instanceDocument(id: string): InstanceStatus | undefined;
  controllerDocument(): ControllerStatus;
  executionDocument(execution: Execution, output?: Output): ExecutionDocument;
  /** By name, as all lists here. */
  invocations(): Promise<InvocationStatus[]>;
  commands(): CommandStatus[];
  /** By name; with `online` if documentsOf was given it. */
  instances(): InstanceStatus[];
  /** By id; ended ones are read from the store, by run. */
  executions(filter: ExecutionFilter): Promise<ExecutionDocument[]>;
}

/** The documents of this ledger and of what the last pass left. `online` says which instances have called of late. */
export function documentsOf(
  ledger: Ledger,
  outcome: () => Outcome,
  online?: (instance: string) => boolean,
): Documents {
  const invocation = (name: string): Promise<InvocationStatus | undefined> =>
    invocationDocument(ledger, name, outcome().invocationConditions.get(name) ?? []);
  return {
    invocationDocument: invocation,
    commandDocument(name) {
      const record = ledger.commands.get(name);
      return record && commandDocument(record);
    },
    instanceDocument(id) {
      const instance = ledger.instances.get(id);
      return instance && instanceDocument(instance, online?.(id));
    },
    controllerDocument: () => controllerDocument(ledger.epoch, outcome()),
    executionDocument: (execution, output) => executionDocument(ledger, execution, output),
    async invocations() {
      const names = new Set([...ledger.invocations.keys(), ...outcome().invocationConditions.keys()]);
      const documents: InvocationStatus[] = [];
      for (const name of [...names].sort()) {
        const document = await invocation(name);
        if (document !== undefined) documents.push(document);
      }
      return documents;
    },
    commands: () => byName([...ledger.commands.values()].map(commandDocument)),
    instances: () =>
      byName([...ledger.instances.values()].map((one) => instanceDocument(one, online?.(one.id)))),
    executions: (filter) => executions(ledger, filter),
  };
}

async function executions(ledger: Ledger, filter: ExecutionFilter): Promise<ExecutionDocument[]> {
  const run = filter.run ?? (filter.invocation && ledger.invocations.get(filter.invocation)?.run);
  if (filter.invocation !== undefined && run === undefined) return [];
  const found: ExecutionDocument[] = [];
  const range = {
    ...(run !== undefined && { prefix: `${run}.` }),
    ...(filter.after !== undefined && { after: filter.after }),
  };
  for await (const [id, stored] of ledger.store.list('execution', range)) {
    if (filter.instance !== undefined && executionParts(id)?.instance !== filter.instance) continue;
    const document = executionDocument(ledger, ledger.live(id) ?? stored);
    if (filter.state !== undefined && document.status.state !== filter.state) continue;
    found.push(document);
    if (found.length >= (filter.limit ?? 1000)) break;
  }
  return found;
}

function byName<T extends { metadata: { name: string } }>(documents: T[]): T[] {
  return documents.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}
