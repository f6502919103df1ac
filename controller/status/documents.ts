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
import type { ExecutionDocument } from '../../schemas/generated/wire.ts';
import type { Outcome } from '../reconcile/outcome.ts';
import { type ExecutionFilter, findExecutions } from '../results/find-executions.ts';
import type { Execution } from '../run/execution.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Output } from '../store/port.ts';
import { commandDocument } from './command-document.ts';
import { controllerDocument } from './controller-document.ts';
import { executionDocument } from './execution-document.ts';
import { instanceDocument } from './instance-document.ts';
import { invocationDocument } from './invocation-document.ts';

/** No setting keeps fewer bytes of an output. */
const leastKept = 2048;

/** One page of a list, in the order of names. */
export interface PageWanted {
  /** `continue` of the page before. */
  after?: string;
  /** At most so many, 1,000 if it is not given. */
  limit?: number;
}

export interface Page<T> {
  items: T[];
  /** Where the next page goes on; absent at the end. */
  continue?: string;
}

export interface Documents {
  invocationDocument(name: string): Promise<InvocationStatus | undefined>;
  commandDocument(name: string): CommandStatus | undefined;
  instanceDocument(id: string): InstanceStatus | undefined;
  controllerDocument(): ControllerStatus;
  executionDocument(execution: Execution, output?: Output): ExecutionDocument;
  /** By name. */
  invocations(page: PageWanted): Promise<Page<InvocationStatus>>;
  /** By name. */
  commands(page: PageWanted): Page<CommandStatus>;
  /** By id; with `online` if documentsOf was given it. */
  instances(page: PageWanted): Page<InstanceStatus>;
  /** In the order of find-executions.ts. */
  executions(filter: ExecutionFilter): Promise<Page<ExecutionDocument>>;
  /** With this id. */
  execution(id: string): Promise<ExecutionDocument | undefined>;
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
    async invocations(wanted) {
      const names = new Set([...ledger.invocations.keys(), ...outcome().invocationConditions.keys()]);
      const { items, ...rest } = page(names, wanted);
      const documents: InvocationStatus[] = [];
      for (const name of items) {
        const document = await invocation(name);
        if (document !== undefined) documents.push(document);
      }
      return { items: documents, ...rest };
    },
    commands: (wanted) => mapped(page(ledger.commands.keys(), wanted), ledger.commands, commandDocument),
    instances: (wanted) =>
      mapped(page(ledger.instances.keys(), wanted), ledger.instances, (one) =>
        instanceDocument(one, online?.(one.id)),
      ),
    executions: (filter) => executions(ledger, filter),
    async execution(id) {
      const found = ledger.live(id) ?? (await ledger.store.get('execution', id));
      return found && withOutput(ledger, found);
    },
  };
}

/** The keys of one page, in their order. */
function page(keys: Iterable<string>, { after, limit = 1000 }: PageWanted): Page<string> {
  const left = after === undefined ? [...keys] : [...keys].filter((key) => key > after);
  const items = left.sort().slice(0, limit);
  const last = items.at(-1);
  return { items, ...(last !== undefined && left.length > limit && { continue: last }) };
}

function mapped<V, T>(
  { items, ...rest }: Page<string>,
  values: ReadonlyMap<string, V>,
  document: (value: V) => T,
): Page<T> {
  const found = items.flatMap((key) => values.get(key) ?? []);
  return { items: found.map(document), ...rest };
}

async function executions(ledger: Ledger, filter: ExecutionFilter): Promise<Page<ExecutionDocument>> {
  const { executions: found, next } = await findExecutions(ledger, filter);
  const items = await Promise.all(found.map((execution) => withOutput(ledger, execution)));
  return { items, ...(next !== undefined && { continue: next }) };
}

/** Its output is read only where it may be that not all of it was kept: rows of output are large. */
async function withOutput(ledger: Ledger, execution: Execution): Promise<ExecutionDocument> {
  const { id, state } = execution;
  const isLong = state.is === 'ended' && state.end.outputBytes > leastKept;
  return executionDocument(ledger, execution, isLong ? await ledger.store.get('output', id) : undefined);
}
