export { closed, listen, listenOnBoth, portOf } from './listening.ts';
