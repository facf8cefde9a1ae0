import type { UpdaterState, Work } from './state.ts';

/** What is to be done next. */
export type Command = 'rest' | 'download' | 'verify' | 'install' | 'look' | 'confirm' | 'fall-back';

/** What a state asks to be done. A kill before the fact of it is in the state makes it be done again, which is safe. */
export function commandOf({ work }: UpdaterState): Command {
  switch (work?.stage.at) {
    case undefined:
      return 'rest';
    case 'downloading':
      return work!.deployment.mayDownload ? 'download' : 'rest';
    case 'verifying':
      return 'verify';
    case 'ready':
      return work!.deployment.mayInstall ? 'install' : 'rest';
    case 'installing':
      return 'install';
    case 'trial':
      return 'look';
    case 'confirming':
      return 'confirm';
    case 'falling-back':
      return 'fall-back';
  }
}

/** Whether what is at work can still be given up without a trace. */
export function isReversible({ stage }: Work): boolean {
  return stage.at === 'downloading' || stage.at === 'verifying' || stage.at === 'ready';
}
