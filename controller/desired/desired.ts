import { canonicalJson, sha256 } from '../../schemas/digest.ts';
import type { Catalog, CatalogInvocation, CommandSpec } from '../manifest/catalog.ts';
import { ShardedMap } from '../manifest/sharded-map.ts';
import type { PinnedCommand } from '../run/run.ts';
import { effectiveParameters, identify, type RunIdentity } from './identify.ts';

/** The run that an Invocation asks for, with the Command as it is now. */
export interface Wanted extends RunIdentity {
  invocation: CatalogInvocation;
  command: PinnedCommand;
  script: string;
  parameters: Readonly<Record<string, string>>;
  timeoutSeconds: number;
  /** Digest of the targets as they are written. */
  targetsDigest: string;
}

/** What the Invocations of one catalog ask for, by name. */
export interface Desired {
  /** Of the catalog. */
  revision: number;
  wanted: ShardedMap<Wanted>;
}

/** What each Invocation of the catalog asks for. With the last answer, only what changed since is worked out. */
export function desired(catalog: Catalog, last?: Desired): Desired {
  const { changesFrom, invocations, revision } = catalog;
  if (last?.revision === revision) return last;
  const from = last !== undefined && changesFrom?.revision === last.revision ? last.wanted : undefined;
  const names =
    from === undefined || changesFrom === undefined ? invocations.keys() : changesFrom.invocations;
  const changes = new Map<string, Wanted | undefined>();
  for (const name of names) changes.set(name, wantedOf(invocations.get(name), catalog));
  return { revision, wanted: (from ?? new ShardedMap()).with(changes) };
}

function wantedOf(invocation: CatalogInvocation | undefined, catalog: Catalog): Wanted | undefined {
  const command = invocation === undefined ? undefined : commandOf(invocation, catalog);
  if (invocation === undefined || command === undefined) return undefined;
  const { instances, selector, lateJoiners } = invocation.targets;
  return {
    ...identify(invocation),
    invocation,
    command: {
      ...('ref' in invocation.command && { name: invocation.command.ref }),
      type: command.type,
      scriptDigest: command.scriptDigest,
    },
    script: command.script,
    parameters: effectiveParameters(invocation, command.parameters),
    timeoutSeconds: invocation.timeoutSeconds ?? command.timeoutSeconds,
    targetsDigest: sha256(
      canonicalJson({
        instances: instances === undefined ? undefined : [...instances].sort(),
        selector: selector === undefined ? undefined : JSON.parse(JSON.stringify(selector)),
        lateJoiners,
      }),
    ).slice(0, 16),
  };
}

/** A catalog has no Invocation whose Command it does not have. */
function commandOf({ command }: CatalogInvocation, catalog: Catalog): CommandSpec | undefined {
  return 'inline' in command ? command.inline : catalog.commands.get(command.ref)?.spec;
}
