import { DURATION_SPELLINGS } from './duration.ts';
import { MOST_LINE_BYTES } from './lines.ts';

export const REPLAY_HELP = `tashika-cloud replay FILE: what would the windows have shown?

Runs recorded events through the core that a worker runs them through (decoding, ledger, policy, windows), each
event a commit of its own, without a hub and without a database. FILE may be - for standard input.

  --policy revise|stream-analytics  what becomes of readings that come late (revise)
  --action adjust|drop              what stream-analytics does with them (adjust)
  --late 5s                         how long after its time an event may arrive and be in time
  --early 5m                        how far ahead of its arrival an event may be
  --out-of-order 0s                 how far events of one partition may overtake each other
  --window 1m  --hop 30s            length of the windows, and how far apart they begin (the length)
  --trace                           a line for each event, before those of the windows
  --skip-bad-lines                  names bad lines and passes over them
  --help                            this text

A length of time is ${DURATION_SPELLINGS}. Each may be what a worker's
setting may be: cloud/CONFIGURATION.md, section windows. --action is for --policy stream-analytics alone.

Each line of FILE is one of these, in the order in which the hub had them:
  {"partition":"0","enqueuedTime":"2026-06-01T12:00:00Z","body":{"timestamp":1780315200000,"payloads":{"pref":"13"}}}
  {"tick":"2026-06-01T12:01:00Z"}
The body is the event as the hub had it: Funnel's envelope, or the least of one as above; a text stands for a body
that is that text. A tick says that the arrival clock has come so far and that nothing else had arrived. Empty lines
are passed over. Other fields of a line are not looked at.

Standard output, one JSON object a line:
  {"event","outcome","eventTime","systemTimestamp","watermark",…}         with --trace, for the n-th event
  {"windowEnd","region","readings","events","late","state","revision"}    for each window, by its end, then region
outcome is counted, adjusted, dropped or dead-letter. An event of several readings is adjusted if one of them is; its
times are those of its latest reading; late says how many of its readings revised a final window. An event that came
before is dropped, with the reason duplicate. Under stream-analytics one that is too early is dropped, with the reason
event-too-early (a worker keeps it as a dead letter under either policy). A body that a worker could not count is a
dead-letter, not a bad line; without --trace standard error tells how many there are of which reason.

The watermark is the combined one: the slowest partition decides. A partition takes part from its first event on, and
holds nothing before; its first event may bring the watermark back, but never behind the end of a window that is
final by then. Nothing final is opened again: revise counts what comes late as a revision, and stream-analytics
adjusts or drops it. A tick moves all partitions, also those without an event so far. Arrival times are taken as they
are, also where they go back within a partition: every event is judged by its own, and no partition's watermark goes
back.

A bad line is named by its number, with what is wrong, on standard error. It ends the replay with exit code 1 before
any window is written, unless --skip-bad-lines. A line has at most ${MOST_LINE_BYTES / 1024 / 1024} MiB.

Memory stays the same however long FILE is: windows beyond 50,000 go to a temporary file. What grows is the ledger,
with the number of devices and of the gaps in their readings.

Exit codes: 0 done, or nobody reads the output any more; 1 failed; 2 wrong usage.
`;
