import { type Dockerfile, DockerfileParser, type Instruction, type JSONInstruction } from 'dockerfile-ast';

const PINNED = /^[^\s@:]+(:\d+\.\d+\.\d+[\w.-]*|@sha256:[0-9a-f]{64})$/;
const SECRET_NAME = /(KEY|SECRET|TOKEN|PASSWORD|CONNECTION_STRING|STORE_URL)/i;
const FETCHES = /\b(npm|pnpm|npx|apt-get|apk|curl|wget|pip)\b/;
/** Programs that a health check may take: what the image has anyway. */
const OF_THE_IMAGE = ['node'];

/** Sentences, each with its line: what a Dockerfile has otherwise than ours must. */
export function problemsOf(text: string): readonly string[] {
  const file = DockerfileParser.parse(text);
  const stages = stagesOf(file);
  const last = stages.at(-1) ?? [];
  return [
    ...file
      .getFROMs()
      .flatMap((from) =>
        PINNED.test(from.getImage() ?? '')
          ? []
          : [at(from, `the image ${from.getImage()} is not pinned by its version`)],
      ),
    ...(stages.length > 1 ? [] : ['there is one stage: what builds is in what runs']),
    ...file
      .getInstructions()
      .filter((each) => each.getKeyword() === 'ADD')
      .map((add) => at(add, 'ADD takes from anywhere; use COPY')),
    ...file
      .getCOPYs()
      .flatMap((copy) =>
        copy.getArguments().some((each) => each.getValue() === '.') ? [at(copy, 'it copies all that there is')] : [],
      ),
    ...[...file.getENVs(), ...file.getARGs()].flatMap((each) =>
      SECRET_NAME.test(each.getArgumentsContent() ?? '') ? [at(each, 'a secret has no place in an image')] : [],
    ),
    ...named(last, 'RUN').flatMap((run) =>
      FETCHES.test(run.getArgumentsContent() ?? '') ? [at(run, 'the last stage fetches')] : [],
    ),
    ...userProblems(last),
    ...['ENTRYPOINT', 'CMD'].flatMap((keyword) => execProblems(last, keyword)),
    ...healthProblems(last),
    ...(named(last, 'STOPSIGNAL')[0]?.getArgumentsContent() === 'SIGTERM' ? [] : ['it is not stopped by SIGTERM']),
  ];
}

/** The instructions of each stage, its FROM first. */
function stagesOf(file: Dockerfile): readonly (readonly Instruction[])[] {
  const stages: Instruction[][] = [];
  for (const instruction of file.getInstructions()) {
    if (instruction.getKeyword() === 'FROM') stages.push([]);
    stages.at(-1)?.push(instruction);
  }
  return stages;
}

function named(stage: readonly Instruction[], keyword: string): readonly Instruction[] {
  return stage.filter((each) => each.getKeyword() === keyword);
}

function at(instruction: Instruction, problem: string): string {
  return `line ${instruction.getRange().start.line + 1}: ${problem}`;
}

function userProblems(stage: readonly Instruction[]): readonly string[] {
  const user = named(stage, 'USER').at(-1);
  if (user === undefined) return ['it runs as root'];
  const name = user.getArgumentsContent() ?? '';
  return /^[1-9]\d*(:[1-9]\d*)?$/.test(name)
    ? []
    : [at(user, `${name} is root, or no number that an engine can tell from root`)];
}

function execProblems(stage: readonly Instruction[], keyword: string): readonly string[] {
  const [found] = named(stage, keyword);
  if (found === undefined) return [`it has no ${keyword}`];
  return isExec(found) ? [] : [at(found, `${keyword} goes through a shell, which hands on no signal`)];
}

function healthProblems(stage: readonly Instruction[]): readonly string[] {
  const [found] = named(stage, 'HEALTHCHECK');
  if (found === undefined) return ['it has no HEALTHCHECK'];
  const [, program] = /CMD \["([^"]+)"/.exec(found.getArgumentsContent() ?? '') ?? [];
  return program !== undefined && OF_THE_IMAGE.includes(program)
    ? []
    : [at(found, 'HEALTHCHECK takes a shell or a tool that the image need not have')];
}

function isExec(instruction: Instruction): boolean {
  return (instruction as JSONInstruction).getOpeningBracket?.() !== null;
}
