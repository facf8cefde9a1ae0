export { catalogue, type Input, type ModuleInterface, type Output, renderCatalogue } from './catalogue/index.ts';
