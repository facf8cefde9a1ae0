export { REGIONS, type Region, type RegionCode, regionOf, resolveRegion } from './regions.ts';
