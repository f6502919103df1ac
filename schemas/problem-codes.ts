interface CodeDescription {
  severity: 'error' | 'warning';
  /** What the code means, in a sentence; docs/errors.md has the same. */
  title: string;
  /** What to do about it, where the place of birth knows nothing better. */
  hint: string;
}

/** Every code that a problem can have. Stable: a code is never renamed or reused. docs/errors.md lists them all. */
export const problemCodes = {
  YamlSyntax: {
    severity: 'error',
    title: 'The file is not valid YAML 1.2.',
    hint: 'Correct the syntax at the place shown.',
  },
} satisfies Record<string, CodeDescription>;

export type ProblemCode = keyof typeof problemCodes;
