// What the edge calls. It decides nothing: each route is one call of these.
import type {
  CommandStatus,
  ControllerStatus,
  InstanceStatus,
  InvocationStatus,
} from '../../schemas/generated/status.ts';
import type {
  AckRequest,
  CommandHistory,
  ExecutionDocument,
  ReconcileAnswer,
} from '../../schemas/generated/wire.ts';
import type { Dispatch } from '../dispatch/dispatch.ts';
import type { Tokens } from '../dispatch/tokens.ts';
import type { ExecutionFilter } from '../results/find-executions.ts';

export interface Services {
  dispatch: Dispatch;
  tokens: Tokens;
  documents: Documents;
  /** The id of the instance with this id or name. */
  instanceId(idOrName: string): string | undefined;
  /** Whether a list of executions may go on after this. */
  isPlace(after: string): boolean;
  /** Which contents a Command has had; undefined if nothing is known of it. */
  commandHistory(name: string): Promise<CommandHistory | undefined>;
  /** The script with this digest; undefined if it is not kept. */
  script(digest: string): Promise<string | undefined>;
  /** Fetches and makes a pass now; resolves when it is over. */
  reconcile(): Promise<ReconcileAnswer>;
  /** Releases a hold; false if there is none with this id. `by` is who asks. */
  ack(request: AckRequest, by: string): Promise<boolean>;
  /** Whether the store is open and a first pass is over. */
  isReady(): boolean;
  /** The metrics in Prometheus' text format, with their media type. */
  metrics(): Promise<{ text: string; contentType: string }>;
}

/** The documents that people see. Lists come in pages. */
export interface Documents {
  commands(page: PageWanted): Later<Page<CommandStatus>>;
  invocations(page: PageWanted): Later<Page<InvocationStatus>>;
  instances(page: PageWanted): Later<Page<InstanceStatus>>;
  executions(filter: ExecutionFilter): Later<Page<ExecutionDocument>>;
  execution(id: string): Later<ExecutionDocument | undefined>;
  controllerDocument(): Later<ControllerStatus>;
  commandDocument(name: string): Later<CommandStatus | undefined>;
  invocationDocument(name: string): Later<InvocationStatus | undefined>;
  instanceDocument(id: string): Later<InstanceStatus | undefined>;
}

export interface PageWanted {
  /** `continue` of the page before. */
  after?: string;
  /** At most so many. */
  limit?: number;
}

export interface Page<T> {
  items: readonly T[];
  /** Where the next page goes on; absent at the end. */
  continue?: string;
}

export type Later<T> = T | Promise<T>;
