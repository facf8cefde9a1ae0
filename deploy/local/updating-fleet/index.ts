export { GOOD } from './model/index.ts';
export { hasEnded, outcomeOf, type Played, playToTheEnd, type Stage } from './play.ts';
export { SCENARIOS, type Scenario, scenarioOf } from './scenarios.ts';
export { SimulatedServer } from './server.ts';
export { type SimulatedImage, simulatedImage } from './simulated-image.ts';
export { Simulation } from './simulation.ts';
export { openStage, PLAN, type StageOptions } from './stage.ts';
export { type Answer, type Ask, Updater } from './updater.ts';
