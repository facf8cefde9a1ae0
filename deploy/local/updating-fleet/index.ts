export { GOOD } from './model/index.ts';
export { hasEnded, outcomeOf, type Played, playToTheEnd, type Stage } from './play.ts';
export { SCENARIOS, type Scenario, scenarioOf } from './scenarios.ts';
export { SimulatedServer } from './server.ts';
export { Simulation } from './simulation.ts';
export { openStage, PLAN, type StageOptions } from './stage.ts';
