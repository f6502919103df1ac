import type { InvocationManifest, LabelRequirement } from '../../schemas/generated/invocation.ts';
import { type Place, type Problem, problem } from '../../schemas/problem.ts';
import { fieldPath, quote } from '../../schemas/schema-findings.ts';
import type { Locate } from '../../schemas/schema-problems.ts';
import type { CatalogInvocation } from './catalog.ts';
import { type Places, parseSpec, secondsAt } from './command-spec.ts';
import { launcherFault } from './launcher-fault.ts';
import type { Limits } from './limits.ts';
import { longText } from './long-text.ts';
import type { ParsedObject } from './parsed.ts';
import { parseRepeat } from './repeat.ts';
import { parseSendFile } from './send-file.ts';

type Value = { value: string; place: Place };

/** The original waits a minute; a machine that is rebooting shall not be forgotten. */
const usualDeliverySeconds = 3600;

/** An Invocation, which the schema has found nothing against. `place` is the one of its name. */
export function parseInvocation(
  { metadata, spec }: InvocationManifest,
  place: Place,
  places: Places,
  limits: Limits,
): { object?: ParsedObject; problems: Problem[] } {
  const { locate } = places;
  const problems = selectorFaults(spec.targets.selector?.matchExpressions ?? [], locate);
  const parameters = valuesOf(spec.parameters ?? {}, locate, problems);
  const seconds = (written: string | number, field: string) =>
    secondsAt(written, ['spec', field], locate, problems);
  const { repeat, ...schedulePlaces } = parseRepeat(spec, places, limits.intervals, problems);
  const { text } = limits.command;
  problems.push(...longText(spec.workingDir, text.workingDir, ['spec', 'workingDir'], locate));
  if (spec.launcher !== undefined) {
    const fault = launcherFault(
      spec.launcher,
      places.inside(['spec', 'launcher'], spec.launcher),
      text.launcher,
    );
    if (fault !== undefined) problems.push(fault);
  }
  const invocation: Omit<CatalogInvocation, 'does'> = {
    kind: 'Invocation',
    name: metadata.name,
    place,
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    parameters,
    targets: {
      lateJoiners: spec.targets.lateJoiners ?? 'Ignore',
      ...(spec.targets.instances === undefined ? {} : { instances: spec.targets.instances }),
      ...(spec.targets.selector === undefined ? {} : { selector: spec.targets.selector }),
    },
    stop: spec.stop ?? false,
    deletionPolicy: spec.deletionPolicy ?? 'Finish',
    ...(spec.rerun === undefined ? {} : { rerun: spec.rerun }),
    ...(spec.timeout !== undefined && { timeoutSeconds: seconds(spec.timeout, 'timeout') }),
    ...(spec.workingDir !== undefined && { workingDir: spec.workingDir }),
    ...(spec.username !== undefined && { username: spec.username }),
    ...(spec.launcher !== undefined && { launcher: spec.launcher }),
    terminationMode: spec.terminationMode ?? 'ProcessTree',
    repeat,
    ...schedulePlaces,
    deliverySeconds:
      spec.deliveryTimeout === undefined
        ? usualDeliverySeconds
        : seconds(spec.deliveryTimeout, 'deliveryTimeout'),
  };
  if (spec.commandRef !== undefined) {
    const does = { ref: spec.commandRef.name, place: locate(['spec', 'commandRef', 'name'], 'value') };
    return { object: { ...invocation, does }, problems };
  }
  if (spec.sendFile !== undefined) {
    const send = parseSendFile(spec, spec.sendFile, locate, limits);
    problems.push(...send.problems);
    return send.parsed === undefined
      ? { problems }
      : { object: { ...invocation, does: { send: send.parsed } }, problems };
  }
  if (spec.command === undefined) return { problems };
  const isKept = spec.command.keep === true;
  const inline = parseSpec(
    spec.command,
    ['spec', 'command'],
    places,
    isKept ? limits.command : limits.inline,
  );
  problems.push(...inline.problems);
  if (inline.parsed === undefined) return { problems };
  return { object: { ...invocation, does: { inline: inline.parsed, ...(isKept && { isKept }) } }, problems };
}

function valuesOf(
  written: Readonly<Record<string, string>>,
  locate: Locate,
  problems: Problem[],
): ReadonlyMap<string, Value> {
  const values = new Map<string, Value>();
  for (const [name, value] of Object.entries(written)) {
    const path = ['spec', 'parameters', name];
    if (values.has(name.toLowerCase())) {
      problems.push(problem('DuplicateParameter', locate(path, 'key'), `${quote(name)} is given twice`));
    }
    values.set(name.toLowerCase(), { value, place: locate(path, 'value') });
  }
  return values;
}

function selectorFaults(requirements: readonly LabelRequirement[], locate: Locate): Problem[] {
  const problems: Problem[] = [];
  for (const [index, { operator, values = [] }] of requirements.entries()) {
    const path = ['spec', 'targets', 'selector', 'matchExpressions', String(index)];
    const needsValues = operator === 'In' || operator === 'NotIn';
    if (needsValues === values.length > 0) continue;
    const what = `${fieldPath(path)}: ${operator} ${needsValues ? 'needs values' : 'has no values'}`;
    problems.push(problem('SelectorValues', locate([...path, 'operator'], 'value'), what));
  }
  return problems;
}
