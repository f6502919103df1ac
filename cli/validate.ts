import { Option } from 'commander';
import { checkManifests } from './check-manifests.ts';
import { limitsInForce } from './config/limits-in-force.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { problemText } from './problem-text.ts';
import { githubReport } from './report/github.ts';
import { jsonReport } from './report/json.ts';
import { junitReport } from './report/junit.ts';
import { markdownReport } from './report/markdown.ts';
import type { Report } from './report/report.ts';
import { sarifReport } from './report/sarif.ts';
import { textReport } from './report/text.ts';
import type { SubCommand, Surroundings } from './sub-command.ts';

const formats = {
  text: textReport,
  json: jsonReport,
  sarif: sarifReport,
  junit: junitReport,
  github: githubReport,
  markdown: markdownReport,
} satisfies Record<string, (report: Report, surroundings: Surroundings) => string>;

type Format = keyof typeof formats;

export const validate: SubCommand = {
  define(command, surroundings, finish) {
    command
      .argument('[path...]', 'files and folders to check (default: manifests)')
      .addOption(
        new Option('--format <format>', 'how the problems are reported')
          .choices(Object.keys(formats))
          .default('text'),
      )
      .addOption(
        new Option('--config <file>', "the controller's settings, for its limits [$GROUNDCREW_CONFIG]"),
      )
      .action(async (paths: string[], { format, config }: { format: Format; config?: string }) => {
        const { stderr, env, now } = surroundings;
        const { limits, problems } = limitsInForce(config, env);
        for (const each of problems) stderr.write(problemText(each));
        if (limits === undefined) return finish(exitCode.usage);
        const report = await checkManifests(paths, { cwd: process.cwd(), limits, now: now() });
        surroundings.stdout.write(formats[format](report, surroundings));
        return finish(outcome(report));
      });
  },
};

function outcome({ problems }: Report): ExitCode {
  return problems.some(({ severity }) => severity === 'error') ? exitCode.failed : exitCode.fine;
}
