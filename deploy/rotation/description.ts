import type { Timestamp } from '@tashika/shared/time';
import type { Facts, Step } from './decide.ts';
import type { Survey } from './rotate.ts';
import { slotOf } from './slots.ts';

/** Where a rule's key lies, for people. */
export interface Whereabouts {
  readonly resource: string;
  readonly vaultPath: string;
  readonly credentialId: string | undefined;
}

/** How a rule stands and what is to be done, line by line; keys by their fingerprints. */
export function describeSurvey({ facts, steps, begunAt, finishedAt }: Survey, where: Whereabouts): string {
  const { rule, azure, vault, soracom } = facts;
  const lines = [
    `Rule ${rule}: ${where.resource}`,
    `  Azure    ${azure.primary} (primary), ${azure.secondary} (secondary)`,
    `  Vault    ${keyWords(vault, facts)}, at ${where.vaultPath}`,
  ];
  if (rule === 'send') lines.push(`  SORACOM  ${keyWords(soracom, facts)}, in credential ${where.credentialId}`);
  if (finishedAt !== undefined) lines.push(`  The last rotation was finished ${utc(finishedAt)}.`);
  if (begunAt !== undefined) lines.push(`  A rotation was begun ${utc(begunAt)} and is gone on with:`);
  const numbered = steps.map((step, index) => `  ${index + 1}. ${describeStep(step, facts)}`);
  return [...lines, ...numbered].join('\n');
}

function keyWords(key: string | undefined, { azure }: Facts): string {
  return `${key} (${slotOf(key, azure)})`;
}

/** A step in words. */
export function describeStep(step: Step, { rule }: Facts): string {
  switch (step.do) {
    case 'begin':
      return `Note in Vault what is set out from; the ${step.inUse} key is in use`;
    case 'prove':
      return rule === 'send'
        ? `Wait until SORACOM is seen to send with the ${step.slot} key`
        : `Wait until every worker is seen to read with the ${step.slot} key`;
    case 'regenerate':
      return `Have Azure make a new ${step.slot} key; the one that is there ends, and nobody uses it`;
    case 'put-in-vault':
      return `Put the new ${step.slot} key into Vault`;
    case 'put-in-soracom':
      return `Put the new ${step.slot} key into SORACOM's credential store`;
    case 'finish':
      return 'Note in Vault that it is done';
  }
}

function utc(time: Timestamp): string {
  return new Date(time).toISOString();
}
