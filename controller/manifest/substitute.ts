// {{name}} in a script. Pure; what validate accepts and what an instance is given come from this one file.

/** Built-in parameters that {{ACS::…}} and {{GC::…}} may name. */
export const builtInNames = [
  'RegionId',
  'AccountId',
  'InstanceId',
  'InstanceName',
  'InvokeId',
  'CommandId',
] as const;

export interface Placeholder {
  /** As it is written, with the braces. */
  raw: string;
  index: number;
  /** A parameter by its lower-case name, a built-in by its name as it is written, or a store that is not supported. */
  refersTo: { parameter: string } | { builtIn: string } | { store: string };
}

// Blanks and line breaks inside the braces do not count. What has another form ({{.Names}}) is none of ours.
const form =
  /\{\{\s*(?:(?:acs|gc)\s*::\s*([\w.|()"'-]*)|(oos(?:-secret)?)\s*:\s*[^\s{}]+|([a-z0-9_-]{1,64}))\s*\}\}/gi;

/**
 * The script with every {{name}} replaced by its value, in one pass: a value that has {{other}} in it stays text.
 * Names are compared without case. What has no value (and no built-in) stays as it is.
 */
export function substitute(
  script: string,
  values: ReadonlyMap<string, string> | Readonly<Record<string, string>>,
  builtIns: Readonly<Record<string, string>>,
): string {
  const byName = lowerCase(values);
  const builtInByName = lowerCase(builtIns);
  return script.replace(form, (raw: string, builtIn?: string, store?: string, name?: string) => {
    if (builtIn !== undefined) return builtInByName.get(builtIn.toLowerCase()) ?? raw;
    return (name === undefined ? undefined : byName.get(name.toLowerCase())) ?? raw;
  });
}

/** Every placeholder of a script, in order. */
export function placeholders(script: string): Placeholder[] {
  return [...script.matchAll(form)].map((match) => {
    const [raw, builtIn, store, name = ''] = match;
    const refersTo =
      builtIn !== undefined
        ? { builtIn }
        : store !== undefined
          ? { store }
          : { parameter: name.toLowerCase() };
    return { raw, index: match.index, refersTo };
  });
}

/** Parameters as the environment of a script: GC_PARAM_<NAME>, upper case, `_` for `-`. */
export function environmentOf(parameters: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [environmentName(name), value]),
  );
}

export function environmentName(parameter: string): string {
  return `GC_PARAM_${parameter.toUpperCase().replaceAll('-', '_')}`;
}

function lowerCase(
  values: ReadonlyMap<string, string> | Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const entries = isMap(values) ? [...values] : Object.entries(values);
  return new Map(entries.map(([name, value]) => [name.toLowerCase(), value]));
}

function isMap(
  values: ReadonlyMap<string, string> | Readonly<Record<string, string>>,
): values is ReadonlyMap<string, string> {
  return values instanceof Map;
}
