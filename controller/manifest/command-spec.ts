import { isUtf8 } from 'node:buffer';
import { sha256 } from '../../schemas/digest.ts';
import { durationSeconds } from '../../schemas/duration.ts';
import type { CommandSpec as Written } from '../../schemas/generated/command.ts';
import { type Place, type Problem, problem } from '../../schemas/problem.ts';
import { fieldPath, shown } from '../../schemas/schema-findings.ts';
import type { Locate } from '../../schemas/schema-problems.ts';
import { base64Bytes } from './base64.ts';
import { type CommandSpec, usualTimeoutSeconds } from './catalog.ts';
import { launcherFault } from './launcher-fault.ts';
import type { CommandLimits } from './limits.ts';
import { longText } from './long-text.ts';
import { parameterDefinitions } from './parameter-definitions.ts';
import type { ParsedSpec } from './parsed.ts';
import { checkScript } from './script.ts';

/** Asks a document where things stand; `inside` finds a piece of text in the value at a path. */
export interface Places {
  locate: Locate;
  inside(path: readonly string[], raw: string): Place;
}

/** A command's spec, which the schema has found nothing against. `path` leads to it. */
export function parseSpec(
  written: Written,
  path: readonly string[],
  places: Places,
  limits: CommandLimits,
): { parsed?: ParsedSpec; problems: Problem[] } {
  const { locate } = places;
  const { parameters, defaults, problems } = parameterDefinitions(
    written.parameters ?? [],
    [...path, 'parameters'],
    locate,
    limits,
  );
  const { text } = limits;
  problems.push(
    ...longText(written.description, text.description, [...path, 'description'], locate),
    ...longText(written.workingDir, text.workingDir, [...path, 'workingDir'], locate),
  );
  const timeoutSeconds = secondsAt(
    written.timeout ?? usualTimeoutSeconds,
    [...path, 'timeout'],
    locate,
    problems,
  );
  if (written.launcher !== undefined) {
    const fault = launcherFault(
      written.launcher,
      places.inside([...path, 'launcher'], written.launcher),
      text.launcher,
    );
    if (fault !== undefined) problems.push(fault);
  }
  const rest = {
    type: written.type,
    parameters,
    timeoutSeconds,
    ...(written.workingDir !== undefined && { workingDir: written.workingDir }),
    ...(written.username !== undefined && { username: written.username }),
    ...(written.launcher !== undefined && { launcher: written.launcher }),
    ...(written.description !== undefined && { description: written.description }),
  };
  if (written.contentFrom !== undefined) {
    const { file } = written.contentFrom;
    const place = locate([...path, 'contentFrom', 'file'], 'value');
    return { parsed: { script: 'elsewhere', spec: rest, file, place, defaults }, problems };
  }
  const from = written.content === undefined ? 'contentBase64' : 'content';
  const place = locate([...path, from], 'value');
  const read = written.content ?? decoded(written.contentBase64 ?? '', place);
  if (typeof read !== 'string') return { problems: [...problems, read] };
  const spec: CommandSpec = { ...rest, script: read, scriptDigest: sha256(read) };
  const inScript = ({ raw }: { raw: string }) =>
    from === 'content' ? places.inside([...path, from], raw) : place;
  problems.push(...checkScript(spec, { script: place, placeholder: inScript, defaults }, limits.bytes));
  return { parsed: { script: 'here', spec }, problems };
}

/** Seconds of a duration; a problem is added if it is none that there can be (0s, 99999d1s). */
export function secondsAt(
  duration: string | number,
  path: readonly string[],
  locate: Locate,
  problems: Problem[],
): number {
  const seconds = durationSeconds(duration);
  if (seconds !== undefined) return seconds;
  const finding = {
    what: `${fieldPath(path)} is too short or too long`,
    found: shown(duration),
    legal: '1s to 99999d',
  };
  problems.push(problem('InvalidDuration', locate(path, 'value'), finding));
  return usualTimeoutSeconds;
}

function decoded(base64: string, place: Place): string | Problem {
  const bytes = base64Bytes(base64);
  if (bytes === undefined) {
    const finding = { what: 'contentBase64 is not Base64', found: shown(base64.slice(0, 40)) };
    return problem('InvalidBase64', place, finding);
  }
  return isUtf8(bytes)
    ? bytes.toString()
    : problem('ScriptNotUtf8', place, 'the decoded script is not UTF-8');
}
