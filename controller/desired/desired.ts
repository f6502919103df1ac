import { canonicalJson, sha256 } from '../../schemas/digest.ts';
import type { Catalog, CatalogInvocation, CommandSpec } from '../manifest/catalog.ts';
import type { PinnedCommand } from '../run/run.ts';
import { effectiveParameters, identify, type RunIdentity } from './identify.ts';

/** The run that an Invocation asks for, with the Command as it is now. */
export interface Wanted extends RunIdentity {
  invocation: CatalogInvocation;
  command: PinnedCommand;
  /** Text of the script; absent where the Command comes from the record of an earlier commit, which has it. */
  script?: string;
  parameters: Readonly<Record<string, string>>;
  timeoutSeconds: number;
  /** Digest of the targets as they are written. */
  targetsDigest: string;
}

/** A Command as far as running it needs it: from the catalog, or the record of the last accepted version. */
export type UsableCommand = Pick<CommandSpec, 'type' | 'scriptDigest' | 'parameters' | 'timeoutSeconds'> & {
  script?: string;
};

export interface Desired {
  wanted: ReadonlyMap<string, Wanted>;
  /** Invocations whose Command is nowhere, with its name. */
  commandMissing: ReadonlyMap<string, string>;
}

/** Keeps what was worked out for an entry: entries that did not change are the same objects. */
export type DesiredMemory = WeakMap<CatalogInvocation, { command: object; wanted: Wanted }>;

/**
 * What each Invocation of the catalog asks for. `accepted` has the last accepted version of Commands, used where
 * the catalog's is broken.
 */
export function desired(
  catalog: Catalog,
  accepted: ReadonlyMap<string, UsableCommand>,
  memory: DesiredMemory,
): Desired {
  const wanted = new Map<string, Wanted>();
  const commandMissing = new Map<string, string>();
  for (const [name, invocation] of catalog.invocations) {
    const command = commandOf(invocation, catalog, accepted);
    if ('missing' in command) commandMissing.set(name, command.missing);
    else wanted.set(name, remembered(invocation, command, memory));
  }
  return { wanted, commandMissing };
}

function remembered(invocation: CatalogInvocation, command: UsableCommand, memory: DesiredMemory): Wanted {
  const known = memory.get(invocation);
  if (known?.command === command) return known.wanted;
  const wanted = want(invocation, command);
  memory.set(invocation, { command, wanted });
  return wanted;
}

function want(invocation: CatalogInvocation, command: UsableCommand): Wanted {
  const { instances, selector, lateJoiners } = invocation.targets;
  return {
    ...identify(invocation),
    invocation,
    command: {
      ...('ref' in invocation.command && { name: invocation.command.ref }),
      type: command.type,
      scriptDigest: command.scriptDigest,
    },
    ...(command.script !== undefined && { script: command.script }),
    parameters: effectiveParameters(invocation, command.parameters),
    timeoutSeconds: invocation.timeoutSeconds ?? command.timeoutSeconds,
    targetsDigest: sha256(
      canonicalJson({
        instances: instances === undefined ? undefined : [...instances].sort(),
        selector: selector === undefined ? undefined : JSON.parse(JSON.stringify(selector)),
        lateJoiners,
      }),
    ),
  };
}

function commandOf(
  { command }: CatalogInvocation,
  catalog: Catalog,
  accepted: ReadonlyMap<string, UsableCommand>,
): UsableCommand | { missing: string } {
  if ('inline' in command) return command.inline;
  const current = catalog.commands.get(command.ref)?.spec;
  if (current !== undefined) return current;
  const last = catalog.broken.commands.has(command.ref) ? accepted.get(command.ref) : undefined;
  return last ?? { missing: command.ref };
}
