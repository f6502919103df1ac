// The import rules of the house (ARCHITECTURE.md). Each comment tells the one who tripped the rule what to do.
// test/architecture.test.ts runs them, plants a violation of each, and asserts that every file was seen.

const test = '\\.(test|contract)\\.ts$';
const shipped = '^(schemas|controller|agent|cli|web)/';

/** The way of the data: a later stage may import an earlier one, types included, never the other way. */
const pipeline = [
  'source',
  'manifest',
  'run', // the words of a run come before what is desired: docs/decisions/0006
  'desired',
  'plan',
  'store',
  'reconcile',
  'dispatch',
  'results',
  'http',
  'status',
];

const pure = '^controller/(desired|run|plan)/';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'every-import-resolves',
      comment: 'Nothing is found under this name. Write the path with its .ts, or add the package.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-cycles',
      comment: 'These files need each other. Move what both need into a third file, earlier in the pipeline.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'the-ground-stands-alone',
      comment:
        'schemas/ is what agent, controller and command line agree on: it imports nothing of ours. Move the code to the stage that needs it.',
      severity: 'error',
      from: { path: '^schemas/' },
      to: { path: '^(controller|agent|cli|web|bench|test|scripts)/' },
    },
    {
      name: 'pure-stages-do-no-io',
      comment:
        'desired/, run/ and plan/ only compute: no node:, no package. Take what you need as a parameter (`now`, a Map) and let the caller read it; a hash is in schemas/digest.ts.',
      severity: 'error',
      from: { path: pure, pathNot: test },
      to: { pathNot: '^(controller|schemas)/' },
    },
    {
      name: 'pure-stages-see-plain-ground',
      comment:
        'Of schemas/ a pure stage takes types, names, digests, durations and problems: not the compiled schemas (manifest/ has validated before) and no keys.',
      severity: 'error',
      from: { path: pure, pathNot: test },
      to: { path: '^schemas/(validator|seal)\\.ts$' },
    },
    ...pipeline.slice(0, -1).map((stage, position) => ({
      name: `forward-from-${stage}`,
      comment: `The pipeline flows forward: ${pipeline.join(' → ')}. ${stage}/ declares the interface that it needs; main.ts passes the later stage in.`,
      severity: 'error',
      from: { path: `^controller/${stage}/`, pathNot: test },
      to: { path: `^controller/(${pipeline.slice(position + 1).join('|')})/` },
    })),
    {
      name: 'only-the-store-knows-leveldb',
      comment:
        'Only controller/store/ imports a database. Use Store (store/port.ts) or Ledger (store/ledger.ts), or add to the port and to its contract suite.',
      severity: 'error',
      from: { path: shipped, pathNot: '^controller/store/' },
      to: { path: '(^|/)node_modules/(level|memory-level|classic-level|abstract-level|pg)/' },
    },
    {
      name: 'only-source-and-status-know-git',
      comment:
        'Only controller/source/ and controller/status/ speak to Git. Ask them through their interface (source/source.ts).',
      severity: 'error',
      from: { path: shipped, pathNot: '^controller/(source|status)/' },
      to: { path: '(^|/)node_modules/simple-git/' },
    },
    {
      name: 'who-may-start-processes',
      comment:
        'Only agent/ (scripts), controller/source/ (git) and cli/ (a fleet for a try-out) start processes. status/ runs git through source/; everything else has no reason to.',
      severity: 'error',
      from: { path: shipped, pathNot: [test, '^(agent|cli)/', '^controller/source/'] },
      to: { dependencyTypes: ['core'], path: '^(node:)?(child_process|cluster)$' },
    },
    {
      name: 'http-decides-nothing',
      comment:
        'http/ checks a schema, calls, answers. It may see dispatch/, the words of run/, store/port.ts, store/ledger.ts and reconcile/outcome.ts; move the decision there.',
      severity: 'error',
      from: { path: '^controller/http/', pathNot: test },
      to: {
        path: '^controller/(source|manifest|desired|plan|store|reconcile)/',
        pathNot: '^controller/(store/(port|ledger)|reconcile/outcome)\\.ts$',
      },
    },
    {
      name: 'the-agent-is-portable',
      comment:
        'agent/ is one file on a foreign machine: it imports itself, schemas/ (not validator.ts, which brings ajv) and node: only. Write the few lines yourself.',
      severity: 'error',
      from: { path: '^agent/', pathNot: test },
      to: { pathNot: '^(agent|schemas)/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'the-agent-compiles-no-schemas',
      comment: 'schemas/validator.ts brings ajv. The agent checks the shape of an answer by hand.',
      severity: 'error',
      from: { path: '^agent/', pathNot: test },
      to: { path: '^schemas/validator\\.ts$' },
    },
    {
      name: 'the-controller-never-reaches-out',
      comment:
        'controller/ does not import agent/, cli/ or web/: they are its clients. What both need belongs into schemas/.',
      severity: 'error',
      from: { path: '^controller/', pathNot: test },
      to: { path: '^(agent|cli|web)/' },
    },
    {
      name: 'the-command-line-is-a-client',
      comment:
        'cli/ uses the stages up to plan/ and the HTTP API. What the running controller knows comes over HTTP; only cli/controller.ts and cli/agent.ts start a main.',
      severity: 'error',
      from: { path: '^cli/', pathNot: test },
      to: { path: '^(controller/(store|reconcile|dispatch|http|status)/|agent/(?!main\\.ts$)|web/)' },
    },
    {
      name: 'nobody-imports-a-main',
      comment:
        'A main wires and is started, never imported. Move what you need out of it into the stage that it belongs to. (cli/controller.ts and cli/agent.ts start theirs.)',
      severity: 'error',
      from: {
        pathNot: [test, '^cli/(controller|agent)\\.ts$', '^(bin|test|bench)/'],
      },
      to: { path: '^(controller|agent|cli|web)/main\\.tsx?$' },
    },
    {
      name: 'entry-points-start-their-own-main',
      comment:
        'cli/controller.ts starts controller/main.ts, cli/agent.ts starts agent/main.ts; nothing else.',
      severity: 'error',
      from: { path: '^cli/(controller|agent)\\.ts$' },
      to: { path: '^(controller|agent|cli|web)/main\\.tsx?$', pathNot: '^$1/main\\.ts$' },
    },
    {
      name: 'the-page-is-a-client',
      comment: 'web/ imports itself, schemas/generated/ and its packages. Everything else comes over HTTP.',
      severity: 'error',
      from: { path: '^web/', pathNot: test },
      to: { path: '^(controller|agent|cli|bench|test|scripts)/|^schemas/(?!generated/)' },
    },
    {
      name: 'no-test-code-in-shipped-code',
      comment:
        'What ships does not import tests, benchmarks, scripts or a contract suite. Move the code, or make the importer a test.',
      severity: 'error',
      from: { path: shipped, pathNot: test },
      to: { path: ['^(test|bench|scripts)/', test] },
    },
    {
      name: 'no-development-packages-in-shipped-code',
      comment: 'Whoever installs groundcrew does not have this package: it is under devDependencies.',
      severity: 'error',
      from: { path: '^(schemas|controller|agent|cli)/', pathNot: test },
      to: { dependencyTypes: ['npm-dev'], pathNot: '/@types/' },
    },
    {
      name: 'benchmarks-and-scripts-are-leaves',
      comment: 'Nothing but themselves and tests import bench/ and scripts/.',
      severity: 'error',
      from: { pathNot: '^(bench|scripts|test)/' },
      to: { path: '^(bench|scripts)/' },
    },
  ],
  options: {
    parser: 'swc', // TypeScript 7 has no API that the cruiser can use: with it alone, no module would be read.
    tsPreCompilationDeps: true,
    doNotFollow: { path: ['(^|/)node_modules/', '^dist/'] },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
      conditionNames: ['import', 'node', 'default', 'types'],
      exportsFields: ['exports'],
    },
  },
};
