// What the edge calls. It decides nothing: each route is one call of these.
import type { State } from '../../schemas/generated/definitions.ts';
import type {
  CommandStatus,
  ControllerStatus,
  InstanceStatus,
  InvocationStatus,
} from '../../schemas/generated/status.ts';
import type { AckRequest, ExecutionDocument, ReconcileAnswer } from '../../schemas/generated/wire.ts';
import type { Dispatch } from '../dispatch/dispatch.ts';
import type { Tokens } from '../dispatch/tokens.ts';

export interface Services {
  dispatch: Dispatch;
  tokens: Tokens;
  documents: Documents;
  /** The id of the instance with this id or name. */
  instanceId(idOrName: string): string | undefined;
  /** Fetches and makes a pass now; resolves when it is over. */
  reconcile(): Promise<ReconcileAnswer>;
  /** Releases a hold; false if there is none with this id. `by` is who asks. */
  ack(request: AckRequest, by: string): Promise<boolean>;
  /** Whether the store is open and a first pass is over. */
  isReady(): boolean;
  /** The metrics in Prometheus' text format, with their media type. */
  metrics(): Promise<{ text: string; contentType: string }>;
}

/** The documents that people see. Lists are by name. */
export interface Documents {
  commands(): Later<readonly CommandStatus[]>;
  invocations(): Later<readonly InvocationStatus[]>;
  instances(): Later<readonly InstanceStatus[]>;
  /** By id. */
  executions(filter: ExecutionFilter): Later<readonly ExecutionDocument[]>;
  controllerDocument(): Later<ControllerStatus>;
  commandDocument(name: string): Later<CommandStatus | undefined>;
  invocationDocument(name: string): Later<InvocationStatus | undefined>;
  instanceDocument(id: string): Later<InstanceStatus | undefined>;
}

/** Each narrows. */
export interface ExecutionFilter {
  /** Of its run in force. */
  invocation?: string;
  /** Instance id. */
  instance?: string;
  state?: ExecutionState;
  /** Only ids after this one. */
  after?: string;
  /** At most so many. */
  limit?: number;
}

/** The states that one execution can have. */
export const executionStates = [
  'Running',
  'Stopping',
  'Stopped',
  'Failed',
  'Finished',
] as const satisfies readonly State[];
export type ExecutionState = (typeof executionStates)[number];

export type Later<T> = T | Promise<T>;
