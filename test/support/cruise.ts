import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';

const rules = fileURLToPath(new URL('../../.dependency-cruiser.mjs', import.meta.url));

/** Judges the folders of `base` by the import rules of this repository. Paths in the result are relative to `base`. */
export async function cruiseFolders(base: string, folders: readonly string[]): Promise<ICruiseResult> {
  const options = await extractDepcruiseOptions(rules);
  const { enhancedResolveOptions, ...others } = options;
  const { output } = await cruise([...folders], { ...others, baseDir: base }, { ...enhancedResolveOptions });
  if (typeof output === 'string') throw new Error(`no result but text: ${output}`);
  return output;
}

/** What it says of the rules: name and comment. */
export function rulesOf(result: ICruiseResult): ReadonlyMap<string, string> {
  return new Map(
    (result.summary.ruleSetUsed?.forbidden ?? []).map((rule) => [rule.name ?? '', rule.comment ?? '']),
  );
}
