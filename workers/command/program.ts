import { stripVTControlCharacters } from 'node:util';
import { type Command, CommanderError, type Option } from 'commander';
import { fileProblem } from '../../models/manifests/file-problem.ts';
import { exitCodeOf, InputError } from '../../solver/documents/coded-error.ts';
import { Interrupted, stdoutIsLog, UsageError } from './exit.ts';
import { sameFile } from './files.ts';
import { checkNeeds } from './needs.ts';
import { printable } from './printable.ts';

const HELP_HINT = '(--help lists the options)';

/** Marks a required option in the help, and shows a default value as a user would type it. */
function describe(option: Option): void {
  const { defaultValue, flags, mandatory } = option;
  if (mandatory) option.description += ' (required)';
  if (Array.isArray(defaultValue)) option.defaultValueDescription = defaultValue.join(',');
  else if (typeof defaultValue === 'number' && flags.endsWith('<duration>'))
    option.defaultValueDescription = `${defaultValue}s`;
}

/** Refuses an empty value, such as that of a shell's variable that is not set. @throws UsageError */
function checkEmpty(command: Command): void {
  const given = [
    ...command.options.map((option) => [option.long, command.getOptionValue(option.attributeName())]),
    ...command.registeredArguments.map((argument, i) => [`<${argument.name()}>`, command.processedArgs[i]]),
  ];
  for (const [name, value] of given)
    if ([value].flat().includes('')) throw new UsageError(`The value of ${name} is empty. Give another one.`);
}

/**
 * Keeps a command from replacing a file that it reads, because to measure a profile again takes minutes.
 * @throws UsageError if `--out` names the file of another option
 */
async function checkOut(command: Command): Promise<void> {
  const { out } = command.opts<{ out?: string }>();
  for (const option of command.options) {
    const path: unknown = command.getOptionValue(option.attributeName());
    const isRead = option.long !== '--out' && option.flags.includes('<file') && typeof path === 'string';
    if (out !== undefined && isRead && (await sameFile(path, out)))
      throw new UsageError(
        `--out would replace ${path}, the file of ${option.long}. Choose another with --out.`,
      );
  }
}

/** The commands of a program: for each name, a function that imports the command's module. */
type Commands = Readonly<Record<string, () => Promise<Command>>>;

/**
 * Imports only the command that the command line names, because a program starts sooner without the modules of the others.
 * Without a known name, imports all commands, so that the help lists them.
 */
function load(commands: Commands, name: string | undefined): Promise<Command[]> {
  const named = name !== undefined && Object.hasOwn(commands, name) ? [commands[name]!] : undefined;
  return Promise.all((named ?? Object.values(commands)).map((command) => command()));
}

/** Runs the command that this process's command line names, and sets the exit code of the process. */
export async function runProgram(program: Command, commands: Commands): Promise<void> {
  let told = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    const unread = error.code === 'EPIPE';
    if (stdoutIsLog()) {
      // Ctrl-C ends the `tee` of `ipa-agent serve … | tee log` at once, while requests are still being answered.
      if (!told && !unread) console.error(`The log cannot be written: ${fileProblem(error)}`);
      told = true;
      return;
    }
    // The reader of stdout may close it early, as in `ipa-edge … | head`. That is no error, so the process just ends.
    if (unread) process.exit();
    process.exit(fail(program, new UsageError(`The output cannot be written: ${fileProblem(error)}`)));
  });
  // After the terminal was closed, for example, nobody reads stderr any more. The program goes on, because stderr gets no results.
  process.stderr.on('error', () => {});
  for (const name of ['log', 'error'] as const) {
    const print = console[name].bind(console);
    console[name] = (...said) =>
      print(...said.map((one) => (typeof one === 'string' ? printable(one) : one)));
  }
  process.exitCode = await runCommand(program, commands, process.argv);
}

/**
 * Runs the command that `argv` names. An error becomes a message on stderr.
 * @param argv as `process.argv` has it: the arguments follow the paths of Node and of the program
 * @returns the exit code
 */
export async function runCommand(
  program: Command,
  commands: Commands,
  argv: readonly string[],
): Promise<number> {
  program.showHelpAfterError(HELP_HINT).exitOverride();
  for (const command of await load(commands, argv[2])) {
    command.exitOverride().showHelpAfterError(HELP_HINT);
    for (const check of [checkEmpty, checkNeeds, checkOut]) command.hook('preAction', check);
    program.addCommand(command);
    command.options.forEach(describe);
  }

  try {
    const asked = argv[2] === 'help' ? argv[3] : undefined;
    if (asked !== undefined && !['-h', '--help'].includes(asked) && !Object.hasOwn(commands, asked))
      program.error(`unknown command '${asked}'`);
    await program.parseAsync(argv);
    return 0;
  } catch (error) {
    // Commander has already written the message.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return fail(program, error);
  }
}

/** The folder in which the command was started is gone, so relative paths lead nowhere. */
class WorkingFolderGoneError extends InputError {
  override name = 'WorkingFolderGoneError';
  constructor(options: ErrorOptions) {
    super(
      'The folder in which the command was started is gone. Change to another one, and run it again.',
      options,
    );
  }
}

/** Writes an error on stderr. @returns the exit code for it */
function fail(program: Command, cause: unknown): number {
  const isFolderGone = (cause as NodeJS.ErrnoException).syscall === 'uv_cwd';
  const error = isFolderGone ? new WorkingFolderGoneError({ cause }) : cause;
  const { name } = error as Error;
  // Playwright colours parts of its messages.
  const message = stripVTControlCharacters((error as Error).message);
  console.error(error instanceof Interrupted ? message : `${program.name()}: ${message} (${name})`);
  if (process.env.DEBUG) console.error(error);
  return exitCodeOf(error);
}
