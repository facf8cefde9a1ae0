import yargs from 'yargs';
import type { Command, CommandGroup } from './group.ts';

/** yargs writes its script, and its list of completions, for the shell that this variable names. */
const SHELL = 'SHELL';

const FISH = `# tashika for fish: tashika completion fish > ~/.config/fish/completions/tashika.fish
function __tashika_completions
    set --local words (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor)
    env ${SHELL}=zsh tashika --get-yargs-completions $words | string replace --regex '(?<!\\\\\\\\):' '\\t'
end
complete --command tashika --arguments '(__tashika_completions)'
`;

/** The script by which a shell completes `tashika`; it must be on the PATH. */
export function completionScript(shell: 'bash' | 'zsh' | 'fish'): string {
  if (shell === 'fish') return FISH;
  const usual = process.env[SHELL];
  process.env[SHELL] = shell;
  let script = '';
  try {
    yargs([])
      .scriptName('tashika')
      .completion('completion')
      .parse(['completion'], {}, (_error, _given, output) => {
        script += output;
      });
  } finally {
    if (usual === undefined) delete process.env[SHELL];
    else process.env[SHELL] = usual;
  }
  // Asked from a bash that was started in a zsh, yargs would answer in zsh's form.
  return script
    .replace(/^# Installation: .*$/m, `# Installation: eval "$(tashika completion ${shell})"`)
    .replace(/^# +or .*$\n/m, '')
    .replace(/\btashika --get-yargs-completions/, `${SHELL}=${shell} tashika --get-yargs-completions`);
}

function commandFor(shell: 'bash' | 'zsh' | 'fish', file: string, line: string): Command {
  return {
    name: shell,
    summary: `For ${shell}`,
    description: `Prints the script by which ${shell} completes tashika. In ${file}: ${line}`,
    async run(_args, { print, answer }) {
      const script = completionScript(shell);
      print(script.trimEnd());
      answer({ shell, script });
      return 0;
    },
  };
}

export const completionGroup: CommandGroup = {
  name: 'completion',
  summary: 'Print the script that lets a shell complete tashika',
  commands: [
    commandFor('bash', '~/.bashrc', 'eval "$(tashika completion bash)"'),
    commandFor('zsh', '~/.zshrc, after compinit', 'eval "$(tashika completion zsh)"'),
    commandFor('fish', '~/.config/fish/config.fish', 'tashika completion fish | source'),
  ],
};
