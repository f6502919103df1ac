import type {
  Catalog,
  CatalogCommand,
  CatalogInvocation,
  CommandSpec,
} from '../../controller/manifest/catalog.ts';
import { sha256 } from '../../schemas/digest.ts';

/** A shell Command of a catalog, as its manifest would read. */
export function command(name: string, script = 'date', path = `${name}.yaml`): CatalogCommand {
  return { kind: 'Command', name, place: place(path), labels: {}, annotations: {}, spec: shell(script) };
}

/** What a shell script's spec is when it says nothing else. */
export function shell(script: string): CommandSpec {
  return { type: 'RunShellScript', script, scriptDigest: sha256(script), parameters: [], timeoutSeconds: 60 };
}

/** An Invocation of Command `greet` on every instance, but for what `changes` says. */
export function invocation(
  name: string,
  changes: Partial<Omit<CatalogInvocation, 'parameters' | 'place'>> & {
    path?: string;
    parameters?: Record<string, string>;
  } = {},
): CatalogInvocation {
  const { path = `${name}.yaml`, parameters = {}, ...rest } = changes;
  return {
    kind: 'Invocation',
    name,
    place: place(path),
    labels: {},
    annotations: {},
    does: { ref: 'greet', place: place(path) },
    targets: { selector: {}, lateJoiners: 'Ignore' },
    terminationMode: 'ProcessTree',
    repeat: { mode: 'Once' },
    deliverySeconds: 3600,
    stop: false,
    deletionPolicy: 'Finish',
    ...rest,
    parameters: new Map(
      Object.entries(parameters).map(([key, value]) => [key, { value, place: place(path) }]),
    ),
  };
}

/** A catalog of these objects. `unreadable` are files that cannot be read, `broken` Invocations that cannot be used. */
export function catalog(
  objects: readonly (CatalogCommand | CatalogInvocation)[],
  {
    commit = 'c1',
    unreadable = [],
    broken = [],
  }: { commit?: string; unreadable?: string[]; broken?: string[] } = {},
): Catalog {
  const commands = objects.filter((object) => object.kind === 'Command');
  const invocations = objects.filter((object) => object.kind === 'Invocation');
  return {
    commit,
    revision: ++revisions,
    commands: new Map(commands.map((object) => [object.name, object])),
    invocations: new Map(invocations.map((object) => [object.name, object])),
    problems: [],
    broken: { commands: new Set(), invocations: new Set(broken) },
    unreadable: new Set(unreadable),
    paths: new Set([...unreadable, ...objects.map(({ place }) => place.file)]),
  };
}

let revisions = 0;

function place(file: string): { file: string; line: number; column: number } {
  return { file, line: 1, column: 1 };
}
