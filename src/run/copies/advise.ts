/** What a person does next about copies that are not as they should be. */
import type { Finding } from '../../copy/verdict.js';
import { assertNever } from '../../failure/failure.js';
import { quoteForShell } from '../../units/shell-quote.js';

export function adviseOn(finding: Finding, task: string): string {
  const name = quoteForShell(task);
  switch (finding) {
    case 'damaged':
      return `see whether another copy is whole (palhm verify ${name} --copy all) and make a new one (palhm run ${name}); keep what is damaged until you know why`;
    case 'undecodable':
      return `the bytes are as they were stored: decode them where their keys are (palhm verify ${name} --decode); what is decoded nowhere was broken when it was made, and needs a new copy`;
    case 'unread':
      return `mend what keeps it from being read, then verify it: palhm verify ${name}`;
    default:
      return assertNever(finding);
  }
}
