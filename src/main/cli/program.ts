import { Command } from 'commander';
import { type CommandParts, createAddAction } from './action.ts';
import { addBankCommand } from './commands/bank.ts';
import { addCompressCommand } from './commands/compress.ts';
import { addDisplacedCommand } from './commands/displaced.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addEvaluateCommand } from './commands/evaluate.ts';
import { addExportCommand } from './commands/export.ts';
import { addGenerateCommand } from './commands/generate.ts';
import { addLogitsCommand } from './commands/logits.ts';
import { addModelsCommand } from './commands/models.ts';
import { addRepairCommand } from './commands/repair.ts';
import { addReportCommand } from './commands/report.ts';
import { addRunsCommand } from './commands/runs.ts';
import { addSweepCommand } from './commands/sweep.ts';
import { addTuneCommand } from './commands/tune.ts';

/** The whole command line. Help and errors are thrown, not exited with. */
export function createProgram(parts: CommandParts): Command {
  const program = new Command('kintsugi')
    .description(
      'Shrinks a language model, mends it with learned prompts, and shows what came back.',
    )
    .option('--json', 'print one JSON document on stdout')
    .option('--verbose', 'print the stack of an error')
    .option('--home <dir>', 'data folder (default: $KINTSUGI_HOME, else ~/.kintsugi)')
    .exitOverride()
    // Errors are printed in one place, with a code and a next step.
    .configureOutput({ outputError: () => undefined });
  const addAction = createAddAction(program, parts);
  addRepairCommand(program, addAction);
  addDisplacedCommand(program, addAction);
  addCompressCommand(program, addAction);
  addExportCommand(program, addAction);
  addTuneCommand(program, addAction);
  addBankCommand(program, addAction);
  addEvaluateCommand(program, addAction);
  addLogitsCommand(program, addAction);
  addGenerateCommand(program, addAction);
  addSweepCommand(program, addAction);
  addRunsCommand(program, addAction);
  addReportCommand(program, addAction);
  addModelsCommand(program, addAction);
  addDoctorCommand(program, addAction);
  return program;
}
