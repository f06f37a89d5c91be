/** Where the stages of loading put what they find wrong, and which parts of the tree are not to be looked at again. */
import { type Diagnostic, type Finding, toDiagnostic } from './diagnostics.js';
import type { ConfigNode } from './tree.js';

export interface Problems {
  readonly found: Diagnostic[];
  /** Nodes of a wrong type or form. */
  readonly wrong: Set<ConfigNode>;
  /** Wrong nodes and whatever contains one. */
  readonly tainted: Set<ConfigNode>;
}

export function noProblems(): Problems {
  return { found: [], wrong: new Set(), tainted: new Set() };
}

export function report(problems: Problems, finding: Finding): void {
  problems.found.push(toDiagnostic(finding));
}
