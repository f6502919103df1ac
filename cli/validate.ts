import { Option } from 'commander';
import { checkManifests } from './check-manifests.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
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
      .action(async (paths: string[], { format }: { format: Format }) => {
        const report = await checkManifests(paths, process.cwd());
        surroundings.stdout.write(formats[format](report, surroundings));
        finish(outcome(report));
      });
  },
};

function outcome({ problems }: Report): ExitCode {
  return problems.some(({ severity }) => severity === 'error') ? exitCode.failed : exitCode.fine;
}
