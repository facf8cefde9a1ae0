export { type Base, loadBase, type PolicyRule } from './base.ts';
export { type Kind, readDocument } from './document.ts';
export { explanationOf, ruleOf } from './explanation.ts';
export { judge, type Verdict, type Violation } from './judge.ts';
export { runTests } from './opa-tests.ts';
export { BASE } from './place.ts';
export { answerOf, reportOf } from './report.ts';
export { loadTeam, type Team } from './team.ts';
