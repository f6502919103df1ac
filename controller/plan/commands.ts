import type { CatalogCommand } from '../manifest/catalog.ts';
import type { CommandRecord } from '../run/run.ts';
import { frozen } from './frozen.ts';
import type { Planning } from './planning.ts';

/** Commands are recorded as they are; recording one runs nothing. */
export function planCommands({ catalog, known, plan }: Planning): void {
  for (const name of known.suspects?.commands ?? catalog.commands.keys()) {
    const command = catalog.commands.get(name);
    const record = known.commands.get(name);
    if (command === undefined) continue;
    if (record === undefined || !saysTheSame(record, command)) {
      plan.steps.push({
        do: 'recordCommand',
        record: recordOf(command, catalog.commit),
        script: command.spec.script,
        ...(command.spec.large !== undefined && { content: command.spec.large }),
      });
    }
  }
  for (const name of known.suspects?.commands ?? known.commands.keys()) {
    const record = known.commands.get(name);
    if (record === undefined || catalog.commands.has(name) || catalog.broken.commands.has(name)) continue;
    if (!frozen(record.path, catalog)) plan.steps.push({ do: 'forgetCommand', name });
  }
}

function recordOf({ name, place, spec }: CatalogCommand, commit: string): CommandRecord {
  return {
    name,
    path: place.file,
    line: place.line,
    commit,
    type: spec.type,
    scriptDigest: spec.scriptDigest,
    ...(spec.large !== undefined && { blob: spec.large.blob }),
    ...(spec.description !== undefined && { description: spec.description }),
    parameters: spec.parameters,
    timeoutSeconds: spec.timeoutSeconds,
    ...(spec.workingDir !== undefined && { workingDir: spec.workingDir }),
    ...(spec.username !== undefined && { username: spec.username }),
    ...(spec.launcher !== undefined && { launcher: spec.launcher }),
  };
}

/** Field by field, cheapest first. */
function saysTheSame(record: CommandRecord, { place, spec }: CatalogCommand): boolean {
  return (
    record.scriptDigest === spec.scriptDigest &&
    record.blob?.size === spec.large?.blob.size &&
    record.path === place.file &&
    record.line === place.line &&
    record.type === spec.type &&
    record.timeoutSeconds === spec.timeoutSeconds &&
    record.description === spec.description &&
    record.workingDir === spec.workingDir &&
    record.username === spec.username &&
    record.launcher === spec.launcher &&
    sameParameters(record.parameters, spec.parameters)
  );
}

function sameParameters(a: CommandRecord['parameters'], b: CommandRecord['parameters']): boolean {
  return a === b || (a.length === b.length && (a.length === 0 || JSON.stringify(a) === JSON.stringify(b)));
}
