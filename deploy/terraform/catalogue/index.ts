export { catalogue, renderCatalogue } from './catalogue.ts';
export type { Input, ModuleInterface, Output } from './module-interface.ts';
