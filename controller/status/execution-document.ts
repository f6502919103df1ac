import type { ExecutionDocument } from '../../schemas/generated/wire.ts';
import { type Execution, type ExecutionState, phaseOf, stateOf } from '../run/execution.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Output } from '../store/port.ts';

/** With `output` it also says how many bytes of it were not kept. */
export function executionDocument(ledger: Ledger, execution: Execution, output?: Output): ExecutionDocument {
  const { id, run, occurrence, instance, state } = execution;
  const phase = phaseOf(state);
  return {
    apiVersion: 'groundcrew.dev/v1',
    kind: 'Execution',
    metadata: { name: id },
    status: {
      invocation: ledger.runs.get(run)?.invocation ?? '',
      run,
      occurrence,
      instance,
      instanceName: ledger.instances.get(instance)?.name ?? instance,
      state: stateOf(phase),
      phase,
      ...endOf(state),
      ...(output !== undefined && { outputBytes: output.bytes, droppedBytes: dropped(output) }),
    },
  };
}

function endOf(state: ExecutionState): Partial<ExecutionDocument['status']> {
  switch (state.is) {
    case 'scheduled':
    case 'waiting':
    case 'offered':
    case 'received':
      return {};
    case 'running':
    case 'stopping':
      return state.startedAt === undefined ? {} : { startedAt: state.startedAt };
    case 'ended': {
      const { exitCode, errorCode, message, startedAt, at, outputBytes } = state.end;
      return {
        ...(exitCode !== undefined && { exitCode }),
        ...(errorCode !== undefined && { errorCode }),
        ...(message !== undefined && { message }),
        ...(startedAt !== undefined && { startedAt }),
        endedAt: at,
        outputBytes,
      };
    }
  }
}

/** Bytes that are neither in the head nor in the tail. */
function dropped({ head, tail, tailOffset, bytes }: Output): number {
  const headBytes = Buffer.byteLength(head, 'base64');
  const tailBytes = Buffer.byteLength(tail, 'base64');
  return (
    Math.max(0, bytes - Math.max(headBytes, tail === '' ? 0 : tailOffset + tailBytes)) +
    (tail === '' ? 0 : Math.max(0, tailOffset - headBytes))
  );
}
