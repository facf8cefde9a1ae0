export { DebianRoot, haveDebianRootTools } from './debian-root.ts';
export { ext4Disk } from './disk.ts';
export { Guest, type LogLine } from './guest.ts';
export { bootImage } from './image.ts';
export { haveLivingSystemd, LivingSystemd } from './living-systemd.ts';
export { Receiver } from './receiver.ts';
export { haveGuestTools } from './tools.ts';
