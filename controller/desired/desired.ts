import { canonicalJson, sha256 } from '../../schemas/digest.ts';
import {
  type Catalog,
  type CatalogInvocation,
  type CommandSpec,
  type Content,
  usualTimeoutSeconds,
} from '../manifest/catalog.ts';
import { ShardedMap } from '../manifest/sharded-map.ts';
import type { Work } from '../run/run.ts';
import { effectiveParameters, identify, type RunIdentity } from './identify.ts';

/** The run that an Invocation asks for, with the Command as it is now. */
export interface Wanted extends RunIdentity {
  invocation: CatalogInvocation;
  /** What would execute now. */
  work: Work;
  /** The script's text, if it runs one that is not large. */
  script?: string;
  /** The file that it sends, or the large script that it runs. */
  content?: Content;
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
  const does = invocation === undefined ? undefined : whatItDoes(invocation, catalog);
  if (invocation === undefined || does === undefined) return undefined;
  const { instances, selector, lateJoiners } = invocation.targets;
  return {
    ...identify(invocation),
    invocation,
    ...does,
    targetsDigest: sha256(
      canonicalJson({
        instances: instances === undefined ? undefined : [...instances].sort(),
        selector: selector === undefined ? undefined : JSON.parse(JSON.stringify(selector)),
        lateJoiners,
      }),
    ).slice(0, 16),
  };
}

/** Undefined for a Command that the catalog does not have, which no Invocation of it refers to. */
function whatItDoes(
  invocation: CatalogInvocation,
  catalog: Catalog,
): Pick<Wanted, 'work' | 'script' | 'content'> | undefined {
  const { does } = invocation;
  if ('send' in does) {
    const timeoutSeconds = invocation.timeoutSeconds ?? usualTimeoutSeconds;
    return { work: { does: 'send', file: does.send, timeoutSeconds }, content: does.content };
  }
  const command = 'inline' in does ? does.inline : catalog.commands.get(does.ref)?.spec;
  if (command === undefined) return undefined;
  const name = 'ref' in does ? does.ref : does.isKept ? invocation.name : undefined;
  const work = scriptWork(invocation, command, name);
  return command.large === undefined ? { work, script: command.script } : { work, content: command.large };
}

/** What the Invocation says wins over what the Command says. */
function scriptWork(invocation: CatalogInvocation, command: CommandSpec, name: string | undefined): Work {
  const workingDir = invocation.workingDir ?? command.workingDir;
  const username = invocation.username ?? command.username;
  const launcher = invocation.launcher ?? command.launcher;
  return {
    does: 'run',
    command: {
      ...(name !== undefined && { name }),
      type: command.type,
      scriptDigest: command.scriptDigest,
      ...(command.large !== undefined && { blob: command.large.blob }),
    },
    parameters: effectiveParameters(invocation, command.parameters),
    timeoutSeconds: invocation.timeoutSeconds ?? command.timeoutSeconds,
    terminationMode: invocation.terminationMode,
    ...(workingDir !== undefined && { workingDir }),
    ...(username !== undefined && { username }),
    ...(launcher !== undefined && { launcher }),
  };
}
