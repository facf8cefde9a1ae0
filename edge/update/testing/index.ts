export { RAUC_TOOLS, type RaucScene, raucScene } from './rauc-scene.ts';
